// Clients that prove themselves with keys.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as full from '../dist/full/entry_node.js';
import * as node from '../dist/node/entry_node.js';
import * as web from '../dist/full/entry_web.js';
import { ISSUER, NOW, REGISTRATION, memoryProvider } from './memory_provider.mjs';
import { ALGS, form, keyFor, opened, party } from './proofs.mjs';

const { subtle } = globalThis.crypto;
const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const ec = keyFor('ES256');
const jwk = (key = ec) => key.export({ format: 'jwk' });
const pem = (key = ec) => key.export({ format: 'pem', type: 'pkcs8' });
const webKey = (extractable = false) => subtle.importKey('jwk', jwk(), EC, extractable, ['sign']);
const webPair = async () => ({
  privateKey: await webKey(),
  publicKey: await subtle.importKey('jwk', createPublicKey(ec).export({ format: 'jwk' }), EC, true, ['verify']),
});
const kms = {
  alg: 'ES256',
  kid: 'k',
  jwk: createPublicKey(ec).export({ format: 'jwk' }),
  sign: (input) => sign('sha256', input, { key: ec, dsaEncoding: 'ieee-p1363' }),
};
/** By name, the same key in each form in which a client may have it. */
const FORMS = {
  'a CryptoKey': webKey,
  'a CryptoKey with its kid': async () => ({ key: await webKey(), kid: 'k' }),
  'a CryptoKeyPair': webPair,
  'a CryptoKeyPair with its kid': async () => ({ key: await webPair(), kid: 'k' }),
  'a JWK': () => ({ ...jwk(), kid: 'k', alg: 'ES256', key_ops: ['sign'], use: 'sig' }),
  'a JWK with its kid beside': () => ({ key: jwk(), kid: 'k' }),
  'a KMS': () => kms,
  'a KMS that answers later': () => ({ ...kms, sign: async (input) => new Uint8Array(kms.sign(input)).buffer }),
  'a KMS that is an object of a class': () => new (class { #key = kms; get alg() { return 'ES256'; } sign(input) { return this.#key.sign(input); } })(),
  'a function': () => webPair,
};
const NODE_FORMS = {
  'PEM': pem,
  'PEM with its kid': () => ({ key: pem(), kid: 'k', alg: 'ES256' }),
  'PEM of SEC 1': () => ec.export({ format: 'pem', type: 'sec1' }),
  'a KeyObject': () => ec,
  'a KeyObject with its kid': () => ({ key: ec, kid: 'k' }),
  'a pair of KeyObjects': () => ({ privateKey: ec, publicKey: createPublicKey(ec) }),
};

async function loggedIn(module, options) {
  const provider = memoryProvider();
  const rp = party(module, provider, options);
  const session = await provider.login(rp);
  return { provider, rp, session, sent: provider.requests.filter(({ endpoint }) => endpoint === 'token') };
}

for (const [build, module, forms] of [
  ['node', node, { ...FORMS, ...NODE_FORMS }],
  ['full', full, { ...FORMS, ...NODE_FORMS }],
  ['full for workers', web, FORMS],
]) {
  describe(`private_key_jwt: ${build}`, () => {
    for (const [name, key] of Object.entries(forms)) {
      test(`signs with ${name}`, async () => {
        const { sent, session } = await loggedIn(module, { signing_keys: [await key()] });
        const asked = form(sent[0]);
        const { header, claims } = opened(asked.client_assertion, createPublicKey(ec));
        const kid = name.includes('kid') || ['a JWK', 'a KMS', 'a KMS that answers later'].includes(name) ? { kid: 'k' } : {};
        assert.deepEqual(header, { typ: 'client-authentication+jwt', alg: 'ES256', ...kid });
        assert.deepEqual(
          { ...claims, jti: typeof claims.jti },
          { iss: 'client', sub: 'client', aud: ISSUER, jti: 'string', iat: NOW, exp: NOW + 60 },
        );
        assert.deepEqual(
          [asked.client_id, asked.client_assertion_type, asked.client_secret],
          ['client', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', undefined],
        );
        assert.equal(session.claims.sub, 'alice');
      });
    }

    for (const alg of ALGS) {
      test(`signs with ${alg}`, async () => {
        const key = keyFor(alg);
        const { sent } = await loggedIn(module, { signing_keys: [{ key: jwk(key), alg }] });
        const { header } = opened(form(sent[0]).client_assertion, createPublicKey(key));
        assert.equal(header.alg, alg);
      });
    }

    test('each request has an assertion of its own', async () => {
      const { rp, session, provider } = await loggedIn(module, { signing_keys: [kms] });
      await rp.refresh(session);
      const jtis = provider.requests
        .filter(({ endpoint }) => endpoint === 'token')
        .map((request) => opened(form(request).client_assertion, createPublicKey(ec)).claims.jti);
      assert.equal(new Set(jtis).size, 2);
    });

    test('the first key signs, and all are published', async () => {
      const provider = memoryProvider();
      const next = { key: jwk(keyFor('EdDSA')), kid: 'next' };
      const rp = party(module, provider, { signing_keys: [kms, next] });
      const { keys } = await rp.jwks();
      assert.deepEqual(provider.requests, [], 'the provider is asked nothing');
      assert.deepEqual(keys.map(({ kid, alg, use }) => [kid, alg, use]), [['k', 'ES256', 'sig'], ['next', 'EdDSA', 'sig']]);
      for (const key of keys) assert.ok(!('d' in key));
      await provider.login(rp);
      const { header } = opened(form(provider.requests.find(({ endpoint }) => endpoint === 'token')).client_assertion, createPublicKey(ec));
      assert.equal(header.kid, 'k');
      assert.deepEqual(await party(module, provider, {}).jwks(), { keys: [] });
    });

    test('an audience that is the token endpoint’s URL is an option that has a name', async () => {
      const { sent } = await loggedIn(module, { signing_keys: [kms], client_assertion_audience: 'token_endpoint' });
      assert.equal(opened(form(sent[0]).client_assertion, createPublicKey(ec)).claims.aud, `${ISSUER}/token`);
    });

    test('keys are looked for when they are first needed, and once', async () => {
      let asked = 0;
      const source = async () => ((asked += 1), kms);
      const rp = party(module, memoryProvider(), { signing_keys: [source] });
      assert.equal(asked, 0);
      await Promise.all([rp.authorize(), rp.authorize(), rp.jwks()]);
      await rp.authorize();
      assert.equal(asked, 1);
    });

    test('keys that could not be had are looked for again', async () => {
      const cause = new Error('the KMS is away');
      let asked = 0;
      const source = () => {
        if ((asked += 1) === 1) throw cause;
        return kms;
      };
      const rp = party(module, memoryProvider(), { signing_keys: [source] });
      await assert.rejects(rp.authorize(), (error) => {
        assert.deepEqual([error.code, error.details.member], ['invalid_configuration', 'signing_keys']);
        assert.equal(error.cause, cause);
        return true;
      });
      assert.ok((await rp.authorize()).url);
    });

    test('create has the keys at hand', async () => {
      const options = { issuer: ISSUER, ...REGISTRATION, transport: () => assert.fail('nobody is asked') };
      assert.ok(await module.RelyingParty.create({ ...options, signing_keys: [kms] }));
      const refused = module.RelyingParty.create({ ...options, signing_keys: [{}] });
      await assert.rejects(refused, { code: 'invalid_configuration', message: /signing_keys.*have one that is no key/ });
    });
  });
}
