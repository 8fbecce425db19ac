// Signature checks with WebCrypto: browsers, workers, and everything else that has no `node:crypto`.

import { member } from './bare.js';
import { ImportedKeys } from './algorithms.js';

/**
 * Answers the core's verify requests. A signature is good, or bad, which it is too when its key is none; where this
 * runtime cannot tell (no WebCrypto on plain http, no Ed25519), it throws, and `relyingparty/full` is the build that
 * does not ask.
 */
export function webVerifier() {
  const keys = new ImportedKeys((jwk, parameters) =>
    globalThis.crypto.subtle
      .importKey('jwk', jwk, parameters, false, ['verify'])
      .then((key) => ({ key, parameters })),
  );
  return async function answer(request) {
    let imported;
    try {
      imported = await keys.get(request);
    } catch (error) {
      if (error instanceof Error && member(error, 'name') === 'DataError') return { verified: false };
      throw error;
    }
    const { subtle } = globalThis.crypto;
    const { key, parameters } = imported;
    return { verified: await subtle.verify(parameters, key, request.signature, request.signing_input) };
  };
}
