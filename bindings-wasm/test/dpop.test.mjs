// Access tokens that are bound to a key (RFC 9449).

import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';

import * as full from '../dist/full/entry_node.js';
import * as node from '../dist/node/entry_node.js';
import * as web from '../dist/full/entry_web.js';
import { ISSUER, NOW, REGISTRATION, entropy, memoryProvider } from './memory_provider.mjs';
import { dpopProvider, form, header, keyFor, opened, party } from './proofs.mjs';

const BUILDS = { node, full, workers: web };
const thumbprint = ({ crv, kty, x, y }) =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');

for (const [build, module] of Object.entries(BUILDS)) {
  describe(`dpop: ${build}`, () => {
    test('a key that cannot be exported is enough', async () => {
      const pair = await module.generateDpopKey();
      assert.deepEqual([pair.privateKey.extractable, pair.privateKey.algorithm.namedCurve], [false, 'P-256']);
      const provider = dpopProvider();
      const rp = party(module, provider, { dpop_keys: [pair] });
      const { url } = await rp.authorize();
      const jwk = await globalThis.crypto.subtle.exportKey('jwk', pair.publicKey);
      assert.equal(new URL(url).searchParams.get('dpop_jkt'), thumbprint(jwk));
      const session = await provider.login(rp);
      assert.deepEqual([session.token_type, session.dpop_jkt], ['DPoP', thumbprint(jwk)]);
      const { header, claims } = provider.proofs.at(-1);
      const { crv, kty, x, y } = jwk;
      assert.deepEqual(header, { typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, kty, x, y } });
      assert.deepEqual(
        { ...claims, jti: typeof claims.jti },
        { jti: 'string', htm: 'POST', htu: `${ISSUER}/token`, iat: NOW, nonce: 'n-1' },
      );
    });

    test('a nonce costs one round trip, and is remembered in the cache that all share', async () => {
      const provider = dpopProvider();
      const options = { dpop_keys: [keyFor('ES256').export({ format: 'jwk' })], cache: new module.Cache() };
      const rp = party(module, provider, options);
      const session = await provider.login(rp);
      const counts = (endpoint) => provider.requests.filter((request) => request.endpoint === endpoint).length;
      assert.deepEqual([counts('token'), counts('userinfo')], [2, 0]);
      assert.ok(session.decisions.some(({ check, passed }) => check === 'dpop_nonce' && passed));
      await rp.userinfo(session);
      const refreshed = await rp.refresh(session);
      const another = party(module, provider, options);
      await another.refresh(await another.restore(refreshed.encoded));
      assert.deepEqual([counts('token'), counts('userinfo')], [4, 1]);
      const jtis = provider.proofs.map(({ claims }) => claims.jti);
      assert.equal(new Set(jtis).size, jtis.length, 'no proof is sent twice');

      const fresh = party(module, provider, { ...options, cache: new module.Cache() });
      await fresh.userinfo(await fresh.restore(refreshed.encoded));
      assert.equal(counts('userinfo'), 3, 'the loss of the cache costs one round trip');
    });

    test('userinfo is asked for with a proof of the token', async () => {
      const provider = dpopProvider();
      const rp = party(module, provider, { dpop_keys: [keyFor('ES256').export({ format: 'jwk' })] });
      assert.equal((await rp.userinfo(await provider.login(rp))).claims.sub, 'alice');
      const sent = provider.requests.findLast(({ endpoint }) => endpoint === 'userinfo');
      assert.equal(header(sent, 'authorization'), 'DPoP canary-access');
      const { claims } = opened(header(sent, 'dpop'));
      assert.deepEqual([claims.htm, claims.htu], ['GET', `${ISSUER}/userinfo`]);
      assert.equal(claims.ath, createHash('sha256').update('canary-access').digest('base64url'));
    });

    test('a nonce is asked for once', async () => {
      const provider = dpopProvider({ nonces: ['n-1', 'n-2', 'n-3'] });
      const rp = party(module, provider, { dpop_keys: [keyFor('ES256').export({ format: 'jwk' })] });
      await assert.rejects(provider.login(rp), { name: 'ProtocolError', code: 'dpop_nonce_refused' });
      assert.equal(provider.proofs.length, 2);
    });

    test('the retry has an assertion of its own too', async () => {
      const provider = dpopProvider();
      const key = keyFor('EdDSA');
      const rp = party(module, provider, {
        dpop_keys: [keyFor('ES256').export({ format: 'jwk' })],
        signing_keys: [key.export({ format: 'jwk' })],
      });
      await provider.login(rp);
      const jtis = provider.requests
        .filter(({ endpoint }) => endpoint === 'token')
        .map((request) => opened(form(request).client_assertion, createPublicKey(key)).claims.jti);
      assert.deepEqual([jtis.length, new Set(jtis).size], [2, 2]);
    });

    test('a bearer token is no answer to a proof', async () => {
      const provider = memoryProvider();
      const rp = party(module, provider, { dpop_keys: [await module.generateDpopKey()] });
      await assert.rejects(provider.login(rp), { name: 'ProtocolError', code: 'token_not_bound' });
    });

    test('a session serves with its own key alone', async () => {
      const provider = dpopProvider();
      const [first, second] = [await module.generateDpopKey(), await module.generateDpopKey()];
      const session = await provider.login(party(module, provider, { dpop_keys: [first] }));
      const rotated = party(module, provider, { dpop_keys: [second, first] });
      const refreshed = await rotated.refresh(await rotated.restore(session.encoded));
      assert.equal(refreshed.dpop_jkt, session.dpop_jkt);
      const sent = provider.requests.length;
      for (const options of [{ dpop_keys: [second] }, {}]) {
        const rp = party(module, provider, { ...options, cache: rotated.cache });
        const kept = await rp.restore(refreshed.encoded);
        for (const verb of ['refresh', 'userinfo'])
          await assert.rejects(rp[verb](kept), { name: 'MisuseError', code: 'dpop_key_mismatch' });
      }
      assert.equal(provider.requests.length, sent, 'the token is sent to nobody');
    });

    test('calls for one session at the same time are one refresh', async () => {
      const provider = dpopProvider();
      const rp = party(module, provider, { dpop_keys: [await module.generateDpopKey()] });
      const session = await provider.login(rp);
      const before = provider.requests.length;
      const all = await Promise.all([rp.refresh(session), rp.refresh(session), rp.refresh(session)]);
      assert.equal(new Set(all).size, 1);
      assert.equal(provider.requests.length, before + 1);
    });
  });
}

