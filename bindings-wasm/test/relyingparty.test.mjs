import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, test } from 'node:test';
import { inspect } from 'node:util';

import { CallbackParams, Client, Provider, RelyingParty, errorCodes, run } from '../dist/node/entry_node.js';
import * as exported from '../dist/node/entry_node.js';
import {
  ISSUER,
  NOW,
  REGISTRATION,
  entropy,
  idToken,
  jsonReply,
  memoryProvider,
  rawIdToken,
} from './memory_provider.mjs';

let provider;
let rp;
beforeEach(() => {
  provider = memoryProvider();
  rp = relyingParty();
});

function relyingParty(options) {
  return new RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: provider.transport,
    clock: () => NOW,
    entropy: entropy(),
    ...options,
  });
}

describe('a login', () => {
  test('is exact under a seeded source of randomness', async () => {
    const [one, other] = [await rp.authorize(), await relyingParty().authorize()];
    assert.equal(one.url, other.url);
    assert.notEqual((await rp.authorize()).url, one.url);
  });

  test('names the cookie that its callback names too', async () => {
    const { url, cookie_name, handle, max_age } = await rp.authorize();
    const params = CallbackParams.parse(`?code=x&state=${new URL(url).searchParams.get('state')}`);
    assert.deepEqual([params.cookie_name, params.handle], [cookie_name, handle]);
    assert.equal(cookie_name, `__Host-rp-${handle}`);
    assert.equal(max_age, 600);
  });

  test('takes the numbers of OpenIDConnect.jl by their name', async () => {
    const { max_age } = await relyingParty({ policy: { preset: 'openidconnect_jl' } }).authorize();
    assert.equal(max_age, 60);
  });

  test('hands over what else came with it', async () => {
    const { url, id } = await rp.authorize();
    const state = new URL(url).searchParams.get('state');
    const back = new URL(`https://app.example/cb?code=c&state=${state}&user=u`);
    assert.equal(CallbackParams.parse(back).get('user'), 'u');
    assert.equal(CallbackParams.parse(back).get('nobody'), undefined);
    assert.equal(await rp.cookieName(back), await rp.cookieName(back.href));
    assert.equal(typeof id, 'string');
    const session = await provider.login(rp);
    assert.equal(typeof session.email_verified, 'boolean');
    assert.deepEqual(Object.keys(session.other_members), []);
  });

  test('a17_yields_a_frozen_session', async () => {
    const session = await provider.login(rp);
    assert.throws(() => (session.claims.sub = 'mallory'), TypeError);
    assert.throws(() => (session.access_token = 'x'), TypeError);
    assert.equal(session.access_token, 'canary-access');
  });

  test('comes back by form post', async () => {
    const { url, id } = await rp.authorize({ response_mode: 'form_post' });
    const state = new URL(url).searchParams.get('state');
    await assert.rejects(rp.callback(`?code=x&state=${state}`, id), { code: 'response_mode_mismatch' });
    const again = await rp.authorize({ response_mode: 'form_post' });
    const body = new URLSearchParams({
      error: 'access_denied',
      state: new URL(again.url).searchParams.get('state'),
    });
    await assert.rejects(rp.callbackFormPost(String(body), again.id), {
      name: 'ProviderError',
      error: 'access_denied',
    });
  });

  test('concurrent validations share one fetch of the keys', async () => {
    await Promise.all(Array.from({ length: 8 }, () => rp.verify(idToken())));
    const endpoints = provider.requests.map(({ endpoint }) => endpoint);
    assert.deepEqual(endpoints, ['discovery', 'jwks']);
  });

  test('f6_concurrent_refreshes_of_a_session_are_one', async () => {
    const session = await provider.login(rp);
    provider.replies.token = () => jsonReply({ access_token: 'new', token_type: 'Bearer' });
    provider.requests.length = 0;
    const [one, other] = await Promise.all([rp.refresh(session), rp.refresh(session)]);
    assert.equal(one, other);
    assert.equal(provider.requests.length, 1);
    // This provider does not rotate: asking again is asking anew.
    await rp.refresh(session);
    assert.equal(provider.requests.length, 2);
  });

  test('the same cache serves another relying party without a fetch', async () => {
    await rp.verify(idToken());
    provider.requests.length = 0;
    await relyingParty({ cache: exported.Cache.fromJson(rp.cache.toJson()) }).verify(idToken());
    assert.deepEqual(provider.requests, []);
  });
});

