// Every option there is, each with a value that is good.

import * as rp from '../dist/node/entry_node.js';
import { ISSUER, NOW, REGISTRATION, entropy, idToken } from './memory_provider.mjs';

/** Metadata as JSON text. */
export const METADATA = JSON.stringify({
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/jwks`,
});

/** Every option there is, with a value that is good. */
export const GOOD = () => ({
  issuer: ISSUER,
  ...REGISTRATION,
  client_secret: 's',
  scopes: ['openid'],
  token_endpoint_auth_method: 'client_secret_basic',
  token_endpoint_auth_signing_alg: 'ES256',
  signing_keys: [{ alg: 'ES256', sign: () => undefined }],
  dpop_keys: [() => undefined],
  client_assertion: () => undefined,
  client_assertion_audience: 'issuer',
  client_assertion_type: 'urn:example:type',
  id_token_signed_response_alg: 'RS256',
  userinfo_signed_response_alg: 'RS256',
  post_logout_redirect_uri: 'https://app.example/bye',
  trusted_audiences: ['other'],
  trusted_azp: ['android'],
  issuer_aliases: ['op.example'],
  end_session_endpoint: `${ISSUER}/logout`,
  end_session_redirect_parameter: 'returnTo',
  policy: {
    state_timeout_secs: 600,
    allowed_skew_secs: 60,
    key_refresh_secs: 600,
    key_cooldown_secs: 30,
    key_hard_age_secs: 86_400,
    max_keys: 100,
    max_response_bytes: 262_144,
    max_token_bytes: 16_384,
    max_header_bytes: 4096,
    max_kid_bytes: 256,
    max_sub_bytes: 255,
    max_json_depth: 16,
    max_json_members: 512,
    max_callback_bytes: 16_384,
    max_parameter_bytes: 8192,
    metadata_timeout_secs: 5,
    token_timeout_secs: 10,
    signatures: 'host',
    record_decisions: true,
    accept_missing_token_type: false,
    accept_missing_access_token: false,
    accept_userinfo_without_iss_aud: false,
    accept_new_claims_at_refresh: false,
    accepted_typ: ['ID+JWT'],
    use_known_provider: true,
    accept_unsealed_sessions: false,
    local_hosts: ['10.0.2.15:6443'],
    danger_http_hosts: ['keycloak'],
    resource_in_token_requests: true,
    scope_in_refreshes: false,
  },
  allow_insecure_loopback: false,
  transport: () => undefined,
  verifier: () => undefined,
  store: new rp.MemoryStore(),
  cache: new rp.Cache(),
  clock: () => NOW,
  entropy: entropy(),
  sealing_keys: [entropy()(32)],
  on_event: () => undefined,
});
export const REQUEST = {
  scopes: ['openid'],
  prompt: 'login',
  display: 'page',
  max_age: 60,
  ui_locales: 'de',
  claims_locales: 'de',
  id_token_hint: idToken(),
  login_hint: 'alice',
  acr_values: 'gold',
  response_mode: 'query',
  resource: ['https://api.example'],
  extra: { a: 'b' },
};
export const TOKENS = { scopes: ['openid'], resource: ['https://api.example'], extra: { a: 'b' } };
export const EXPECTATIONS = {
  nonce: 'n',
  max_age: 60,
  auth_time: true,
  acr_values: ['gold'],
  sub: 'alice',
  access_token: 'x',
};
export const ANSWER = { nonce: 'n', auth_time: NOW, acr: 'gold' };
export const LOGOUT = {
  id_token_hint: idToken(),
  post_logout_redirect_uri: 'https://app.example/bye',
  state: 's',
  logout_hint: 'alice',
  ui_locales: 'de',
  extra: { a: 'b' },
};
