import { ALGORITHMS } from './algorithms.js';
import { own } from './bare.js';
import { policyText } from './context.js';
import { core } from './core.js';
import { json } from './options.js';

/**
 * Lends `use` the core's client of a provider of which nothing is known but its issuer. What cannot work with whatever
 * provider is refused. `others` are the names of the options that the registration's were given with.
 */
export function alone(issuer, registration, { policy, allow_insecure_loopback }, use, others) {
  const url = `${issuer}/`;
  const algs = [...ALGORITHMS.keys(), 'HS256', 'HS384', 'HS512'];
  // A provider of many tenants where tenants are named.
  const named = registration.tenants ? issuer.replace(/(:\/\/[^/]+\/)[^/]+/, '$1{tenantid}') : issuer;
  const metadata = {
    issuer: named,
    authorization_endpoint: url,
    token_endpoint: url,
    jwks_uri: url,
    // What a profile demands of a provider (FAPI 2.0 Security Profile 5.3.2, Message Signing 5.4, OAuth 2.1).
    ...(own(policy ?? {}, 'preset') && {
      code_challenge_methods_supported: ['S256'],
      pushed_authorization_request_endpoint: url,
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: algs,
      authorization_signing_alg_values_supported: algs,
    }),
  };
  const limits = policyText(policy);
  const any = core().Provider.fromMetadata(issuer, allow_insecure_loopback, limits, json(metadata, 'issuer'));
  const client = new (core().Client)(any, json(registration, 'the registration'), limits, others);
  const used = use(client);
  client.free();
  any.free();
  return used;
}