describe('f7_secrets', () => {
  test('of a session are in no log', async () => {
    const session = await provider.login(rp);
    for (const text of [
      inspect(session, { depth: 9 }),
      JSON.stringify(session),
      inspect({ ...session }),
      inspect(rp, { depth: 9, showHidden: false }),
    ]) {
      assert.doesNotMatch(text, /canary|eyJ/);
    }
    assert.match(session.encoded, /canary-refresh/);
  });

  test('of a login and of requests are in no log', async () => {
    const login = await rp.authorize();
    assert.ok(login.id.length >= 22 && !inspect(login).includes(login.id));
    assert.ok(!inspect(login).includes(login.pending));
    assert.ok(!inspect(login).includes(new URL(login.url).searchParams.get('state')));
    await provider.login(relyingParty({ client_secret: 'canary-secret' }));
    assert.doesNotMatch(inspect(provider.requests, { depth: 9 }), /canary|Basic/);
  });

  test('are in no error', async () => {
    provider.replies.token = () =>
      jsonReply({ access_token: 'canary-access', token_type: 'Bearer', id_token: 'canary.id.token' });
    await assert.rejects(provider.login(rp), (error) => {
      assert.equal(error.name, 'TokenError');
      assert.doesNotMatch(inspect(error, { depth: 9 }), /canary/);
      return true;
    });
  });
});

describe('g5_claims', () => {
  const base = `"iss":"${ISSUER}","aud":"${REGISTRATION.client_id}","sub":"alice","iat":${NOW},"exp":${NOW + 300}`;

  test('with names of JavaScript’s own change nothing else', async () => {
    const { claims } = await rp.verify(
      rawIdToken(`{${base},"__proto__":{"polluted":1},"constructor":1,"toString":null}`),
    );
    assert.equal({}.polluted, undefined);
    assert.equal(claims.polluted, undefined);
    assert.deepEqual(Object.getOwnPropertyDescriptor(claims, '__proto__').value, { polluted: 1 });
    assert.equal(claims.constructor, 1);
  });

  test('have the numbers of JSON.parse: exact up to 2^53', async () => {
    const { claims } = await rp.verify(
      rawIdToken(`{${base},"exact":9007199254740991,"rounded":9007199254740993}`),
    );
    assert.deepEqual([claims.exact, claims.rounded], [Number.MAX_SAFE_INTEGER, 2 ** 53]);
  });

  test('keep text of every plane', async () => {
    assert.equal((await rp.verify(idToken({ name: 'Zoë 🙂 \u0000' }))).claims.name, 'Zoë 🙂 \u0000');
  });
});

describe('what goes wrong', () => {
  const failures = {
    redirect_refused: () => ({ ...jsonReply({}), status: 307 }),
    response_too_large: ({ limits }) => ({
      ...jsonReply({}),
      body: Buffer.alloc(limits.max_response_bytes + 1, ' '),
    }),
    unexpected_content_type: () => ({ ...jsonReply({}), headers: [] }),
    malformed_json: () => ({ ...jsonReply({}), body: Buffer.from('{') }),
    metadata_issuer_mismatch: () => jsonReply({ issuer: 'https://elsewhere.example' }),
  };
  for (const [code, reply] of Object.entries(failures)) {
    test(`${code} is a ProtocolError`, async () => {
      provider.replies.discovery = reply;
      await assert.rejects(rp.authorize(), (error) => {
        assert.ok(error instanceof exported.ProtocolError && error instanceof Error);
        assert.deepEqual([error.name, error.code, error.category], ['ProtocolError', code, 'Protocol']);
        return true;
      });
    });
  }

  test('d6_a_redirect_that_a_browser_hides_is_refused', async () => {
    const fetch = async () => ({ type: 'opaqueredirect', status: 0 });
    const hidden = relyingParty({ transport: exported.fetchTransport({ fetch }) });
    await assert.rejects(hidden.authorize(), { code: 'redirect_refused' });
  });

  test('d6_a_redirect_that_was_followed_is_refused', async () => {
    provider.replies.discovery = () => ({ ...jsonReply({}), url: 'https://elsewhere.example/' });
    await assert.rejects(rp.authorize(), { code: 'redirect_refused' });
  });

  test('a transport that throws is unreachable, with its error as the cause', async () => {
    const cause = new Error('no route');
    provider.replies.discovery = () => {
      throw cause;
    };
    await assert.rejects(rp.authorize(), { name: 'TransportError', code: 'unreachable', cause });
  });

  test('a forged signature is a TokenError, and its decisions say so', async () => {
    const [header, payload] = idToken().split('.');
    await assert.rejects(rp.verify(`${header}.${payload}.${'A'.repeat(342)}`), (error) => {
      assert.deepEqual([error.name, error.code], ['TokenError', 'bad_signature']);
      assert.equal(error.decisions.at(-1).passed, false);
      return true;
    });
  });

  test('a host that cannot verify is no proof', async () => {
    const cause = new Error('no crypto');
    const blind = relyingParty({
      verifier: () => {
        throw cause;
      },
    });
    await assert.rejects(blind.verify(idToken()), (error) => error.cause === cause);
    for (const verified of [undefined, null, 0, '', 1, 'true', {}]) {
      await assert.rejects(relyingParty({ verifier: () => ({ verified }) }).verify(idToken()), {
        code: 'bad_signature',
      });
    }
  });

  test('options that cannot work are ConfigurationErrors', async () => {
    for (const options of [
      { issuer: 'http://op.example' },
      { policy: { x: 1 } },
      { client_id: '' },
      { misspelt: 1 },
    ]) {
      assert.throws(() => relyingParty(options), { name: 'ConfigurationError' });
    }
    assert.throws(() => relyingParty({ policy: { signatures: 'core' } }), { code: 'no_signature_backend' });
  });

  test('b6_a_value_that_is_missing_where_one_is_meant_skips_no_check', async () => {
    const missing = { name: 'ConfigurationError', code: 'invalid_configuration' };
    for (const member of ['nonce', 'max_age', 'auth_time', 'acr_values', 'sub', 'access_token']) {
      for (const value of [undefined, null]) {
        await assert.rejects(rp.verify(idToken(), { [member]: value }), (error) => {
          assert.equal(error.code, missing.code);
          assert.equal(error.details.member, member);
          return true;
        });
      }
    }
    await assert.rejects(rp.authorize({ max_age: undefined }), missing);
    assert.throws(() => relyingParty({ client_secret: undefined }), missing);
    assert.throws(() => relyingParty({ policy: { allowed_skew_secs: undefined } }), missing);
  });

  test('e1_a_callback_without_the_cookie_of_its_browser_asks_no_store', async () => {
    const asked = [];
    const store = { put() {}, take: (login) => void asked.push(login) };
    const party = relyingParty({ store });
    const { url } = await party.authorize();
    const back = `?code=x&state=${new URL(url).searchParams.get('state')}`;
    for (const id of [undefined, null])
      await assert.rejects(party.callback(back, id), { code: 'no_pending_login' });
    assert.deepEqual(asked, []);
    await assert.rejects(party.callback(back, 'x'.repeat(43)), { code: 'no_pending_login' });
    assert.equal(asked.length, 1);
  });

  test('a clock or a source of randomness that is none is refused', async () => {
    for (const now of [0, NaN, -Infinity, Infinity, undefined, null, '1800000000', 1_800_000_000n, {}]) {
      await assert.rejects(relyingParty({ clock: () => now }).authorize(), {
        name: 'MisuseError',
        code: 'implausible_clock',
      });
    }
    await assert.rejects(relyingParty({ entropy: (length) => new Uint8Array(length) }).authorize(), {
      code: 'weak_entropy',
    });
  });
});

