// A provider in memory that takes pushed and signed requests, signs its responses, and binds tokens where a proof comes along.

import { createPublicKey, sign } from 'node:crypto';

import { ISSUER, NOW, REGISTRATION, jsonReply, memoryProvider } from './memory_provider.mjs';
import { form, header, keyFor } from './proofs.mjs';

export const PAR = `${ISSUER}/par`;
export const API = 'https://api.example';
export const REQUEST_URI = 'urn:ietf:params:oauth:request_uri:1';

const key = keyFor('EdDSA');
const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth`,
  token_endpoint: `${ISSUER}/token`,
  userinfo_endpoint: `${ISSUER}/userinfo`,
  jwks_uri: `${ISSUER}/jwks`,
  pushed_authorization_request_endpoint: PAR,
  authorization_response_iss_parameter_supported: true,
  code_challenge_methods_supported: ['S256'],
  id_token_signing_alg_values_supported: ['EdDSA'],
  authorization_signing_alg_values_supported: ['EdDSA'],
  token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'private_key_jwt'],
};

/** The claims of a JWT, whoever signed it. */
export const claimsOf = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));

/** A JWT of the provider's. */
export function signed(claims) {
  const parts = [{ alg: 'EdDSA', kid: 'op' }, claims];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}

/**
 * `pushed` are the parameters of each request that was pushed. `browser(url, changed)` goes to the authorization URL and comes
 * back; `changed` are claims of a signed response.
 */
export function pushingProvider(metadata = {}) {
  const { requests, replies, transport } = memoryProvider();
  const pushed = [];
  let nonce;
  let granted;
  const details = (given) => (typeof given === 'string' ? JSON.parse(given) : given);
  replies.discovery = () => jsonReply({ ...METADATA, ...metadata });
  const jwk = { ...createPublicKey(key).export({ format: 'jwk' }), kid: 'op', alg: 'EdDSA', use: 'sig' };
  replies.jwks = () => jsonReply({ keys: [jwk] });
  replies.pushed_authorization_request = (request) => {
    pushed.push(form(request));
    return jsonReply({ request_uri: REQUEST_URI, expires_in: 60 }, 201);
  };
  replies.token = (request) =>
    jsonReply({
      access_token: 'canary-access',
      refresh_token: 'canary-refresh',
      token_type: header(request, 'dpop') ? 'DPoP' : 'Bearer',
      id_token: signed({ iss: ISSUER, aud: REGISTRATION.client_id, sub: 'alice', iat: NOW, exp: NOW + 300, nonce }),
      authorization_details: details(form(request).authorization_details) ?? granted,
    });
  const asked = (url) => {
    const parameters = Object.fromEntries(new URL(url).searchParams);
    const found = parameters.request_uri === REQUEST_URI ? pushed.at(-1) : parameters;
    return found.request ? claimsOf(found.request) : found;
  };
  const browser = (url, changed = {}) => {
    const { state, nonce: wanted, response_mode = '', authorization_details } = asked(url);
    [nonce, granted] = [wanted, details(authorization_details)];
    const plain = { code: 'canary-code', state, iss: ISSUER };
    const response = response_mode.endsWith('jwt')
      ? { response: signed({ ...plain, aud: REGISTRATION.client_id, exp: NOW + 60, ...changed }) }
      : plain;
    return `${REGISTRATION.redirect_uri}?${new URLSearchParams(response)}`;
  };
  return {
    requests,
    replies,
    transport,
    pushed,
    browser,
    /** The endpoints that were asked since the last call. */
    endpoints: () => requests.splice(0).map(({ endpoint }) => endpoint),
    async login(rp, request = {}) {
      const { url, id } = await rp.authorize(request);
      return rp.callback(browser(url), id);
    },
  };
}