test('nothing is drawn for a client that proves nothing', async () => {
  const drawn = async (options) => {
    const draw = entropy();
    let draws = 0;
    const provider = options.dpop_keys ? dpopProvider() : memoryProvider();
    const rp = party(node, provider, { entropy: (length) => ((draws += 1), draw(length)), ...options });
    const session = await provider.login(rp);
    await rp.userinfo(session);
    await rp.refresh(session);
    return draws;
  };
  assert.equal(await drawn({}), 1);
  assert.equal(await drawn({ client_secret: 's' }), 1);
  assert.equal(await drawn({ dpop_keys: [await node.generateDpopKey()] }), 4);
  assert.equal(await drawn({ signing_keys: [keyFor('ES256')] }), 4);
});

test('where no storage is, the verb that needs the key says so, and again when it is asked again', async () => {
  const rp = party(node, memoryProvider(), { dpop_keys: [node.dpopKeyStore()] });
  for (const verb of ['authorize', 'jwks'])
    await assert.rejects(rp[verb](), (error) => {
      assert.deepEqual([error.name, error.code, error.retryable], ['ConfigurationError', 'store_failed', false]);
      assert.equal(error.details.operation, 'dpop_key');
      assert.ok(error.cause instanceof TypeError);
      return true;
    });
  for (const options of [null, { name: 7 }, { nam: 'x' }])
    assert.throws(() => node.dpopKeyStore(options), { code: 'invalid_configuration' });
});

