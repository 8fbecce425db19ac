// A site in real frameworks, over real HTTP, with the certified provider, two workers and one Redis.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { serve } from '@hono/node-server';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { Hono } from 'hono';
import { Redis } from 'ioredis';

import * as forExpress from '../dist/adapters/express.js';
import * as forFastify from '../dist/adapters/fastify.js';
import { fetchSite } from '../dist/adapters/fetch.js';
import { handlers } from '../dist/adapters/next.js';
import { MemorySessionStore, Site } from '../dist/node/entry_node.js';
import { RedisSessionStore } from '../dist/node/redis.js';
import { idToken } from './memory_provider.mjs';
import { Browser, startProvider } from './op.mjs';
import { freePort, startRedis } from './redis_server.mjs';
import { ISSUER, rotatingProvider, siteOptions } from './site_town.mjs';
import { become, startWorkers } from './workers.mjs';

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at * 5);
/** What the application lets caches keep: a file, or whatever is there. */
const CACHED = '/cached/redis_server.mjs';
const HERE = fileURLToPath(new URL('.', import.meta.url));
const CACHEABLE = { 'Cache-Control': 'public, max-age=3600', Vary: 'Accept' };
const said = (oidc) => (oidc.session ? `Hello ${oidc.session.claims.sub}` : 'Hello nobody');
/** Opens a page as a browser does that says how; `fetch` always says that it opens none. */
const opened = async (url, headers) => {
  const [response] = await once(get(url, { headers }), 'response');
  response.resume();
  return { status: response.statusCode, location: response.headers.location };
};
const listening = async (server) => {
  await once(server, 'listening');
  return () => (server.closeAllConnections?.(), server.close());
};

/** Each mounts a site on an application, listens on a port, and yields what stops it. */
const FRAMEWORKS = {
  'Express 5': (site, port, options) => expressWith(express, site, port, options),
  'Express 4 behind a body parser': (site, port, options) => expressWith(express4, site, port, options, express4.urlencoded({ extended: true })),
  'Express 5 behind a parser of JSON': (site, port, options) => expressWith(express, site, port, options, express.json()),
  async Connect(site, port, options) {
    const app = connect();
    app.use(forExpress.relyingparty(site, options));
    app.use('/private', forExpress.requireLogin());
    app.use(CACHED, (_request, response) => response.writeHead(200, 'Well', Object.entries(CACHEABLE)).end('x'));
    app.use('/', (request, response, next) => (/^\/(?:$|\?|private)/.test(request.originalUrl) ? response.end(said(request.oidc)) : next()));
    return listening(createServer(app).listen(port, '127.0.0.1'));
  },
  async Hono(site, port, options) {
    const app = new Hono();
    const login = fetchSite(site, options && { failed: (error, _request, status) => new Response(`Oh: ${error.code}`, { status }) });
    app.use(async (context, next) => (await login(context.req.raw)) ?? next());
    app.get('/private', async ({ req }) => {
      const visit = await login.visit(req.raw);
      return login.required(req.raw, visit) ?? visit.keep(new Response(said(visit)));
    });
    app.get('/', async ({ req }) => {
      const visit = await login.visit(req.raw);
      return visit.keep(new Response(said(visit)));
    });
    app.get(CACHED, async ({ req }) => (await login.visit(req.raw)).keep(new Response('x', { headers: CACHEABLE })));
    return listening(serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }));
  },
  async Fastify(site, port, options) {
    const app = fastify();
    const failed = options && ((error, _request, reply) => reply.send(`Oh: ${error.code}`));
    await app.register(forFastify.relyingparty, { site, ...(failed && { failed }) });
    app.get('/', async (request) => said(request.oidc));
    app.get('/private', { preHandler: forFastify.requireLogin }, async (request) => said(request.oidc));
    app.get(CACHED, async (_request, reply) => reply.headers(CACHEABLE).send('x'));
    await app.listen({ port, host: '127.0.0.1' });
    return () => app.close();
  },
};

