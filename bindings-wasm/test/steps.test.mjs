// Logins whose requests are pushed (RFC 9126) or signed (RFC 9101), whose responses are signed (JARM), that ask for authorization
// details (RFC 9396), and the profiles that demand such things.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as full from '../dist/full/entry_node.js';
import * as web from '../dist/full/entry_web.js';
import * as node from '../dist/node/entry_node.js';
import { ISSUER, NOW, REGISTRATION, entropy, jsonReply } from './memory_provider.mjs';
import { form, keyFor, opened, party } from './proofs.mjs';
import { REQUEST_URI, claimsOf, pushingProvider } from './pushing.mjs';

const BUILDS = { node, full, workers: web };
const jwk = (alg) => keyFor(alg).export({ format: 'jwk' });
const BOUND = { signing_keys: [{ key: jwk('ES256'), kid: 'k-1' }], dpop_keys: [{ key: jwk('ES256') }] };
const PUSHED = { ...BOUND, require_pushed_authorization_requests: true };
const PAYMENT = [{ type: 'payment', amount: '12.50', to: null }, { type: 'account' }];
const query = (url) => Object.fromEntries(new URL(url).searchParams);
const names = (url) => Object.keys(query(url)).sort();

for (const [build, module] of Object.entries(BUILDS)) {
  describe(`in steps: ${build}`, () => {
    for (const who of ['the registration', 'the provider']) {
      test(`k5_a request is pushed where ${who} asks for it`, async () => {
        const demand = { require_pushed_authorization_requests: true };
        const provider = pushingProvider(who === 'the provider' ? demand : {});
        const rp = party(module, provider, { ...BOUND, ...(who === 'the registration' && demand) });
        const login = await rp.authorize({ login_hint: 'alice', return_to: '/inbox' });
        assert.deepEqual(query(login.url), { client_id: 'client', request_uri: REQUEST_URI });
        assert.deepEqual(login.decisions.map(({ check }) => check), ['pushed']);
        const [pushed] = provider.pushed;
        assert.deepEqual([pushed.login_hint, pushed.redirect_uri], ['alice', REGISTRATION.redirect_uri]);
        assert.ok(pushed.dpop_jkt && !('return_to' in pushed));
        assert.equal(opened(pushed.client_assertion, createPublicKey(keyFor('ES256'))).claims.aud, ISSUER);
        const session = await rp.callback(provider.browser(login.url), login.id);
        assert.deepEqual([session.claims.sub, session.return_to, session.token_type], ['alice', '/inbox', 'DPoP']);
      });
    }

    test('a public client and one with a secret push as well', async () => {
      for (const options of [{}, { client_secret: 's' }]) {
        const provider = pushingProvider();
        const rp = party(module, provider, { require_pushed_authorization_requests: true, ...options });
        assert.equal((await provider.login(rp)).claims.sub, 'alice');
        assert.equal(provider.pushed.length, 1);
      }
    });

    test('a plain login begins without a request', async () => {
      const provider = pushingProvider();
      const { url, decisions } = await party(module, provider, BOUND).authorize();
      assert.deepEqual([provider.endpoints(), decisions], [['discovery'], []]);
      for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(names(url).includes(name));
    });

    test('k5_a push that fails is not sent in the open', async () => {
      for (const [reply, name, code] of [
        [jsonReply({ error: 'invalid_request' }, 400), 'ProviderError', 'provider_error'],
        [jsonReply({}, 503), 'ProviderError', 'provider_status'],
        [jsonReply({ expires_in: 60 }, 201), 'ProtocolError', 'response_member_missing'],
        [undefined, 'TransportError', 'unreachable'],
      ]) {
        const provider = pushingProvider();
        provider.replies.pushed_authorization_request = () => {
          if (reply) return reply;
          throw new Error('no route');
        };
        const store = { put: () => assert.fail('no login has begun'), take: () => undefined };
        await assert.rejects(party(module, provider, { ...PUSHED, store }).authorize(), { name, code });
      }
    });

    for (const pushed of [true, false]) {
      test(`a signed request says all, ${pushed ? 'pushed' : 'by value'}`, async () => {
        const provider = pushingProvider();
        const demands = { require_signed_request_object: true, require_pushed_authorization_requests: pushed };
        const rp = party(module, provider, { ...BOUND, ...demands });
        const { url } = await rp.authorize({ max_age: 60, authorization_details: PAYMENT });
        const sent = pushed ? provider.pushed[0] : query(url);
        for (const name of ['state', 'nonce', 'redirect_uri']) assert.ok(!(name in sent), name);
        const { header, claims } = opened(sent.request, createPublicKey(keyFor('ES256')));
        assert.deepEqual(header, { typ: 'oauth-authz-req+jwt', alg: 'ES256', kid: 'k-1' });
        assert.deepEqual([claims.iss, claims.aud, claims.exp], ['client', ISSUER, NOW + 300]);
        assert.deepEqual([claims.max_age, claims.authorization_details], [60, PAYMENT]);
      });
    }

    test('k5_a signed request is fetched from the application', async () => {
      const base = 'https://app.example/requests/';
      const rp = party(module, pushingProvider(), { signing_keys: BOUND.signing_keys, request_uri_base: base });
      const login = await rp.authorize({ max_age: 60 });
      const { request_uri, content_type, body, expires_at } = login.request_object;
      assert.match(request_uri, /^https:\/\/app\.example\/requests\/[\w-]{43}$/);
      assert.deepEqual(query(login.url), {
        response_type: 'code',
        client_id: 'client',
        scope: 'openid profile email',
        request_uri,
      });
      assert.deepEqual([content_type, expires_at], ['application/oauth-authz-req+jwt', NOW + 300]);
      const { header, claims } = opened(body, createPublicKey(keyFor('ES256')));
      assert.deepEqual([header.typ, claims.aud, claims.max_age], ['oauth-authz-req+jwt', ISSUER, 60]);
      assert.doesNotMatch(`${inspect(login)}${JSON.stringify(login)}`, /requests\/|"request_object":/);
      assert.notEqual((await rp.authorize()).request_object.request_uri, request_uri);
      assert.equal((await party(module, pushingProvider(), BOUND).authorize()).request_object, undefined);
    });

    test('k5_a provider that fetches no requests is refused by name', async () => {
      const demand = { signing_keys: BOUND.signing_keys, request_uri_base: 'https://app.example/r/' };
      for (const [metadata, options] of [
        [{ request_uri_parameter_supported: false }, {}],
        [{ require_pushed_authorization_requests: true }, {}],
        [{}, { request_uri_base: 'https://app.example/r' }],
      ]) {
        const refused = async () => party(module, pushingProvider(metadata), { ...demand, ...options }).authorize();
        await assert.rejects(refused(), ({ code, details }) => {
          assert.deepEqual([code, details.member], ['invalid_configuration', 'request_uri_base']);
          return true;
        });
      }
    });

    test('k7_whoever signs requests and yields no signature is told so', async () => {
      const demands = { require_signed_request_object: true };
      const with_ = (sign) => party(module, pushingProvider(), { ...demands, signing_keys: [{ alg: 'ES256', sign }] });
      await assert.rejects(with_(() => new Uint8Array(63)).authorize(), { code: 'signature_unusable' });
      const away = () => Promise.reject(new Error('the HSM is away'));
      await assert.rejects(with_(away).authorize(), (error) => {
        assert.deepEqual([error.code, error.details.endpoint], ['unreachable', 'request_object']);
        assert.equal(error.cause.message, 'the HSM is away');
        return true;
      });
    });

    test('a signed response is verified and then checked', async () => {
      for (const options of [{}, BOUND]) {
        const provider = pushingProvider();
        const told = [];
        const on_event = (channel, { check }) => channel === 'relyingparty:decision' && told.push(check);
        const rp = party(module, provider, { ...options, on_event });
        const { url, id, cookie_name } = await rp.authorize({ response_mode: 'jwt' });
        assert.equal(query(url).response_mode, 'query.jwt');
        const back = provider.browser(url);
        assert.deepEqual(names(back), ['response']);
        assert.equal(await rp.cookieName(back), cookie_name);
        const session = await rp.callback(back, id);
        const checks = session.decisions.map(({ check }) => check);
        for (const check of ['signature', 'response_mode', 'state']) assert.ok(checks.includes(check), check);
        assert.equal(told.filter((check) => check === 'response_mode').length, 1, 'each check is told once');
      }
    });

    test('a signed response in a form', async () => {
      const provider = pushingProvider();
      const rp = party(module, provider, {});
      const { url, id, set_cookie } = await rp.authorize({ response_mode: 'form_post.jwt' });
      assert.match(set_cookie, /SameSite=None/);
      const body = new URL(provider.browser(url)).search.slice(1);
      assert.equal((await rp.callbackFormPost(body, id)).claims.sub, 'alice');
    });

    test('a signed response for somebody else, or that nobody signed, is refused before the code is exchanged', async () => {
      const broken = (back) => back.slice(0, -5) + (back.at(-5) === 'A' ? 'B' : 'A') + back.slice(-4);
      for (const [changed, code, spoilt = (back) => back] of [
        [{ iss: 'https://other.example' }, 'iss_mismatch'],
        [{ aud: 'other' }, 'aud_mismatch'],
        [{ exp: NOW - 600 }, 'token_expired'],
        [{ code: null }, 'code_missing'],
        [{}, 'bad_signature', broken],
      ]) {
        const provider = pushingProvider();
        const rp = party(module, provider, {});
        const { url, id } = await rp.authorize({ response_mode: 'jwt' });
        await assert.rejects(rp.callback(spoilt(provider.browser(url, changed)), id), { code });
        assert.ok(!provider.endpoints().includes('token'), code);
      }
    });

    test('k5_a plain response is no answer to who asked for a signed one', async () => {
      const provider = pushingProvider();
      const rp = party(module, provider, {});
      const { url, id } = await rp.authorize({ response_mode: 'jwt' });
      const plain = `?${new URLSearchParams({ code: 'c', state: query(url).state, iss: ISSUER })}`;
      await assert.rejects(rp.callback(plain, id), { name: 'CallbackError', code: 'response_mode_mismatch' });
    });

    test('e1_a signed response that belongs to another login leaves the one that waits', async () => {
      const provider = pushingProvider();
      const rp = party(module, provider, {});
      const [mine, other] = [await rp.authorize({ response_mode: 'jwt' }), await rp.authorize({ response_mode: 'jwt' })];
      await assert.rejects(rp.callback(provider.browser(other.url), mine.id), { category: 'Callback' });
      assert.equal((await rp.callback(provider.browser(mine.url), mine.id)).claims.sub, 'alice');
      await assert.rejects(rp.callback('?response=x.y.z', mine.id), { code: 'state_missing' });
    });

    for (const preset of ['fapi2', 'fapi2_message_signing']) {
      test(`${preset} switches on what it demands`, async () => {
        const provider = pushingProvider();
        const rp = party(module, provider, { ...BOUND, policy: { preset } });
        const { url, id } = await rp.authorize();
        assert.deepEqual(names(url), ['client_id', 'request_uri']);
        const signs = preset === 'fapi2_message_signing';
        assert.equal('request' in provider.pushed[0], signs);
        const back = provider.browser(url);
        assert.equal('response' in query(back), signs);
        const session = await rp.callback(back, id);
        assert.deepEqual([session.claims.sub, session.token_type], ['alice', 'DPoP']);
      });
    }

    test('who cannot meet a profile is told why, at once where the provider has nothing to do with it', async () => {
      const { dpop_keys, signing_keys } = BOUND;
      const rs256 = [{ key: jwk('RS256'), alg: 'RS256' }];
      for (const [preset, options, member] of [
        ['fapi2', { dpop_keys, client_secret: 'canary' }, 'token_endpoint_auth_method'],
        ['fapi2', { signing_keys }, 'dpop_keys'],
        ['fapi2', { ...BOUND, redirect_uri: 'http://127.0.0.1:9/cb' }, 'redirect_uri'],
        ['fapi2_message_signing', { signing_keys }, 'dpop_keys'],
      ])
        assert.throws(
          () => party(module, pushingProvider(), { policy: { preset }, ...options }),
          ({ name, code, details }) => {
            assert.deepEqual([name, code], ['ConfigurationError', 'profile_unmet']);
            assert.deepEqual([details.profile, details.member], [preset, member]);
            return true;
          },
        );
      for (const [preset, options, metadata, member] of [
        ['fapi2', { signing_keys: rs256, dpop_keys }, {}, 'signing_keys'],
        ['fapi2', BOUND, { authorization_response_iss_parameter_supported: false }, 'authorization_response_iss_parameter_supported'],
        ['oauth2_1', {}, { code_challenge_methods_supported: undefined }, 'code_challenge_methods_supported'],
      ])
        await assert.rejects(
          party(module, pushingProvider(metadata), { policy: { preset }, ...options }).authorize(),
          ({ code, details }) => code === 'profile_unmet' && details.member === member,
          member,
        );
      const provider = pushingProvider();
      const signing = party(module, provider, { ...BOUND, policy: { preset: 'fapi2_message_signing' } });
      await assert.rejects(signing.authorize({ response_mode: 'query' }), { code: 'profile_unmet' });
      assert.equal((await provider.login(party(module, provider, { policy: { preset: 'oauth2_1' } }))).claims.sub, 'alice');
    });

    test('what the application may do', async () => {
      const provider = pushingProvider();
      const rp = party(module, provider, BOUND);
      const login = await rp.authorize({ authorization_details: PAYMENT });
      assert.deepEqual(JSON.parse(query(login.url).authorization_details), PAYMENT);
      const session = await rp.callback(provider.browser(login.url), login.id);
      assert.deepEqual(session.authorization_details, PAYMENT);
      assert.ok(Object.isFrozen(session.authorization_details[0]));
      assert.ok(!JSON.stringify(session).includes('12.50'), 'what somebody pays is nothing for a log');
      provider.requests.length = 0;
      await rp.refresh(session, { authorization_details: [{ type: 'account' }] });
      const sent = form(provider.requests.find(({ endpoint }) => endpoint === 'token'));
      assert.deepEqual(JSON.parse(sent.authorization_details), [{ type: 'account' }]);
      assert.deepEqual((await rp.restore(session.encoded)).authorization_details, PAYMENT);
      assert.equal((await provider.login(rp)).authorization_details, undefined);
      if (!rp.refreshToken) return;
      const { grant } = await rp.refreshToken('canary-elsewhere', 'alice', { authorization_details: PAYMENT });
      assert.deepEqual(grant.authorization_details, PAYMENT);
    });

    test('what was granted beyond what was asked for is refused', async () => {
      const provider = pushingProvider();
      const rp = party(module, provider, {});
      const { token } = provider.replies;
      provider.replies.token = (request) => {
        const { body, ...reply } = token(request);
        const granted = { ...JSON.parse(body), authorization_details: [{ type: 'everything' }] };
        return { ...reply, body: Buffer.from(JSON.stringify(granted)) };
      };
      await assert.rejects(provider.login(rp, { authorization_details: PAYMENT }), {
        name: 'ProtocolError',
        message: /authorization_details/,
      });
    });

    test('authorization details that are none are refused', async () => {
      for (const authorization_details of [PAYMENT[0], 'payment', [{ amount: 1 }], ['payment'], [], [null], null, undefined])
        await assert.rejects(party(module, pushingProvider(), {}).authorize({ authorization_details }), {
          code: 'invalid_configuration',
          message: /authorization_details/,
        });
    });
  });
}