describe('the sans-IO layer', () => {
  const answer = (request) => (request.kind === 'http' ? provider.transport(request) : { verified: true });
  const discover = () => Provider.discover(ISSUER, { clock: () => NOW });

  test('a flow takes one reply per request', async () => {
    const flow = discover();
    const reply = await answer(flow.request);
    assert.throws(() => flow.result, TypeError);
    flow.resume(reply);
    assert.equal(flow.request, undefined);
    assert.throws(() => flow.resume(reply), TypeError);
    assert.equal(flow.result.metadata.issuer, ISSUER);
  });

  test('a reply of another kind is misuse, and the flow is over', () => {
    const flow = discover();
    assert.throws(() => flow.resume({ verified: true }), { name: 'MisuseError', code: 'wrong_reply' });
    assert.equal(flow.request, undefined);
    assert.throws(() => flow.result, TypeError);
    assert.throws(() => flow.resume({ verified: true }), TypeError);
  });

  test('the keys can be fetched on their own', async () => {
    const report = await run((await run(discover(), answer)).refreshKeys({ clock: () => NOW }), answer);
    assert.deepEqual(report.dropped, []);
    assert.deepEqual(
      report.usable.map(({ kid, alg }) => ({ kid, alg })),
      [{ kid: 'k', alg: 'RS256' }],
    );
    assert.match(report.usable[0].thumbprint, /^[\w-]{43}$/);
  });

  test('a17_what_the_core_did_not_make_proves_nothing', async () => {
    const client = new Client(await run(discover(), answer), REGISTRATION, { clock: () => NOW });
    const session = await provider.login(rp);
    for (const forged of [{}, { ...session }, structuredClone(session), null, client]) {
      assert.throws(() => client.refresh(forged), TypeError);
      assert.throws(() => client.exchange(forged), TypeError);
    }
    assert.ok(client.refresh(session).request);
  });

  test('b10_an_authorization_code_is_good_for_one_exchange', async () => {
    const client = new Client(await run(discover(), answer), REGISTRATION, { clock: () => NOW });
    const { url, pending } = client.authorize({}, entropy()(32));
    const params = CallbackParams.parse(`?code=x&state=${new URL(url).searchParams.get('state')}`);
    const code = client.callback(pending, params);
    client.exchange(code);
    assert.throws(() => client.exchange(code), TypeError);
  });
});

test('the union of codes in the declarations is the set of codes', () => {
  const text = readFileSync(new URL('../types/errors.d.ts', import.meta.url), 'utf8');
  const union = /type ErrorCode =\n([^;]*);/.exec(text)[1].matchAll(/\| '(\w+)'/g);
  assert.deepEqual(Array.from(union, ([, code]) => code).sort(), errorCodes().sort());
});