describe('the sans-IO layer', () => {
  const metadata = JSON.stringify({
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/auth`,
    token_endpoint: `${ISSUER}/token`,
    userinfo_endpoint: `${ISSUER}/userinfo`,
    jwks_uri: `${ISSUER}/jwks`,
  });
  const jwk = createPublicKey(keyFor('ES256')).export({ format: 'jwk' });
  const started = (registration, ...fresh) => {
    const provider = node.Provider.fromMetadata(ISSUER, metadata);
    const client = new node.Client(provider, { ...REGISTRATION, ...registration }, { clock: () => NOW });
    const { url, pending } = client.authorize({}, entropy()(32));
    const state = new URL(url).searchParams.get('state');
    const code = client.callback(pending, node.CallbackParams.parse(`?code=c&state=${state}`));
    return { client, code, flow: () => client.exchange(code, {}, ...fresh) };
  };

  test('asks for each signature by the name of its key', () => {
    const { client, flow } = started({ dpop_keys: [{ name: 'mine', alg: 'ES256', jwk }] }, new Uint8Array(32).map((_, at) => at));
    assert.ok(client.needsEntropy());
    const exchange = flow();
    const { kind, key, alg, purpose, signing_input } = exchange.request;
    assert.deepEqual([kind, key, alg, purpose], ['sign', 'mine', 'ES256', 'dpop_proof']);
    assert.ok(!JSON.stringify(exchange.request).includes('signing_input'));
    assert.match(Buffer.from(signing_input).toString(), /^[\w-]+\.[\w-]+$/);
    exchange.resume({ signature: new Uint8Array(64) });
    assert.equal(exchange.request.kind, 'http');
    assert.match(header(exchange.request, 'dpop'), /^[\w-]+\.[\w-]+\.A{86}$/);
  });

  test('asks for assertions, and sends them as they are', () => {
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';
    const { flow } = started({ client_assertion_type: type }, new Uint8Array(32).map((_, at) => at));
    const exchange = flow();
    assert.deepEqual({ ...exchange.request }, { kind: 'assertion', assertion_type: type, audience: ISSUER });
    exchange.resume({ assertion: 'a.b.c' });
    const { client_assertion, client_assertion_type } = form(exchange.request);
    assert.deepEqual([client_assertion, client_assertion_type], ['a.b.c', type]);
  });

  test('proves nothing without entropy, and keeps none for later', () => {
    const { client, code, flow } = started({ signing_keys: [{ name: 'mine', alg: 'ES256', jwk }] });
    assert.deepEqual(client.jwks(), { keys: [{ ...jwk, alg: 'ES256', use: 'sig' }] });
    for (const weak of [new Uint8Array(32), new Uint8Array(31).map((_, at) => at)])
      assert.throws(() => client.exchange(code, {}, weak), { code: 'weak_entropy' });
    for (const odd of [null, 'x', [1], new Uint16Array(32)])
      assert.throws(() => client.exchange(code, {}, odd), TypeError);
    assert.throws(flow, { name: 'MisuseError', code: 'entropy_missing' });
  });

  test('refuses replies of another kind', () => {
    const fresh = new Uint8Array(32).map((_, at) => at);
    const asked = () => started({ signing_keys: [{ name: 'mine', alg: 'ES256', jwk }] }, fresh).flow();
    for (const reply of [{ assertion: 'a' }, { verified: true }, { status: 200, headers: [], body: new Uint8Array() }])
      assert.throws(() => asked().resume(reply), { code: 'wrong_reply' });
    for (const reply of [{ signature: 'x' }, { signature: undefined }, { signature: [1] }])
      assert.throws(() => asked().resume(reply), TypeError);
    assert.throws(() => asked().resume({ unsupported: true }), { code: 'unsupported_request' });
    const plain = started({}, undefined).flow();
    assert.throws(() => plain.resume({ signature: new Uint8Array(64) }), { code: 'wrong_reply' });
  });

  test('a client that proves nothing has no use for entropy', () => {
    const { client, flow } = started({}, new Uint8Array(32).map((_, at) => at));
    assert.equal(client.needsEntropy(), false);
    assert.equal(flow().request.kind, 'http');
  });
});
