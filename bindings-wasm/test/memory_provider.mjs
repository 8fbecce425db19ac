// A provider in memory: it answers the core's requests as a transport does, and does as it is told.

import { createHash, generateKeyPairSync, sign } from 'node:crypto';

export const ISSUER = 'https://op.example';
export const REGISTRATION = { client_id: 'client', redirect_uri: 'https://app.example/cb' };
export const NOW = 1_800_000_000;

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const JWKS = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] };
const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth`,
  token_endpoint: `${ISSUER}/token`,
  userinfo_endpoint: `${ISSUER}/userinfo`,
  jwks_uri: `${ISSUER}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
};

/** A signed ID token for the client. */
export function idToken(claims = {}) {
  const body = {
    iss: ISSUER,
    aud: REGISTRATION.client_id,
    sub: 'alice',
    iat: NOW,
    exp: NOW + 300,
    ...claims,
  };
  return rawIdToken(JSON.stringify(body));
}

/** A signed token of any payload. */
export function rawIdToken(payload) {
  const input = [JSON.stringify({ alg: 'RS256', kid: 'k' }), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

/** A response with a JSON body. */
export function jsonReply(value, status = 200) {
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(JSON.stringify(value)),
  };
}

let providers = 0;
/** `{ transport, requests, replies, login(rp, request) }`: set `replies[endpoint]` to answer otherwise than well. */
export function memoryProvider() {
  // No two providers issue the same refresh token.
  const refresh_token = `canary-refresh-${(providers += 1)}`;
  const requests = [];
  let nonce;
  const replies = {
    discovery: () => jsonReply(METADATA),
    jwks: () => jsonReply(JWKS),
    token: () =>
      jsonReply({
        access_token: 'canary-access',
        refresh_token,
        token_type: 'Bearer',
        id_token: idToken({ nonce }),
      }),
    userinfo: () => jsonReply({ sub: 'alice' }),
  };
  return {
    requests,
    replies,
    transport: async (request) => {
      requests.push(request);
      await new Promise(setImmediate);
      return replies[request.endpoint](request);
    },
    async login(rp, request = {}) {
      const { url, id } = await rp.authorize(request);
      const parameters = new URL(url).searchParams;
      nonce = parameters.get('nonce');
      return rp.callback(
        `?${new URLSearchParams({ code: 'canary-code', state: parameters.get('state') })}`,
        id,
      );
    },
  };
}

/** Bytes that look random and are the same each time. */
export function entropy() {
  let draws = 0;
  return (length) =>
    createHash('sha512')
      .update(`draw ${(draws += 1)}`)
      .digest()
      .subarray(0, length);
}
