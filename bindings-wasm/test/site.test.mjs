// A whole site over requests as data: a scripted provider, browsers that keep cookies, a store that sites share.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as full from '../dist/full/entry_node.js';
import * as web from '../dist/full/entry_web.js';
import * as node from '../dist/node/entry_node.js';
import * as small from '../dist/small/entry_web.js';
import { idToken, rawIdToken } from './memory_provider.mjs';
import { BASE, Browser, ISSUER, KEY, NOW, rotatingProvider, siteOptions } from './site_town.mjs';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const SAME = { headers: { 'sec-fetch-site': 'same-origin' } };
const { MemorySessionStore, Site } = node;

/** A site with a store, unless the options say otherwise, its provider and a browser. */
function town({ sealed = false, ...options } = {}, module = node) {
  const provider = rotatingProvider();
  const store = new module.MemorySessionStore({ clock: () => provider.now });
  const site = new module.Site(siteOptions(provider, { ...(!sealed && { store }), ...options }));
  return { provider, store, site, browser: new Browser(provider) };
}
const logoutToken = (provider, claims) =>
  idToken({ iat: provider.now, exp: provider.now + 120, jti: `j${Math.random()}`, events: { [EVENT]: {} }, ...claims });
const backChannel = (site, token) =>
  site.handle({ method: 'POST', url: '/auth/backchannel-logout', headers: {}, body: new URLSearchParams({ logout_token: token }).toString() });
const headersOf = (handled, wanted) => handled.headers.filter(([name]) => name === wanted).map(([, value]) => value);

for (const [name, module] of Object.entries({ node, full, web })) {
  for (const sealed of [false, true]) {
    test(`${name}, ${sealed ? 'sealed cookies' : 'a store'}: logs in, knows its visitor, logs out and takes the browser back`, async () => {
      await module.init();
      const { provider, site, browser } = town({ sealed }, module);
      assert.equal((await browser.visit(site)).session, undefined);
      const { handled, location } = await browser.login(site, '?return_to=/inbox');
      assert.deepEqual([handled.status, location, handled.event.kind], [303, '/inbox', 'logged_in']);
      assert.deepEqual([handled.event.provider, handled.event.session.claims.sub], ['default', 'alice']);
      const visit = await browser.visit(site);
      assert.deepEqual([visit.provider, visit.session.claims.sub, visit.error], ['default', 'alice', undefined]);
      assert.equal(visit.session.refresh_token === undefined, sealed);
      assert.deepEqual((await new Browser(provider).visit(site)).session, undefined);

      const out = await browser.handle(site, 'POST', '/auth/logout', SAME);
      assert.deepEqual([out.handled.status, out.handled.event.kind], [303, 'logged_out']);
      assert.equal(out.handled.event.session.claims.sub, 'alice');
      const { origin, pathname, searchParams } = new URL(out.location);
      assert.deepEqual([origin + pathname, searchParams.get('post_logout_redirect_uri')], [`${ISSUER}/logout`, `${BASE}/logged-out`]);
      assert.equal((await browser.visit(site)).session, undefined);
      const back = await browser.handle(site, 'GET', `/auth/logged-out?state=${searchParams.get('state')}`);
      assert.deepEqual([back.handled.status, back.location, back.handled.event], [303, '/', undefined]);
      assert.deepEqual([...browser.cookies], []);
    });
  }
}

test('a session in the store is refreshed when it is due, once for all who ask', async () => {
  const { provider, store, site, browser } = town();
  const other = new Site(siteOptions(provider, { store, sealing_keys: [KEY] }));
  await browser.login(site);
  provider.now += 250;
  const visits = await Promise.all([site, other, site, other, site].map((one) => browser.visit(one)));
  assert.equal(provider.refreshes, 1);
  for (const { session } of visits) assert.equal(session.access_token, 'canary-access-2');
  assert.deepEqual(visits.map(({ event }) => event?.kind).filter(Boolean), ['session_changed']);
  assert.equal((await browser.visit(other)).event, undefined);
});

