// Keys that cannot be used, and whoever holds one and answers nonsense.

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as node from '../dist/node/entry_node.js';
import * as web from '../dist/full/entry_web.js';
import { ISSUER, REGISTRATION, memoryProvider } from './memory_provider.mjs';
import { keyFor, party } from './proofs.mjs';

const { subtle } = globalThis.crypto;
const ec = keyFor('ES256');
const jwk = ec.export({ format: 'jwk' });
const generated = (...kind) => generateKeyPairSync(...kind).privateKey.export({ format: 'jwk' });
const other = generated('ec', { namedCurve: 'P-256' });
const [rsa, otherRsa] = [1, 2].map(() => generated('rsa', { modulusLength: 2048 }));
const publicJwk = createPublicKey(ec).export({ format: 'jwk' });
const encrypted = ec.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
const kms = { alg: 'ES256', sign: () => new Uint8Array(64) };
const verifying = () => subtle.importKey('jwk', publicJwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
const ecdh = async () =>
  (await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])).privateKey;

/** By name, what is no key to sign with, and what is said of it. */
const NO_KEYS = {
  'an object that is none': [{}, /is no key/],
  'a public JWK': [publicJwk, /is public: a private key is wanted/],
  'a JWK for encryption': [{ ...jwk, use: 'enc' }, /is not for signatures/],
  'a JWK set': [{ keys: [jwk] }, /is no key/],
  'a secret JWK': [{ kty: 'oct', k: 'AAAA' }, /is public: a private key is wanted/],
  'a JWK of an algorithm that nobody has': [{ ...jwk, alg: 'ES256K' }, /is for an unsupported algorithm/],
  'a JWK that is broken': [{ ...jwk, d: '!' }, /has a member that is not base64url/],
  'a JWK that is no number': [{ ...jwk, d: 7 }, /has a member that is not base64url/],
  'a JWK of another alg': [{ key: jwk, alg: 'ES384' }, /is of another type than its alg|cannot be used here/],
  'a public CryptoKey': [verifying, /is not private/],
  'a CryptoKey that does not sign': [ecdh, /may not be used to sign/],
  'a KMS without alg': [{ sign: kms.sign }, /has no text as its alg/],
  'a KMS whose kid is no text': [{ ...kms, kid: 7 }, /has no text as its kid/],
  'a KMS whose jwk is none': [{ ...kms, jwk: 'x' }, /has no object as its jwk/],
  'a key with a member that is misspelt': [{ key: jwk, kidd: 'k' }, /has an unknown member, kidd/],
  'a key whose alg is no text': [{ key: jwk, alg: null }, /has no text as its alg/],
  'a key of nothing': [{ key: undefined }, /is no key/],
  'a function that yields nothing': [() => undefined, /is no key/],
  'a function that yields a function': [() => () => kms, /is no key/],
};
const NO_NODE_KEYS = {
  'text that is no PEM': ['secret-text', /is text that is no private key in PEM/],
  'PEM that is encrypted': [encrypted, /is encrypted: decrypt it with openssl pkcs8/],
  'PEM of a public key': [
    createPublicKey(ec).export({ format: 'pem', type: 'spki' }),
    /is text that is no private key in PEM/,
  ],
  'a JWK of which the private half is nothing': [{ ...jwk, d: 'A'.repeat(43) }, /halves that do not belong together|no private key/],
  'a JWK whose halves are of two keys': [{ ...jwk, d: other.d }, /has halves that do not belong together/],
  'a JWK whose moduli are of two keys': [{ ...rsa, n: otherRsa.n }, /has halves that do not belong together|no private key/],
  'a public KeyObject': [createPublicKey(ec), /is not private/],
  'a KeyObject of another curve': [
    generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
    /is for an unsupported algorithm/,
  ],
  'a KeyObject that does not sign': [generateKeyPairSync('x25519').privateKey, /is for an unsupported algorithm/],
  'PEM of another alg': [{ key: ec, alg: 'RS256' }, /is of another type than its alg/],
};

