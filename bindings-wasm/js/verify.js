// Signature checks with WebCrypto: browsers, workers, and everything else that has no `node:crypto`.

import { ImportedKeys } from './algorithms.js';

/**
 * Answers the core's verify requests. A signature is good, or bad; where this runtime cannot tell (no WebCrypto on
 * plain http, no Ed25519), it throws, and `relyingparty/full` is the build that does not ask.
 */
export function webVerifier() {
  const keys = new ImportedKeys((jwk, parameters) =>
    globalThis.crypto.subtle
      .importKey('jwk', jwk, parameters, false, ['verify'])
      .then((key) => ({ key, parameters })),
  );
  return async function answer(request) {
    const { key, parameters } = await keys.get(request);
    return {
      verified: await globalThis.crypto.subtle.verify(
        parameters,
        key,
        request.signature,
        request.signing_input,
      ),
    };
  };
}