test('a session that the provider ended is over, and that is told once', async () => {
  const { provider, site, browser } = town();
  await browser.login(site);
  provider.good = undefined;
  provider.now += 250;
  const visit = await browser.visit(site);
  assert.deepEqual([visit.session, visit.event.kind, visit.event.error.code], [undefined, 'session_ended', 'provider_error']);
  assert.ok(visit.event.error instanceof node.ProviderError);
  const after = await browser.visit(site);
  assert.deepEqual([after.session, after.event], [undefined, undefined]);
});

test('an access token that still lives is used where the provider cannot be reached, and the cause is there by name', async () => {
  const { provider, site, browser } = town();
  await browser.login(site);
  provider.now += 250;
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { config: { data: 'canary-secret' } });
  const token = provider.replies.token;
  provider.replies.token = () => {
    throw cause;
  };
  const visit = await browser.visit(site);
  assert.deepEqual([visit.session.access_token, visit.error.code, visit.error.cause], ['canary-access-1', 'unreachable', cause]);
  assert.doesNotMatch(inspect(visit, { depth: 9 }), /canary/);
  provider.replies.token = token;
  provider.now += 100;
  assert.equal((await browser.visit(site)).session.access_token, 'canary-access-2');
});

test('the provider ends sessions from server to server, and a token that comes again is refused', async () => {
  const { provider, site, browser } = town();
  provider.claims = { sid: 'sid-1' };
  await browser.login(site);
  const token = logoutToken(provider, { sid: 'sid-1' });
  const handled = await backChannel(site, token);
  assert.deepEqual([handled.status, handled.event.kind, headersOf(handled, 'Cache-Control')], [200, 'logged_out', ['no-store']]);
  assert.equal((await browser.visit(site)).session, undefined);
  assert.equal((await backChannel(site, token)).status, 400);
  for (const bad of ['', 'x.y.z', logoutToken(provider, { aud: 'other', sid: 'sid-1' }), rawIdToken('{}')]) {
    const { status, event } = await backChannel(site, bad);
    assert.deepEqual([status, event.kind], [400, 'failed']);
  }
});

test('the provider ends sessions in a frame', async () => {
  const { provider, site, browser } = town();
  provider.claims = { sid: 'sid-2' };
  await browser.login(site);
  const query = new URLSearchParams({ iss: ISSUER, sid: 'sid-2' });
  const { status, event } = await site.handle({ method: 'GET', url: `/auth/frontchannel-logout?${query}`, headers: {} });
  assert.deepEqual([status, event.kind], [200, 'logged_out']);
  assert.equal((await browser.visit(site)).session, undefined);
});

