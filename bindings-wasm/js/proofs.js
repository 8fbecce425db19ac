// What a client proves itself with, as its options say: keys, and assertions from elsewhere. Who signs with them is keys.js,
// which a page loads only where it is needed.

import { ALGORITHMS } from './algorithms.js';
import { own } from './bare.js';
import { proves } from './core.js';
import { RelyingPartyError } from './errors.js';
import { callable, invalid } from './options.js';
import { frozen } from './values.js';

/** Readers of the options that the core does not see as they are. */
export const PROOFS = { __proto__: null, signing_keys: keys, dpop_keys: keys, client_assertion: callable };

/** A list of keys, as it is now. What each is, is seen when it is first used. */
function keys(value, name) {
  const isKey = (key) => (typeof key === 'object' ? key && !Array.isArray(key) : ['function', 'string'].includes(typeof key));
  const list = Array.isArray(value) ? Array.from(value, (_, at) => own(value, at)) : [];
  if (list.length > 0 && list.every(isKey)) return list;
  throw invalid(name, 'is not a list of keys, one or more: leave the option out, or give a key');
}

/** How a registration asks for what the module for browsers does without. */
const MORE =
  /^(?:(?:signing|dpop)_keys|client_assertion\w*|team_id|request_uri_base|(?:token_endpoint_auth_signing|authorization_signed_response)_alg|require_(?:pushed|signed)_\w+|api_origins)$/;
const METHODS = /^(?:client_secret_jwt|private_key_jwt|client_assertion|signed_\w+)$/;
/** And a policy. */
const PROFILES = /^(?:oauth2_1|fapi2\w*)$/;

/** The member by which a registration or a policy asks for it, if one does. */
export function proving(registration, policy = {}) {
  const isOne = (name) =>
    MORE.test(name) || (name === 'token_endpoint_auth_method' && METHODS.test(registration[name]));
  return Object.keys(registration).find(isOne) ?? (PROFILES.test(own(policy, 'preset')) ? 'preset' : undefined);
}

/** A public key that stands for one that nobody has read yet: the base point of P-256. */
const ANY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY',
  y: 'T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU',
};

/** The registration as it can be judged before its proofs are at hand: with something in their places. */
export function early(registration, { signing_keys, dpop_keys, client_assertion }) {
  const alg = own(registration, 'token_endpoint_auth_signing_alg');
  const key = { name: '', alg: ALGORITHMS.has(alg) ? alg : 'ES256', kid: '-' };
  return {
    ...(client_assertion && { client_assertion_type: 'urn:' }),
    ...registration,
    ...(signing_keys && { signing_keys: [key] }),
    ...(dpop_keys && { dpop_keys: [{ name: '', alg: 'ES256', jwk: ANY }] }),
  };
}

/** The public halves of the signing keys of a client of the core, as a JWK Set. */
export const published = (client) => frozen(proves() ? client.jwks() : '{"keys":[]}');

/** Refuses a member for which the module has no room. */
export function checkModule(name) {
  if (name && !proves())
    throw invalid(name, 'is not in this module: import relyingparty/full, or use this relying party first');
}

/** What is wrong with a key; what its store says of that is said as it is. */
export const refused = (option, reason, cause) =>
  cause instanceof RelyingPartyError ? cause : invalid(option, reason, cause);
