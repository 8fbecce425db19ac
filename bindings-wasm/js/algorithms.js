// The signature algorithms that a host may be asked to verify, for both of JavaScript's cryptographies.

const rsa = (bits) => ({ name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${bits}` });
const pss = (bits) => ({ name: 'RSA-PSS', hash: `SHA-${bits}`, saltLength: bits / 8 });
const es256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const ed25519 = { name: 'Ed25519' };

/** By JWS `alg` (RFC 7518 3.1, RFC 8037, RFC 9864), the parameters as WebCrypto takes them. */
export const ALGORITHMS = new Map([
  ['RS256', rsa(256)],
  ['RS384', rsa(384)],
  ['RS512', rsa(512)],
  ['PS256', pss(256)],
  ['PS384', pss(384)],
  ['PS512', pss(512)],
  ['ES256', es256],
  ['EdDSA', ed25519],
  ['Ed25519', ed25519],
]);

/**
 * Keys imported once each, by algorithm and JWK. Providers rotate keys: the oldest goes once there are more than
 * any provider publishes.
 */
export class ImportedKeys {
  #keys = new Map();
  #import;
  #limit;

  constructor(importKey, { limit = 256 } = {}) {
    this.#import = importKey;
    this.#limit = limit;
  }

  /** The key of a verify request, imported now if it is not yet. */
  get({ alg, jwk }) {
    const name = `${alg} ${jwk}`;
    if (!this.#keys.has(name)) this.#add(name, this.#import(JSON.parse(jwk), parametersOf(alg)));
    return this.#keys.get(name);
  }

  #add(name, key) {
    if (this.#keys.size >= this.#limit) this.#keys.delete(this.#keys.keys().next().value);
    this.#keys.set(name, key);
  }
}

function parametersOf(alg) {
  const parameters = ALGORITHMS.get(alg);
  if (!parameters) throw new Error(`${alg} is not an algorithm of this host`);
  return parameters;
}
