// Keys that access tokens are bound to (DPoP, RFC 9449): made by WebCrypto, so that no script can read the private half.

import { storeFailed } from './errors.js';
import { label, options } from './options.js';

const READERS = { __proto__: null, name: label };

/** A new P-256 key pair, which signs and cannot be exported. */
export function generateDpopKey() {
  return globalThis.crypto.subtle.generateKey({ __proto__: null, name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}

/** For `dpop_keys`: the key pair that lives in this browser's IndexedDB. It is looked for when it is first needed. */
export function dpopKeyStore(given = {}) {
  const { name = 'relyingparty-dpop' } = options(given, READERS);
  const failed = (cause) => storeFailed('dpop_key', true, undefined, cause);
  return { __proto__: null, key_store: { __proto__: null, name, generate: generateDpopKey, failed } };
}