async function expressWith(framework, site, port, options, ...before) {
  const app = framework();
  for (const middleware of before) app.use(middleware);
  app.use(forExpress.relyingparty(site, options));
  app.get('/', (request, response) => response.send(said(request.oidc)));
  app.use('/cached', framework.static(HERE, { maxAge: '1h' }));
  app.get('/private', forExpress.requireLogin(), (request, response) => response.send(said(request.oidc)));
  app.use((error, _request, response, _next) => response.status(500).send(`Broken: ${error.code}`));
  return listening(app.listen(port, '127.0.0.1'));
}

let provider;
let redis;
const clients = [];
before(async () => ([provider, redis] = await Promise.all([startProvider(), startRedis()])));
after(async () => {
  for (const client of clients) client.disconnect();
  await provider?.stop();
  await redis?.stop();
});

for (const [name, mount] of Object.entries(FRAMEWORKS)) {
  describe(name, () => {
    let ahead = 0;
    let home;
    let worker;
    let own;
    const stops = [];

    /** One more process of the application, as far as its memory goes: a site, a client of Redis, a server. */
    const start = async (base_url, port, options, more = {}) => {
      const client = new Redis(redis.port, '127.0.0.1');
      clients.push(client);
      const store = new RedisSessionStore({ client, prefix: `${name.replaceAll(' ', '')}:` });
      const clock = () => Math.floor(Date.now() / 1000) + ahead;
      const site = new Site({ base_url, providers: [own], sealing_keys: [KEY], store, clock, ...more });
      stops.push(await mount(site, port, options));
      return { site, client };
    };

    before(async () => {
      const [port, other] = [await freePort(), await freePort()];
      home = `http://127.0.0.1:${port}`;
      worker = `http://127.0.0.1:${other}`;
      const registered = await provider.control('register', {
        redirect_uris: [`${home}/auth/callback`],
        post_logout_redirect_uris: [`${home}/auth/logged-out`],
        backchannel_logout_uri: `${home}/auth/backchannel-logout`,
        backchannel_logout_session_required: true,
      });
      const { client_id, client_secret } = registered;
      own = {
        issuer: provider.issuer,
        allow_insecure_loopback: true,
        client_id,
        client_secret,
        post_logout_redirect_uri: `${home}/auth/logged-out`,
        scopes: ['openid', 'offline_access'],
        authorize: { prompt: 'consent' },
      };
      // The second stands behind the same name: a proxy chooses which is asked.
      await start(`${home}/auth`, port);
      await start(`${home}/auth`, other);
    });
    after(() => Promise.all(stops.map((stop) => stop())));

    const begin = (browser, query = '') => browser.login(`${home}/auth/login${query}`, `${home}/auth/callback`);
    const login = async (browser, query) => browser.open(await begin(browser, query));
    const text = async (browser, path = '/', at = home) => (await browser.open(at + path)).text;
    const post = (browser, path, fields, headers) => browser.open(home + path, fields ?? {}, headers);

    test('logs in and comes back to the page that was asked for', async () => {
      const browser = new Browser();
      assert.equal(await text(browser), 'Hello nobody');
      for (const headers of [{}, { 'sec-fetch-mode': 'navigate' }]) {
        const location = `${home}/auth/login?return_to=%2Fprivate%3Fx%3D1`;
        assert.deepEqual(await opened(`${home}/private?x=1`, headers), { status: 303, location });
      }
      assert.equal((await opened(`${home}/private`, { 'sec-fetch-mode': 'cors' })).status, 401);
      const { status, location } = await login(browser, '?return_to=/private');
      assert.deepEqual([status, location], [303, '/private']);
      assert.equal(await text(browser, '/private'), 'Hello alice');
      assert.equal(await text(new Browser()), 'Hello nobody');
    });

    test('two tabs log in at the same time', async () => {
      const browser = new Browser();
      const [first, second] = [await begin(browser, '?return_to=/one'), await begin(browser, '?return_to=/two')];
      assert.equal((await browser.open(second)).location, '/two');
      assert.equal((await browser.open(first)).location, '/one');
      assert.equal(await text(browser), 'Hello alice');
    });

    test('a callback that comes twice, and the back button, lead on', async () => {
      const browser = new Browser();
      const back = await begin(browser);
      const twice = await Promise.all([browser.open(back), browser.open(back.replace(home, worker))]);
      assert.ok(twice.some(({ status, location }) => status === 303 && location === '/'), JSON.stringify(twice));
      assert.equal(await text(browser), 'Hello alice');
      const again = await browser.open(back);
      assert.deepEqual([again.status, again.location], [303, '/']);
    });

    test('a login that took too long, one that was denied, and a callback of nobody’s are told', async (t) => {
      t.after(() => (ahead = 0));
      const late = new Browser();
      const back = await begin(late);
      ahead = 3600;
      const { status, text: said } = await late.open(back);
      assert.equal(status, 400);
      assert.match(said, /^(?:pending_login_expired|no_pending_login)$/);
      ahead = 0;
      const denied = new Browser();
      const refused = await denied.open(await denied.deny(`${home}/auth/login`, `${home}/auth/callback`));
      assert.equal(refused.status, 403);
      assert.equal(refused.text, 'provider_error');
      const nobody = await new Browser().open(`${home}/auth/callback?code=x&state=${'y'.repeat(43)}`);
      assert.equal(nobody.status, 400);
      assert.equal(nobody.text, 'no_pending_login');
    });

    test('logs out here and at the provider, and not for another site', async () => {
      const browser = new Browser();
      await login(browser);
      const elsewhere = await post(browser, '/auth/logout', {}, { 'sec-fetch-site': 'cross-site' });
      assert.equal(elsewhere.status, 403);
      assert.equal(await text(browser), 'Hello alice');
      const out = await post(browser, '/auth/logout', { return_to: '/bye' }, { 'sec-fetch-site': 'same-origin' });
      assert.equal(out.status, 303);
      assert.equal(await text(browser), 'Hello nobody');
      assert.equal(await text(browser, '/', worker), 'Hello nobody');
      const returned = await browser.logout(out.location, `${home}/auth/logged-out`);
      assert.equal((await browser.open(returned)).location, '/bye');
      assert.equal(browser.cookies.some((name) => name.startsWith('rp-')), false);
    });

    test('a logout at the provider ends the session of every worker, and of nobody else', async () => {
      const [browser, other] = [new Browser(), new Browser()];
      await login(browser);
      await login(other);
      const over = `${provider.issuer}/session/end`;
      await browser.logout(over, `${over}/success`);
      assert.deepEqual([await text(browser), await text(browser, '/', worker)], ['Hello nobody', 'Hello nobody']);
      assert.equal(await text(other, '/', worker), 'Hello alice');
    });

    test('one worker knows who logged in at another; both refresh once between them', async (t) => {
      t.after(() => (ahead = 0));
      const browser = new Browser();
      await login(browser);
      assert.equal(await text(browser, '/', worker), 'Hello alice');
      await provider.control('requests');
      ahead = 3590;
      const pages = await Promise.all(Array.from({ length: 12 }, (_, at) => text(browser, '/', at % 2 ? home : worker)));
      assert.deepEqual([...new Set(pages)], ['Hello alice']);
      const asked = await provider.control('requests');
      assert.equal(asked.filter(({ path }) => path === '/token').length, 1);
    });

    test('routes that are none are the application’s, or nobody’s', async () => {
      const browser = new Browser();
      assert.equal((await browser.open(`${home}/auth/nothing`)).status, 404);
      assert.equal((await browser.open(`${home}/auth/login`, { a: 'b' })).status, 405);
      const large = await post(browser, '/auth/logout', { return_to: 'x'.repeat(80_000) }, { 'sec-fetch-site': 'same-origin' });
      assert.equal(large.status, 400);
      assert.equal(await text(browser), 'Hello nobody');
    });

    test('the provider ends a session from server to server, and a long logout is a page that posts', async () => {
      const scripted = rotatingProvider();
      scripted.claims = { sid: 'sid-1', long: 'x'.repeat(2048) };
      const port = await freePort();
      const at = `http://127.0.0.1:${port}`;
      const options = siteOptions(scripted, { base_url: `${at}/auth`, store: new MemorySessionStore({ clock: () => scripted.now }) });
      const providers = options.providers.map((one) => ({ ...one, post_logout_redirect_uri: `${at}/auth/logged-out` }));
      stops.push(await mount(new Site({ ...options, providers }), port));
      const login = async (browser) => {
        const { searchParams } = new URL((await browser.open(`${at}/auth/login`)).location);
        scripted.nonce = searchParams.get('nonce');
        const answer = new URLSearchParams({ code: 'c', state: searchParams.get('state'), iss: ISSUER });
        assert.equal((await browser.open(`${at}/auth/callback?${answer}`)).status, 303);
        assert.equal(await text(browser, '/', at), 'Hello alice');
      };
      const browser = new Browser();
      await login(browser);
      const claims = { iat: scripted.now, exp: scripted.now + 120, jti: 'j', sid: 'sid-1' };
      const logout_token = idToken({ ...claims, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } });
      const ended = await new Browser().open(`${at}/auth/backchannel-logout`, { logout_token });
      assert.deepEqual([ended.status, ended.text], [200, '']);
      assert.equal(await text(browser, '/', at), 'Hello nobody');
      const again = await new Browser().open(`${at}/auth/backchannel-logout`, { logout_token });
      assert.equal(again.status, 400);
      scripted.now += 10;
      await login(browser);
      const page = await browser.open(`${at}/auth/logout`, {}, { 'sec-fetch-site': 'same-origin' });
      assert.equal(page.status, 200);
      assert.match(page.text, /<form method="post" action="https:\/\/op\.example\/logout">/);
      assert.equal(await text(browser, '/', at), 'Hello nobody');
    });

    test('a response with a session’s cookie is kept by no cache, and none is given to who has another cookie', async () => {
      const scripted = rotatingProvider();
      const port = await freePort();
      const at = `http://127.0.0.1:${port}`;
      const providers = [{ post_logout_redirect_uri: `${at}/auth/logged-out` }];
      stops.push(await mount(new Site(siteOptions(scripted, { base_url: `${at}/auth`, providers, policy: { idle_secs: 3600 } })), port));
      const got = [];
      const browser = new Browser({ fetch: async (...given) => (got.push(await fetch(...given)), got.at(-1)) });
      const headers = async (path) => {
        await browser.open(at + path);
        return got.at(-1).headers;
      };
      const { searchParams } = new URL((await browser.open(`${at}/auth/login`)).location);
      scripted.nonce = searchParams.get('nonce');
      await browser.open(`${at}/auth/callback?${new URLSearchParams({ code: 'c', state: searchParams.get('state'), iss: ISSUER })}`);
      const kept = await headers(CACHED);
      assert.deepEqual([kept.getSetCookie(), kept.get('cache-control')], [[], 'public, max-age=3600']);
      assert.match(kept.get('vary'), /(?:^|, )Cookie$/);
      scripted.now += 900;
      const fresh = await headers(CACHED);
      assert.ok(fresh.getSetCookie().length > 0);
      assert.equal(fresh.get('cache-control'), 'no-store');
      assert.match(fresh.get('vary'), /(?:^|, )Cookie$/);
      assert.equal((await headers('/')).get('vary'), 'Cookie');
    });

    test('who is told that a login failed is told nothing of the hosts behind the application', async () => {
      const scripted = rotatingProvider();
      const transport = async () => {
        throw Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:8443'), { code: 'ECONNREFUSED' });
      };
      const port = await freePort();
      const at = `http://127.0.0.1:${port}`;
      const providers = [{ transport, post_logout_redirect_uri: `${at}/auth/logged-out` }];
      stops.push(await mount(new Site(siteOptions(scripted, { base_url: `${at}/auth`, providers, policy: { idle_secs: 3600 } })), port));
      const { status, text } = await new Browser().open(`${at}/auth/login`);
      assert.ok(status >= 500, String(status));
      assert.match(text, /^[a-z_]+$/);
    });

    test('an application shows what failed in its own way', async () => {
      const port = await freePort();
      const failed = (error, _request, response) => response.end(`Oh: ${error.code}`);
      const other = `http://127.0.0.1:${port}`;
      own = { ...own, post_logout_redirect_uri: `${other}/auth/logged-out` };
      await start(`${other}/auth`, port, { failed });
      const { status, text } = await new Browser().open(`${other}/auth/callback?code=x&state=${'y'.repeat(43)}`);
      assert.deepEqual([status, text], [400, 'Oh: no_pending_login']);
    });
  });
}

