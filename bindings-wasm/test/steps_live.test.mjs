// Logins whose requests are pushed or signed and whose responses are signed, authorization details, and calls of an API, at the
// certified provider.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Browser, startProvider } from './op.mjs';
import { installPackage } from './packed.mjs';
import { keyFor } from './proofs.mjs';

const REDIRECT = 'http://127.0.0.1:9/cb';
const PAYMENT = [{ type: 'payment', amount: '12.50' }];
const API = { resource: 'https://api.example', scopes: ['openid', 'api'] };

let installed;
let op;
before(async () => {
  installed = installPackage();
  op = await startProvider();
});
after(() => {
  op.stop();
  installed.remove();
});

const named = (alg) => ({ key: keyFor(alg), alg, kid: `of-${alg}` });
const publicJwk = (alg) => ({ ...createPublicKey(keyFor(alg)).export({ format: 'jwk' }), use: 'sig', kid: `of-${alg}`, alg });
const parameters = (url) => Object.fromEntries(new URL(url).searchParams);
const statuses = async (...paths) =>
  (await op.control('requests')).filter(({ path }) => paths.includes(path)).map(({ path, status }) => [path, status]);

/** Registers a client with a key, and is it. */
async function client(module, metadata, options, alg = 'ES256') {
  const { client_id, client_secret } = await op.control('register', {
    application_type: 'native',
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: 'private_key_jwt',
    ...(!metadata.token_endpoint_auth_method && { jwks: { keys: [publicJwk(alg)] } }),
    ...metadata,
  });
  return new module.RelyingParty({
    issuer: op.issuer,
    allow_insecure_loopback: true,
    client_id,
    redirect_uri: REDIRECT,
    ...(metadata.token_endpoint_auth_method ? client_secret && { client_secret } : { signing_keys: [named(alg)] }),
    ...options,
  });
}

/** Logs in, and yields the session, where the login led and where it came back. */
async function logIn(rp, request = {}) {
  const { url, id } = await rp.authorize(request);
  const back = await new Browser().login(url, REDIRECT);
  return { url, back, session: await rp.callback(back, id) };
}

const PUSHED = { require_pushed_authorization_requests: true };
const SIGNED = { require_signed_request_object: true };