for (const [build, module, given] of [
  ['node', node, { ...NO_KEYS, ...NO_NODE_KEYS }],
  ['workers', web, { ...NO_KEYS, 'PEM text': [ec.export({ format: 'pem', type: 'pkcs8' }), /is text, which Node alone reads/] }],
]) {
  describe(`refused, with a reason: ${build}`, () => {
    for (const [name, [key, reason]] of Object.entries(given)) {
      for (const option of ['signing_keys', 'dpop_keys']) {
        test(`${name}, among ${option}`, async () => {
          const rp = party(module, { transport: () => assert.fail('nobody is asked') }, { [option]: [kms, key].slice(option === 'dpop_keys') });
          await assert.rejects(rp.authorize(), (error) => {
            assert.deepEqual([error.name, error.code, error.details.member], ['ConfigurationError', 'invalid_configuration', option]);
            assert.match(error.details.reason, reason);
            for (const secret of [jwk.d, encrypted, 'secret-text']) assert.ok(!inspect(error, { depth: 9 }).includes(secret));
            return true;
          });
        });
      }
    }

    test('a DPoP key whose public half nobody knows', async () => {
      const { privateKey } = await module.generateDpopKey();
      for (const key of [kms, privateKey]) {
        const rp = party(module, memoryProvider(), { dpop_keys: [key] });
        for (const time of [1, 2])
          await assert.rejects(rp.authorize(), { code: 'invalid_configuration', message: /dpop_keys.*public JWK is not known/ }, time);
      }
    });

    test('an RSA key that is too short', async () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
      const rp = party(module, memoryProvider(), { signing_keys: [privateKey.export({ format: 'jwk' })] });
      await assert.rejects(rp.authorize(), { code: 'invalid_configuration', message: /shorter than 2048 bits/ });
    });

    test('a list that is none, or empty', () => {
      for (const option of ['signing_keys', 'dpop_keys'])
        for (const list of [[], kms, 'x', {}, [null], [7], [[kms]], [, kms]])
          assert.throws(() => party(module, memoryProvider(), { [option]: list }), { code: 'invalid_configuration', message: new RegExp(option) });
    });

    test('a type of assertions without assertions', async () => {
      const rp = party(module, memoryProvider(), { client_assertion_type: 'urn:x:y' });
      await assert.rejects(rp.authorize(), { code: 'invalid_configuration', message: /client_assertion\].*is missing/ });
    });

    test('an alg that is another than the key’s', async () => {
      const rp = party(module, memoryProvider(), { signing_keys: [kms], token_endpoint_auth_signing_alg: 'PS256' });
      await assert.rejects(rp.authorize(), { code: 'invalid_configuration', message: /token_endpoint_auth_signing_alg/ });
    });
  });
}

test('what is wrong beside the keys is refused by the constructor', () => {
  const options = { issuer: ISSUER, ...REGISTRATION, signing_keys: [kms] };
  for (const wrong of [
    { redirect_uri: '/cb' },
    { client_assertion_audience: 'somebody' },
    { token_endpoint_auth_method: 'none', client_secret: 'x' },
    { token_endpoint_auth_signing_alg: 'none' },
  ])
    assert.throws(() => new node.RelyingParty({ ...options, ...wrong }), { code: 'invalid_configuration' });
});

describe('whoever holds a key', () => {
  const finished = (sign, more) => {
    const provider = memoryProvider();
    return provider.login(party(node, provider, { signing_keys: [{ ...kms, sign, ...more }] }));
  };

  test('k7_and answers in DER or with too few bytes is told so', async () => {
    const der = new Uint8Array(71).fill(1);
    der[0] = 0x30;
    await assert.rejects(finished(() => der), { code: 'signature_unusable', message: /in DER, and JWS wants r and s alone/ });
    for (const length of [0, 63, 65])
      await assert.rejects(finished(() => new Uint8Array(length)), { code: 'signature_unusable', message: /wrong length/ });
  });

  test('and yields no bytes, or throws, is not reached', async () => {
    for (const answer of [undefined, null, 'x', [1, 2], new Uint16Array(32), {}])
      await assert.rejects(finished(() => answer), { name: 'TransportError', code: 'unreachable', message: /yielded no Uint8Array/ });
    const cause = new Error('the HSM is away');
    const thrown = () => {
      throw cause;
    };
    for (const sign of [thrown, async () => thrown()])
      await assert.rejects(finished(sign), (error) => {
        assert.deepEqual([error.code, error.details.endpoint, error.details.reason], ['unreachable', 'client_assertion', 'the HSM is away']);
        assert.equal(error.cause, cause);
        return true;
      });
  });

  test('is asked for one signature with one algorithm, and shown nothing else', async () => {
    const asked = [];
    await finished((...given) => (asked.push(given), new Uint8Array(64)));
    assert.equal(asked.length, 1);
    const [[input, alg, ...more]] = asked;
    assert.deepEqual([alg, more], ['ES256', []]);
    const [header] = Buffer.from(input).toString().split('.');
    assert.equal(JSON.parse(Buffer.from(header, 'base64url')).typ, 'client-authentication+jwt');
  });
});