test('a logout whose URL would be too long is a page that posts a form, by a script of its own or by its button', async () => {
  const { provider, site, browser } = town();
  provider.claims = { long: '<"\'&>'.repeat(400) };
  await browser.login(site);
  const { handled } = await browser.handle(site, 'POST', '/auth/logout', SAME);
  const one = (name) => headersOf(handled, name).join();
  assert.deepEqual([handled.status, one('Content-Type'), one('Cache-Control')], [200, 'text/html; charset=utf-8', 'no-store']);
  const [, script] = /<script>(.*)<\/script>/.exec(handled.body);
  const hash = createHash('sha256').update(script).digest('base64');
  assert.equal(one('Content-Security-Policy'), `default-src 'none'; script-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`);
  assert.match(handled.body, /<form method="post" action="https:\/\/op\.example\/logout">/);
  assert.match(handled.body, /<button>Continue<\/button>/);
  const fields = Object.fromEntries(Array.from(handled.body.matchAll(/name="(\w+)" value="([^"<>]*)"/g), ([, name, value]) => [name, value]));
  assert.deepEqual(Object.keys(fields), ['client_id', 'id_token_hint', 'state', 'post_logout_redirect_uri']);
  assert.equal(browser.cookies.size, 1);
});

test('text in the page is escaped', async () => {
  const provider = rotatingProvider();
  const long = `"><script>alert('&')</script>${'x'.repeat(2048)}`;
  const discovery = JSON.parse(Buffer.from(provider.replies.discovery().body));
  const end_session_endpoint = `${ISSUER}/logout?a=1&b='`;
  provider.replies.discovery = () => ({ status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(JSON.stringify({ ...discovery, end_session_endpoint })) });
  provider.claims = { long };
  const site = new Site(siteOptions(provider));
  const browser = new Browser(provider);
  await browser.login(site);
  const { handled } = await browser.handle(site, 'POST', '/auth/logout', SAME);
  assert.match(handled.body, /action="https:\/\/op\.example\/logout\?a=1&amp;b=&#39;"/);
});

describe('several providers', () => {
  const OTHER = 'https://other.example';
  const names = [{ name: 'one' }, { name: 'two', authorize: { scopes: ['openid', 'email'], prompt: 'consent' } }];

  test('each has a redirect URI of its own, and a login names one or gets the first', async () => {
    const { provider, site, browser } = town({ providers: names });
    const first = await browser.begin(site);
    assert.equal(new URL(first.location).searchParams.get('redirect_uri'), `${BASE}/callback/one`);
    const { back, location } = await browser.begin(site, '?provider=two');
    const { redirect_uri, scope, prompt } = Object.fromEntries(new URL(location).searchParams);
    assert.deepEqual([redirect_uri, scope, prompt], [`${BASE}/callback/two`, 'openid email', 'consent']);
    const { handled } = await browser.handle(site, 'GET', back);
    assert.equal(handled.event.provider, 'two');
    assert.equal((await browser.visit(site)).provider, 'two');
    const nobody = await browser.begin(site, '?provider=three');
    assert.deepEqual([nobody.handled.status, nobody.handled.event.error.code], [400, 'unknown_provider']);
    assert.deepEqual([site.relyingParty('two').constructor, site.relyingParty('two')], [node.RelyingParty, site.relyingParty('two')]);
    assert.throws(() => site.relyingParty('three'), { code: 'invalid_configuration' });
    assert.equal(provider.requests.filter(({ endpoint }) => endpoint === 'discovery').length, 1);
  });

  test('each is asked over its own transport', async () => {
    const asked = [];
    const of = (name) => async (request) => {
      asked.push([name, request.endpoint]);
      throw new Error('down');
    };
    const providers = [{ name: 'one', transport: of('one') }, { name: 'two', issuer: OTHER, transport: of('two') }];
    const { site, browser } = town({ providers });
    const { handled } = await browser.begin(site, '?provider=two');
    assert.deepEqual([handled.status, handled.event.error.cause.message], [503, 'down']);
    assert.deepEqual(asked, [['two', 'discovery']]);
  });

  test('they come and go while the site runs', async () => {
    const { provider, site, browser } = town({ providers: [{ name: 'one' }] });
    const { transport } = provider;
    const two = { name: 'two', issuer: ISSUER, client_id: 'client', client_secret: 's', transport };
    await site.addProvider(two);
    await assert.rejects(site.addProvider(two), { code: 'invalid_configuration' });
    await browser.login(site, '?provider=two');
    assert.equal((await browser.visit(site)).provider, 'two');
    site.removeProvider('two');
    site.removeProvider('nobody');
    assert.equal((await browser.visit(site)).session, undefined);
    assert.equal((await browser.begin(site, '?provider=two')).handled.status, 400);
    assert.equal((await browser.begin(site)).handled.status, 303);
    assert.throws(() => site.relyingParty('two'), { code: 'invalid_configuration' });
    await site.addProvider(two);
    assert.equal((await browser.visit(site)).provider, 'two');
  });
});

test('a login can be used once, in the tab that began it or in another of its browser', async () => {
  const { provider, site, browser } = town();
  const first = await browser.begin(site);
  const nonce = provider.nonce;
  const second = await browser.begin(site);
  const done = await browser.handle(site, 'GET', second.back);
  assert.equal(done.handled.event.kind, 'logged_in');
  provider.nonce = nonce;
  const kept = new Map(browser.cookies);
  assert.equal((await browser.handle(site, 'GET', first.back)).handled.event.kind, 'logged_in');
  const session = browser.cookies.get('__Host-rp-session');
  browser.cookies = kept;
  const again = await browser.handle(site, 'GET', first.back);
  assert.deepEqual([again.handled.status, again.handled.event.error.code], [400, 'no_pending_login']);
  browser.cookies.set('__Host-rp-session', session);
  const back = await browser.handle(site, 'GET', second.back);
  assert.deepEqual([back.handled.status, back.location], [303, '/']);
});

test('what a visitor does wrong is an answer', async () => {
  const { site, browser } = town();
  await browser.login(site);
  for (const [method, url, more, status] of [
    ['GET', '/auth/nothing', {}, 404],
    ['GET', '/elsewhere', {}, 404],
    ['POST', '/auth/login', {}, 405],
    ['GET', '/auth/logout', {}, 405],
    ['POST', '/auth/logout', {}, 403],
    ['POST', '/auth/logout', { headers: { Origin: 'https://evil.example' } }, 403],
    ['POST', '/auth/logout', { headers: { 'Sec-Fetch-Site': ['same-origin', 'cross-site'] } }, 403],
    ['GET', '/auth/callback?code=x&state=y', {}, 303],
    ['GET', '/auth/callback?%', {}, 400],
    ['POST', '/auth/callback', { body: '\ud800=1' }, 400],
    ['GET', '/auth/initiate?iss=https%3A%2F%2Fevil.example', {}, 400],
    ['GET', '/auth/frontchannel-logout', {}, 400],
    ['\ud800', '\ud800', {}, 404],
  ]) {
    const { handled } = await browser.handle(site, method, url, more);
    assert.equal(handled.status, status, `${method} ${url}`);
  }
  assert.equal((await browser.visit(site)).session.claims.sub, 'alice');
  const junk = { method: 'GET', url: '/', headers: { cookie: '__Host-rp-session=\ud800; =; ;;; a=b=c' } };
  assert.equal((await site.visit(junk)).session, undefined);
});

test('headers are taken as servers have them', async () => {
  const { site, browser } = town();
  await browser.login(site);
  const { cookie } = browser.request('GET', '/').headers;
  const [first, ...rest] = cookie.split('; ');
  for (const headers of [
    { Cookie: cookie },
    { cookie: [`a=b`, cookie], other: undefined },
    new Headers({ cookie }),
    [['x', 'y'], ['COOKIE', cookie]],
    [['cookie', 'a=b'], ['cookie', cookie]],
    new Map([['cookie', cookie]]),
    [['cookie', first], ...rest.map((one) => ['cookie', one])],
  ]) {
    const { session } = await site.visit({ method: 'GET', url: new URL('https://app.example/'), headers });
    assert.equal(session?.claims.sub, 'alice');
  }
  for (const given of [undefined, 'GET /', {}, { method: 'GET', url: '/' }, { method: 1, url: '/', headers: {} }, { method: 'GET', url: '/', headers: { cookie: 1 } }])
    await assert.rejects(site.visit(given), TypeError);
  await assert.rejects(site.handle({ method: 'POST', url: '/', headers: {}, body: new Uint8Array() }), TypeError);
});

test('handles says which URLs are routes', () => {
  const { site } = town();
  for (const url of ['/auth/login', '/auth/callback?a=b', 'https://app.example/auth/logout', new URL(`${BASE}/callback`)])
    assert.ok(site.handles(url), String(url));
  for (const url of ['/', '/auth', '/auth/', '/authx/login', '/auth/other', '', '?/auth/login', '/login', '/x?/auth/login'])
    assert.ok(!site.handles(url), url);
  const deep = new Site({ ...siteOptions(rotatingProvider()), base_url: 'https://app.example/shop/auth', providers: [] });
  for (const url of ['/shop/auth/login', '/auth/login']) assert.ok(deep.handles(url), url);
  assert.ok(!deep.handles('/login'));
});

describe('a store', () => {
  test('that lacks a method is refused by the name of the method', () => {
    const provider = rotatingProvider();
    for (const method of ['get', 'add', 'put', 'take', 'delete', 'deleteLabelled', 'lock', 'unlock']) {
      const store = Object.create(new MemorySessionStore());
      store[method] = undefined;
      assert.throws(() => new Site(siteOptions(provider, { store })), (error) => {
        assert.deepEqual([error.code, error.details.member], ['invalid_configuration', `store.${method}`]);
        return true;
      });
    }
  });

  test('that throws, or answers what is no answer, is unavailable; what it threw is the cause, and nothing prints it', async () => {
    for (const [method, answer, reason] of [
      ['get', () => Promise.reject(Object.assign(new Error('ECONNRESET'), { command: 'canary' })), /ECONNRESET/],
      ['get', () => ({ value: 1, version: 'canary' }), /get’s value/],
      ['get', () => 'canary', /get’s value/],
    ]) {
      const { provider, store, site, browser } = town();
      await browser.login(site);
      store[method] = answer;
      await assert.rejects(browser.visit(site), (error) => {
        assert.deepEqual([error.code, error.retryable, error instanceof node.TransportError], ['store_unavailable', true, true]);
        assert.match(error.cause.message, reason);
        assert.doesNotMatch(inspect(error, { depth: 9 }) + JSON.stringify(error), /canary/);
        return true;
      });
      assert.equal(provider.refreshes, 0);
    }
    const { store, site, browser } = town();
    store.add = () => undefined;
    await assert.rejects(browser.login(site), { code: 'store_unavailable' });
  });

  test('sees nothing but sealed values', async () => {
    const { store, site, browser } = town();
    const seen = [];
    for (const method of ['get', 'add', 'put', 'take', 'lock'])
      store[method] = (question) => {
        seen.push(question);
        return MemorySessionStore.prototype[method].call(store, question);
      };
    await browser.login(site);
    await browser.visit(site);
    const text = JSON.stringify(seen);
    assert.ok(seen.length >= 3 && !/canary|alice|op\.example/.test(text), text);
    assert.ok(!text.includes(browser.cookies.get('__Host-rp-session')));
  });
});

test('a session that another key sealed is nobody’s, and one that an older key sealed lives on', async () => {
  const { provider, site, browser } = town({ sealed: true });
  await browser.login(site);
  const next = KEY.map((byte) => byte ^ 0xff);
  const rotated = new Site(siteOptions(provider, { sealing_keys: [next, KEY] }));
  assert.equal((await browser.visit(rotated)).session.claims.sub, 'alice');
  const stranger = new Site(siteOptions(provider, { sealing_keys: [next] }));
  assert.equal((await browser.visit(stranger)).session, undefined);
});

test('options are refused by name', () => {
  const provider = rotatingProvider();
  const refused = (options, member) =>
    assert.throws(
      () => new Site(siteOptions(provider, options)),
      (error) => {
        assert.ok(error instanceof node.ConfigurationError, error.stack);
        assert.equal(error.details.member, member, error.message);
        return true;
      },
    );
  refused({ base_url: undefined }, 'base_url');
  refused({ base_url: 'http://app.example/auth' }, 'base_url');
  refused({ base_url: `${BASE}/` }, 'base_url');
  refused({ sealing_keys: [KEY.subarray(1)] }, 'sealing_keys');
  refused({ sealing_keys: [] }, 'sealing_keys');
  refused({ store: 1 }, 'store');
  refused({ policy: { store: true } }, 'policy');
  refused({ policy: { idle_secs: 1 } }, 'idle_secs');
  refused({ policy: { idle: 1 } }, 'idle');
  refused({ unknown: 1 }, 'unknown');
  refused({ providers: [{ issuer: undefined }] }, 'issuer');
  refused({ providers: [{ store: new node.MemoryStore() }] }, 'store');
  refused({ providers: [{ clock: () => NOW }] }, 'clock');
  refused({ providers: [{ redirect_uri: 'https://other.example/callback' }] }, 'redirect_uri');
  refused({ providers: [{ name: 'a' }, { name: 'a' }] }, 'provider');
  refused({ providers: [{ name: 'a b' }] }, 'provider');
  refused({ providers: [{ scopes: ['openid', 'offline_access'] }] }, 'store');
  refused({ providers: [{ signing_keys: [] }] }, 'signing_keys');
  const { providers: _, ...none } = siteOptions(provider);
  assert.throws(() => new Site(none), { code: 'invalid_configuration' });
  assert.throws(() => new Site({ ...none, providers: {} }), { code: 'invalid_configuration' });
});

test('keys sign for the client of a site, and come once for the site and its relying parties', async () => {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  let asked = 0;
  const key = async () => {
    asked += 1;
    return privateKey;
  };
  const provider = rotatingProvider();
  const discovery = JSON.parse(Buffer.from(provider.replies.discovery().body));
  provider.replies.discovery = () => ({ status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(JSON.stringify({ ...discovery, token_endpoint_auth_methods_supported: ['private_key_jwt'], token_endpoint_auth_signing_alg_values_supported: ['ES256'] })) });
  const options = siteOptions(provider);
  const { client_secret: _, ...client } = options.providers[0];
  const site = new Site({ ...options, providers: [{ ...client, signing_keys: [{ key: privateKey, kid: 'k' }], token_endpoint_auth_method: 'private_key_jwt' }] });
  const browser = new Browser(provider);
  assert.equal((await browser.login(site)).handled.event.kind, 'logged_in');
  const { body } = provider.requests.find(({ endpoint }) => endpoint === 'token');
  assert.match(Buffer.from(body).toString(), /client_assertion=/);
  const lazy = new Site({ ...options, providers: [{ ...client, signing_keys: [key], token_endpoint_auth_method: 'private_key_jwt' }] });
  await browser.visit(lazy);
  await lazy.relyingParty().authorize();
  assert.equal(asked, 1);
});

test('who listens is told of requests, checks and sessions, and of no secret', async () => {
  const events = [];
  const provider = rotatingProvider();
  const site = new Site(siteOptions(provider, { on_event: (channel, event) => events.push([channel, event]) }));
  const browser = new Browser(provider);
  await browser.login(site);
  await browser.handle(site, 'GET', '/auth/callback?code=x&state=y');
  const channels = new Set(events.map(([channel]) => channel));
  assert.deepEqual([...channels].sort(), ['relyingparty:decision', 'relyingparty:request', 'relyingparty:site']);
  const happened = events.filter(([channel]) => channel === 'relyingparty:site').map(([, event]) => event);
  assert.deepEqual(happened, [{ kind: 'logged_in', provider: 'default' }, { kind: 'failed', code: 'no_pending_login' }]);
  assert.doesNotMatch(JSON.stringify(events), /canary/);
});

test('u9_what_a_site_yields_shows_no_secret', async () => {
  const { site, browser } = town();
  const { handled } = await browser.begin(site);
  const done = await browser.login(site);
  const visit = await browser.visit(site);
  const secrets = [/canary/, ...Array.from(browser.cookies.values(), (value) => new RegExp(value.slice(0, 20)))];
  for (const value of [site, handled, done.handled, visit, { ...visit }, { ...handled }])
    for (const text of [inspect(value, { depth: 9 }), JSON.stringify(value), inspect({ ...value }, { depth: 9, getters: true })])
      for (const secret of secrets) assert.doesNotMatch(text, secret);
  assert.equal(inspect(site), '<Site at https://app.example/auth>');
  class Login extends Site {}
  assert.equal(inspect(new Login(siteOptions(rotatingProvider()))), '<Login at https://app.example/auth>');
});

test('a site can be had ready, and its keys are tried again', async () => {
  let tries = 0;
  const key = async () => {
    tries += 1;
    if (tries === 1) throw new Error('the KMS is down');
    return (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])).privateKey;
  };
  const options = siteOptions(rotatingProvider());
  const { client_secret: _, ...client } = options.providers[0];
  const site = new Site({ ...options, providers: [{ ...client, signing_keys: [key] }] });
  assert.ok(site.handles('/auth/login'));
  await assert.rejects(site.ready(), { code: 'invalid_configuration' });
  await site.ready();
  await site.ready();
  assert.equal(tries, 2);
});

test('a clock that is not set is refused', async () => {
  const { provider, site, browser } = town();
  provider.now = NaN;
  await assert.rejects(browser.visit(site), { code: 'implausible_clock' });
  await assert.rejects(browser.handle(site, 'GET', '/auth/login'), { code: 'implausible_clock' });
});

test('pages load nothing of it', () => {
  for (const name of ['Site', 'MemorySessionStore']) assert.ok(!(name in small), name);
});