test('the provider ends the session of an application that is two processes', async (t) => {
  const base_url = `http://127.0.0.1:${await freePort()}/auth`;
  const { client_id, client_secret } = await provider.control('register', {
    redirect_uris: [`${base_url}/callback`],
    post_logout_redirect_uris: [`${base_url}/logged-out`],
    backchannel_logout_uri: `${base_url}/backchannel-logout`,
    backchannel_logout_session_required: true,
  });
  const { origins, stop } = await startWorkers(base_url, { issuer: provider.issuer, client_id, client_secret });
  t.after(stop);
  const pages = (browser) => Promise.all(origins.map(async (origin) => (await browser.open(`${origin}/`)).text));
  const [one, other] = [new Browser(), new Browser()];
  for (const browser of [one, other]) {
    await browser.open(await browser.login(`${base_url}/login`, `${base_url}/callback`));
    assert.deepEqual(await pages(browser), ['Hello alice', 'Hello alice']);
  }
  const over = `${provider.issuer}/session/end`;
  await one.logout(over, `${over}/success`);
  assert.ok(await become(() => pages(one), 'Hello nobody'));
  assert.deepEqual(await pages(other), ['Hello alice', 'Hello alice']);
});

test('the handlers of Next.js answer a Request with a Response', async () => {
  const site = new Site(siteOptions(rotatingProvider(), { base_url: 'https://app.example/auth' }));
  const { GET, POST } = handlers(site, { failed: (error, _request, status) => new Response(error.code, { status }) });
  const login = await GET(new Request('https://app.example/auth/login?return_to=/x'));
  assert.deepEqual([login.status, new URL(login.headers.get('location')).origin], [303, ISSUER]);
  assert.equal(login.headers.getSetCookie().length, 1);
  const form = { method: 'POST', body: new URLSearchParams({ return_to: '/' }) };
  const elsewhere = await POST(new Request('https://app.example/auth/logout', form));
  assert.deepEqual([elsewhere.status, await elsewhere.text(), elsewhere.headers.get('cache-control')], [403, 'cross_site_request', 'no-store']);
  assert.equal((await GET(new Request('https://app.example/auth/other'))).status, 404);
  assert.equal((await POST(new Request('https://app.example/auth/logout', { method: 'POST', body: 'x'.repeat(80_000), headers: { 'sec-fetch-site': 'same-origin' } }))).status, 400);
});

