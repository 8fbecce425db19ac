// The peers that sign, each as its documentation shows, with keys kept. jose makes the JWT alone; oauth4webapi sets a header
// or members of a form.

import { createHash, randomUUID } from 'node:crypto';

import { SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';

const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
};

/** The peers by what they make and by name. */
export async function signers(work, alg) {
  const { d, p, q, dp, dq, qi, use, ...publicJwk } = work.private_jwks[alg];
  const imported = (jwk, usage) => crypto.subtle.importKey('jwk', jwk, ALGORITHMS[alg], true, [usage]);
  const privateKey = await imported(work.private_jwks[alg], 'sign');
  const publicKey = await imported(publicJwk, 'verify');
  const { kid, alg: _, ...bare } = publicJwk;
  return {
    proof: {
      jose: joseProof(work, alg, privateKey, bare),
      oauth4webapi: proof(work, { privateKey, publicKey }),
    },
    assertion: {
      jose: joseAssertion(work, alg, privateKey, kid),
      oauth4webapi: assertion(work, { key: privateKey, kid }),
    },
  };
}

function joseProof({ api, access_token }, alg, key, jwk) {
  return () => {
    const ath = createHash('sha256').update(access_token).digest('base64url');
    return new SignJWT({ htm: 'GET', htu: api, ath })
      .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk })
      .setJti(randomUUID())
      .setIssuedAt()
      .sign(key);
  };
}

function joseAssertion({ client_id, issuer }, alg, key, kid) {
  return () =>
    new SignJWT()
      .setProtectedHeader({ typ: 'client-authentication+jwt', alg, kid })
      .setIssuer(client_id)
      .setSubject(client_id)
      .setAudience(issuer)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('60s')
      .sign(key);
}

function proof({ client_id, api, access_token }, pair) {
  const handle = oauth.DPoP({ client_id }, pair);
  const url = new URL(api);
  return async () => {
    const headers = new Headers();
    await handle.addProof(url, headers, 'GET', access_token);
    return headers.get('dpop');
  };
}

function assertion({ client_id, metadata }, key) {
  const authenticate = oauth.PrivateKeyJwt(key);
  const client = { client_id };
  return async () => {
    const body = new URLSearchParams();
    await authenticate(metadata, client, body, new Headers());
    return body.get('client_assertion');
  };
}