describe('the layer without I/O', () => {
  const { Client, CallbackParams, Provider, run } = node;
  const draw = entropy();
  const started = async (registration) => {
    const provider = pushingProvider();
    const context = { clock: () => NOW, cache: new node.Cache() };
    const found = await run(Provider.discover(ISSUER, context), provider.transport);
    const client = new Client(found, { ...REGISTRATION, ...registration }, context);
    const answer = (request) => (request.kind === 'verify' ? VERIFY(request) : provider.transport(request));
    return { provider, client, answer };
  };
  let VERIFY;

  test('says which way to go', async () => {
    VERIFY = (await import('../dist/node/node.js')).nodeVerifier();
    const plain = await started({});
    assert.equal(plain.client.authorizesInSteps(), false);
    const at_once = plain.client.authorizeInSteps({}, draw(32));
    assert.equal(at_once.request, undefined);
    assert.ok(new URL(at_once.result.url).searchParams.has('state'));

    const { client, provider, answer } = await started({ require_pushed_authorization_requests: true });
    assert.equal(client.authorizesInSteps(), true);
    assert.throws(() => client.authorize({}, draw(32)), { name: 'MisuseError', code: 'proving_needed' });
    for (const odd of [undefined, null, 'x', new Uint8Array(31)])
      assert.throws(() => client.authorizeInSteps({}, odd), (error) => error instanceof TypeError || error.code === 'weak_entropy');
    const login = await run(client.authorizeInSteps({ response_mode: 'jwt' }, draw(32)), answer);
    const params = CallbackParams.parse(provider.browser(login.url));
    assert.deepEqual([params.is_signed, params.handle], [true, login.handle]);
    assert.equal(CallbackParams.parse('?code=c&state=s').is_signed, false);
    assert.equal(client.putBack(login.pending, params), undefined);
    const code = await run(client.signedCallback(login.pending, params), answer);
    assert.ok(code.decisions.some(({ check }) => check === 'signature'));
    assert.equal((await run(client.exchange(code), answer)).claims.sub, 'alice');
    assert.throws(() => client.exchange(code), TypeError);
    assert.throws(() => client.signedCallback(undefined, params), { code: 'no_pending_login' });
    assert.throws(() => client.callback(login.pending, params), { category: 'Callback' });
  });

  test('asks for the signature of a request by what it is for', async () => {
    const { client } = await started({
      signing_keys: [{ name: 'mine', alg: 'ES256', jwk: createPublicKey(keyFor('ES256')).export({ format: 'jwk' }) }],
      require_signed_request_object: true,
    });
    const flow = client.authorizeInSteps({}, draw(32));
    const { kind, key, alg, purpose, signing_input } = flow.request;
    assert.deepEqual([kind, key, alg, purpose], ['sign', 'mine', 'ES256', 'request_object']);
    assert.equal(claimsOf(Buffer.from(signing_input).toString()).iss, 'client');
    flow.resume({ signature: new Uint8Array(64) });
    assert.match(new URL(flow.result.url).searchParams.get('request'), /\.A{86}$/);
  });
});
