// The signature algorithms that a host may be asked to verify, for both of JavaScript's cryptographies.

import { own } from './bare.js';

/** By JWS `alg` (RFC 7518 3.1, RFC 8037, RFC 9864), the parameters as WebCrypto takes them. */
export const ALGORITHMS = /* @__PURE__ */ table();

function table() {
  const rsa = (bits) => ({ __proto__: null, name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${bits}` });
  const pss = (bits) => ({ __proto__: null, name: 'RSA-PSS', hash: `SHA-${bits}`, saltLength: bits / 8 });
  const ecdsa = (curve, bits) => ({ __proto__: null, name: 'ECDSA', namedCurve: `P-${curve}`, hash: `SHA-${bits}` });
  const ed25519 = { __proto__: null, name: 'Ed25519' };
  return new Map([
    ['RS256', rsa(256)],
    ['RS384', rsa(384)],
    ['RS512', rsa(512)],
    ['PS256', pss(256)],
    ['PS384', pss(384)],
    ['PS512', pss(512)],
    ['ES256', ecdsa(256, 256)],
    ['ES384', ecdsa(384, 384)],
    ['ES512', ecdsa(521, 512)],
    ['EdDSA', ed25519],
    ['Ed25519', ed25519],
  ]);
}

/**
 * Keys imported once each, by algorithm and JWK. Providers rotate keys: the oldest goes once there are more than
 * any provider publishes.
 */
export class ImportedKeys {
  #keys = new Map();
  #import;
  #limit;

  constructor(importKey, options = {}) {
    this.#import = importKey;
    this.#limit = own(options, 'limit') ?? 256;
  }

  /** The key of a verify request, or a promise of it, imported now if it is not yet. */
  get({ alg, jwk }) {
    const name = `${alg} ${jwk}`;
    return this.#keys.get(name) ?? this.#add(name, this.#import({ __proto__: null, ...JSON.parse(jwk) }, parametersOf(alg)));
  }

  #add(name, key) {
    if (this.#keys.size >= this.#limit) this.#keys.delete(this.#keys.keys().next().value);
    this.#keys.set(name, key);
    // What failed is tried again.
    key.catch?.(() => this.#keys.delete(name));
    return key;
  }
}

function parametersOf(alg) {
  const parameters = ALGORITHMS.get(alg);
  if (!parameters) throw new Error(`${alg} is not an algorithm of this host`);
  return parameters;
}
