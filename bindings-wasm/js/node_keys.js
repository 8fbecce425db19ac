// The keys of Node: PEM text, JWK and `KeyObject`, signed with by `node:crypto`, off the thread that asks.

import { KeyObject, constants, createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';

import { ALGORITHMS } from './algorithms.js';
import { Unusable, heldKeys } from './keys.js';

/** The algorithms of a key by its type, or by its curve where it has one: the usual one first. */
const ALGS = new Map([
  ['rsa', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['rsa-pss', ['PS256', 'PS384', 'PS512']],
  ['ed25519', ['EdDSA', 'Ed25519']],
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
  ['secp521r1', ['ES512']],
]);

/** As `heldKeys`, with the keys of Node. */
export const nodeKeys = (...given) => heldKeys(...given, NODE);

const NODE = {
  __proto__: null,
  text(text) {
    if (text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----'))
      throw new Unusable('is encrypted: decrypt it with openssl pkcs8, or give a KeyObject');
    return ofKeyObject(privateKey({ __proto__: null, key: text, format: 'pem' }, 'is text that is no private key in PEM'));
  },
  jwk: (jwk) => ofKeyObject(privateKey({ __proto__: null, key: jwk, format: 'jwk' }, 'is a JWK that is no private key')),
  object: (value) => (value instanceof KeyObject ? ofKeyObject(value) : undefined),
};

function privateKey(given, reason) {
  try {
    return createPrivateKey(given);
  } catch {
    // What OpenSSL says of it helps nobody.
    throw new Unusable(reason);
  }
}

function ofKeyObject(key) {
  if (key.type !== 'private') throw new Unusable('is not private');
  const algs = ALGS.get(key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType);
  if (!algs) throw new Unusable('is for an unsupported algorithm');
  const publicKey = createPublicKey(key);
  if (!isWhole(key, publicKey, algs[0])) throw new Unusable('has halves that do not belong together');
  return {
    __proto__: null,
    algs,
    jwk: jwkOf(publicKey),
    sign: (signing_input, alg) => signed(key, signing_input, alg),
  };
}

/** Whether the halves of a key belong together: Node makes a key of any two that a JWK has. */
function isWhole(key, publicKey, alg) {
  const [hash, probe] = [hashOf(alg), randomBytes(32)];
  return verify(hash, probe, how(publicKey, alg), sign(hash, probe, how(key, alg)));
}

/** The public half as Node has it; of some types it has no JWK. */
function jwkOf(publicKey) {
  try {
    return publicKey.export({ __proto__: null, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function signed(key, signing_input, alg) {
  return new Promise((resolve, reject) => {
    const done = (error, signature) => (error ? reject(error) : resolve(signature));
    sign(hashOf(alg), signing_input, how(key, alg), done);
  });
}

const hashOf = (alg) => ALGORITHMS.get(alg).hash?.replace('-', '').toLowerCase() ?? null;

/** As JWS has signatures: of ECDSA r and s, of PSS with a salt as long as the hash (RFC 7518 3.4, 3.5). */
function how(key, alg) {
  const { name, saltLength } = ALGORITHMS.get(alg);
  const pss = name === 'RSA-PSS';
  return {
    __proto__: null,
    key,
    dsaEncoding: 'ieee-p1363',
    padding: pss ? constants.RSA_PKCS1_PSS_PADDING : undefined,
    saltLength: pss ? saltLength : undefined,
  };
}