test('what `keep` yields is told apart by cookies, and kept by no cache where it sets one', async () => {
  const scripted = rotatingProvider();
  const site = new Site(siteOptions(scripted, { policy: { idle_secs: 3600 } }));
  const login = fetchSite(site);
  const begun = await login(new Request('https://app.example/auth/login'));
  const { searchParams } = new URL(begun.headers.get('location'));
  scripted.nonce = searchParams.get('nonce');
  const cookies = (response) => response.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  const query = new URLSearchParams({ code: 'c', state: searchParams.get('state'), iss: ISSUER });
  const back = await login(new Request(`https://app.example/auth/callback?${query}`, { headers: { cookie: cookies(begun) } }));
  const request = new Request('https://app.example/', { headers: { cookie: cookies(back) } });
  assert.ok((await login.visit(request)).session);
  const given = new Response('x', { headers: CACHEABLE });
  const told = ({ headers }) => ['cache-control', 'vary'].map((name) => headers.get(name));
  assert.deepEqual(told((await login.visit(request)).keep(given)), ['public, max-age=3600', 'Accept, Cookie']);
  scripted.now += 900;
  assert.deepEqual(told((await login.visit(request)).keep(given)), ['no-store', 'Accept, Cookie']);
  assert.deepEqual(told(given), ['public, max-age=3600', 'Accept']);
});

test('a login leads back to pages with the path that a proxy took off', async () => {
  const site = new Site(siteOptions(rotatingProvider()));
  const login = fetchSite(site, { root_path: '/tools' });
  const visit = await login.visit(new Request('https://app.example/mine?x=1'));
  assert.equal(new URL(visit.login_url).searchParams.get('return_to'), '/tools/mine?x=1');
});
