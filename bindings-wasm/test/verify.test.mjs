import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';

import { ImportedKeys } from '../js/algorithms.js';
import { nodeVerifier } from '../js/node_verify.js';
import { webVerifier } from '../js/verify.js';

const MESSAGE = Buffer.from('header.payload');
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = Object.fromEntries(
  ['P-256', 'P-384', 'P-521'].map((namedCurve) => [namedCurve, generateKeyPairSync('ec', { namedCurve })]),
);
const ED25519 = generateKeyPairSync('ed25519');

/** Per algorithm: the keys, and how JWS signs with them. */
const SIGNERS = {
  ...Object.fromEntries(
    [256, 384, 512].flatMap((bits) => [
      [`RS${bits}`, [RSA, `sha${bits}`, {}]],
      [`PS${bits}`, [RSA, `sha${bits}`, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 }]],
    ]),
  ),
  ES256: [EC['P-256'], 'sha256', { dsaEncoding: 'ieee-p1363' }],
  EdDSA: [ED25519, null, {}],
  Ed25519: [ED25519, null, {}],
};

function signed(alg) {
  const [{ privateKey, publicKey }, hash, options] = SIGNERS[alg];
  const signature = sign(hash, MESSAGE, { key: privateKey, ...options });
  return {
    kind: 'verify',
    alg,
    jwk: JSON.stringify(publicKey.export({ format: 'jwk' })),
    signing_input: MESSAGE,
    signature,
  };
}

for (const [name, verifier] of [
  ['WebCrypto', webVerifier()],
  ['node:crypto', nodeVerifier()],
]) {
  describe(`the verifier on ${name}`, () => {
    for (const alg of Object.keys(SIGNERS)) {
      test(`${alg}: a good signature is good`, async () => {
        assert.deepEqual(await verifier(signed(alg)), { verified: true });
      });

      test(`${alg}: a signature of another message is bad`, async () => {
        assert.deepEqual(await verifier({ ...signed(alg), signing_input: Buffer.from('other') }), {
          verified: false,
        });
      });

      test(`${alg}: a mangled signature is bad and throws nothing`, async () => {
        const { signature, ...request } = signed(alg);
        const mangled = [
          signature.subarray(0, -1),
          Buffer.concat([signature, signature]),
          Buffer.alloc(0),
          Buffer.alloc(signature.length),
        ];
        for (const bytes of mangled)
          assert.deepEqual(await verifier({ ...request, signature: bytes }), { verified: false });
      });
    }

    test('PS256 and RS256 do not stand in for each other', async () => {
      assert.deepEqual(await verifier({ ...signed('RS256'), alg: 'PS256' }), { verified: false });
      assert.deepEqual(await verifier({ ...signed('PS256'), alg: 'RS256' }), { verified: false });
    });

    test('an algorithm it does not know is no answer', async () => {
      for (const alg of ['none', 'HS256', 'constructor', 'rs256']) {
        await assert.rejects(
          async () => verifier({ ...signed('RS256'), alg }),
          /is not an algorithm of this host/,
        );
      }
    });

    test('a key that is none verifies nothing', async () => {
      const jwk = '{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}';
      assert.deepEqual(await verifier({ ...signed('ES256'), jwk }), { verified: false });
    });
  });
}

describe('imported keys', () => {
  const jwk = (n) => ({ alg: 'RS256', jwk: JSON.stringify({ n }) });

  test('are imported once', () => {
    let imports = 0;
    const keys = new ImportedKeys(() => ({ number: ++imports }));
    assert.equal(keys.get(jwk(1)), keys.get(jwk(1)));
    assert.equal(imports, 1);
  });

  test('are bounded: the oldest goes', () => {
    const imported = [];
    const keys = new ImportedKeys(({ n }) => imported.push(n), { limit: 2 });
    for (const n of [1, 2, 3, 2, 1]) keys.get(jwk(n));
    assert.deepEqual(imported, [1, 2, 3, 1]);
  });

  test('are kept per algorithm', () => {
    const keys = new ImportedKeys((_jwk, parameters) => parameters.name);
    assert.equal(keys.get(jwk(1)), 'RSASSA-PKCS1-v1_5');
    assert.equal(keys.get({ ...jwk(1), alg: 'PS256' }), 'RSA-PSS');
  });
});
