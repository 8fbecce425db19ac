// The peers that verify, each as its documentation shows, with keys and options kept. The key is at hand, not looked up.

import { createPublicKey } from 'node:crypto';

import { createVerifier } from 'fast-jwt';
import { importJWK, jwtVerify } from 'jose';

/** The peers by name: each takes an ID token and yields its subject. */
export async function verifiers(work, alg) {
  const jwk = work.jwks.keys.find((key) => key.alg === alg);
  return { jose: await jose(work, alg, jwk), 'fast-jwt': fastJwt(work, alg, jwk) };
}

async function jose({ issuer, client_id, nonce }, alg, jwk) {
  const key = await importJWK(jwk, alg);
  const options = { issuer, audience: client_id, algorithms: [alg], requiredClaims: ['exp', 'sub'] };
  return async function verify(idToken) {
    const { payload } = await jwtVerify(idToken, key, options);
    if (payload.nonce !== nonce) throw new Error("another login's nonce");
    return payload.sub;
  };
}

function fastJwt({ issuer, client_id, nonce }, alg, jwk) {
  const verifier = createVerifier({
    key: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
    algorithms: [alg],
    allowedIss: issuer,
    allowedAud: client_id,
    allowedNonce: nonce,
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'nonce'],
    cache: false,
  });
  return (idToken) => verifier(idToken).sub;
}