for (const name of ['relyingparty', 'relyingparty/full']) {
  describe(name, () => {
    let module;
    before(async () => (module = await installed.load(name)));

    test('par: a pushed request with a key and bound tokens, whose nonce is asked for once', async () => {
      const metadata = { ...PUSHED, dpop_bound_access_tokens: true };
      const rp = await client(module, metadata, { ...PUSHED, dpop_keys: [await module.generateDpopKey()] });
      await op.control('nonces');
      await op.control('requests');
      const { url, session } = await logIn(rp, { login_hint: 'alice', return_to: '/inbox' });
      assert.deepEqual(Object.keys(parameters(url)).sort(), ['client_id', 'request_uri']);
      assert.deepEqual([session.claims.sub, session.return_to, session.token_type], ['alice', '/inbox', 'DPoP']);
      assert.deepEqual(await statuses('/request', '/token'), [['/request', 400], ['/request', 201], ['/token', 200]]);
      const refreshed = await rp.refresh(session);
      assert.equal((await rp.userinfo(refreshed)).claims.name, 'Alice Example');
    });

    for (const token_endpoint_auth_method of ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt'])
      test(`par: so does a client of ${token_endpoint_auth_method}`, async () => {
        const rp = await client(module, { ...PUSHED, token_endpoint_auth_method }, { ...PUSHED, token_endpoint_auth_method });
        assert.equal((await logIn(rp)).session.claims.sub, 'alice');
      });

    test('k5_par: the provider refuses a request in the open', async () => {
      const rp = await client(module, PUSHED, {});
      await assert.rejects(logIn(rp), { name: 'ProviderError', error: 'invalid_request' });
    });

    test('par: what the provider refuses is said at once', async () => {
      const rp = await client(module, {}, PUSHED);
      const refused = rp.authorize({ authorization_details: [{ type: 'unheard of' }] });
      await assert.rejects(refused, { name: 'ProviderError', error: 'invalid_authorization_details' });
    });

    for (const alg of ['ES256', 'EdDSA', 'PS256', 'RS256'])
      for (const push of [true, false])
        test(`jar: with ${alg}, ${push ? 'pushed' : 'by value'}`, async () => {
          const demands = { ...SIGNED, require_pushed_authorization_requests: push };
          const rp = await client(module, { ...demands, request_object_signing_alg: alg }, demands, alg);
          const { url, session } = await logIn(rp, { max_age: 600, claims: { id_token: { email: null } } });
          const sent = parameters(url);
          assert.ok((push ? 'request_uri' : 'request') in sent);
          for (const name of ['state', 'nonce', 'code_challenge']) assert.ok(!(name in sent), name);
          assert.equal(session.claims.email, 'alice@example.test');
          assert.ok(session.claims.auth_time > 0);
        });

    for (const authorization_signed_response_alg of ['RS256', 'PS256', 'ES256', 'EdDSA'])
      test(`jarm: with ${authorization_signed_response_alg}`, async () => {
        const how = { authorization_signed_response_alg };
        const rp = await client(module, how, { ...how, ...PUSHED });
        const { back, session } = await logIn(rp, { response_mode: 'jwt' });
        assert.deepEqual(Object.keys(parameters(back)), ['response']);
        assert.equal(session.claims.sub, 'alice');
      });

    test('jarm: with another algorithm than the client’s it is refused', async () => {
      const rp = await client(module, { authorization_signed_response_alg: 'RS256' }, { authorization_signed_response_alg: 'ES256' });
      await assert.rejects(logIn(rp, { response_mode: 'jwt' }), { name: 'TokenError', code: 'alg_refused' });
    });

    test('jarm: a refusal is signed as well', async () => {
      const rp = await client(module, {}, {});
      const { url, id } = await rp.authorize({ response_mode: 'jwt', prompt: 'none' });
      const back = await new Browser().login(url, REDIRECT);
      assert.deepEqual(Object.keys(parameters(back)), ['response']);
      await assert.rejects(rp.callback(back, id), { name: 'ProviderError', error: 'login_required' });
    });

    for (const push of [true, false])
      test(`rar: what the application may do, ${push ? 'pushed' : 'in the open'}`, async () => {
        const options = { require_pushed_authorization_requests: push };
        const rp = await client(module, { authorization_details_types: ['payment'] }, options);
        const { session } = await logIn(rp, { authorization_details: PAYMENT, ...API });
        assert.deepEqual(session.authorization_details, PAYMENT);
        const refreshed = await rp.refresh(await rp.restore(session.encoded));
        assert.deepEqual(refreshed.authorization_details, PAYMENT);
        assert.equal((await logIn(rp)).session.authorization_details, undefined);
      });

    test('all of it at once: par, jar, jarm, rar and dpop with a required nonce', async () => {
      const demands = { ...PUSHED, ...SIGNED };
      const metadata = { ...demands, dpop_bound_access_tokens: true, authorization_details_types: ['payment'] };
      const rp = await client(module, metadata, { ...demands, dpop_keys: [named('EdDSA')] });
      const { url, back, session } = await logIn(rp, { response_mode: 'jwt', authorization_details: PAYMENT, ...API });
      assert.deepEqual(Object.keys(parameters(url)).sort(), ['client_id', 'request_uri']);
      assert.deepEqual(Object.keys(parameters(back)), ['response']);
      assert.deepEqual([session.token_type, session.authorization_details], ['DPoP', PAYMENT]);
      assert.equal((await rp.refresh(session)).dpop_jkt, session.dpop_jkt);
    });

    for (const preset of ['fapi2', 'fapi2_message_signing'])
      test(`${preset}: a login, an api and a refresh`, async () => {
        const redirect_uri = 'https://app.example/cb';
        const metadata = {
          ...PUSHED,
          application_type: 'web',
          redirect_uris: [redirect_uri],
          dpop_bound_access_tokens: true,
          id_token_signed_response_alg: 'ES256',
          authorization_signed_response_alg: 'ES256',
          ...(preset === 'fapi2_message_signing' && SIGNED),
        };
        const options = { policy: { preset }, redirect_uri, dpop_keys: [named('EdDSA')], api_origins: [op.issuer] };
        const rp = await client(module, metadata, options, 'PS256');
        const { url, id } = await rp.authorize();
        assert.deepEqual(Object.keys(parameters(url)).sort(), ['client_id', 'request_uri']);
        const back = await new Browser().login(url, redirect_uri);
        assert.equal('response' in parameters(back), preset === 'fapi2_message_signing');
        const session = await rp.callback(back, id);
        assert.equal((await rp.call(session, { url: `${op.issuer}/me` })).status, 200);
        const refreshed = await rp.refresh(session);
        assert.equal((await rp.userinfo(refreshed)).claims.name, 'Alice Example');
      });

    test('an api is called with a bound token and the nonce that it asks for', async () => {
      const options = { dpop_keys: [await module.generateDpopKey()], api_origins: [op.issuer] };
      const rp = await client(module, { dpop_bound_access_tokens: true }, options);
      const { session } = await logIn(rp);
      const me = `${op.issuer}/me`;
      for (const send of [
        async () => JSON.parse(Buffer.from((await rp.call(session, { url: me, headers: { accept: 'application/json' } })).body)),
        async () => (await rp.fetchAs(session)(me)).json(),
      ]) {
        await op.control('nonces');
        await op.control('requests');
        assert.equal((await send()).sub, 'alice');
        assert.deepEqual(await statuses('/me'), [['/me', 401], ['/me', 200]]);
      }
      await assert.rejects(rp.call(session, { url: 'https://elsewhere.example/' }), { code: 'origin_not_allowed' });
    });

    test('an api that refuses a token says why', async () => {
      const rp = await client(module, {}, { api_origins: [op.issuer] });
      const { session } = await logIn(rp, API);
      const { status, challenge } = await rp.call(session, { url: `${op.issuer}/me` });
      assert.deepEqual([status, challenge.scheme, challenge.error], [401, 'Bearer', 'invalid_token']);
      const response = await rp.fetchAs(session)(`${op.issuer}/me`);
      assert.match(response.headers.get('www-authenticate'), /invalid_token/);
    });
  });
}
