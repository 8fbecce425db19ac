/** Limits and choices. A number out of bounds is refused (`policy_out_of_range`). Leave out members you don't need. */
export interface Policy {
  /**
   * Start from another set of defaults. Default: none.
   *
   * `fapi2` (FAPI 2.0 Security Profile) pushes authorization requests, and a client or a provider that cannot meet the profile is
   * refused (`profile_unmet`): it needs `signing_keys` and `dpop_keys` for ES256, PS256 or EdDSA. `fapi2_message_signing` also
   * signs the requests, and the responses are signed. `oauth2_1` needs a provider that lists PKCE with S256.
   */
  preset?: 'openidconnect_jl' | 'oauth2_1' | 'fapi2' | 'fapi2_message_signing';
  /** How long a login may take from its start to the callback, in seconds. Default: 600; from 1 to 3600. */
  state_timeout_secs?: number;
  /** How far the provider's clock may be off, in seconds. Default: 60; from 0 to 300. */
  allowed_skew_secs?: number;
  /**
   * How long metadata and keys are fresh, in seconds, if the response has no `Cache-Control: max-age`.
   * Default: 600; from 60 to 86400.
   */
  key_refresh_secs?: number;
  /** The pause between two attempts to fetch keys, in seconds. Default: 30; from 0 to 3600. */
  key_cooldown_secs?: number;
  /** Attempts to fetch keys for a token from the provider's own token endpoint. Default: 3; from 1 to 10. */
  key_tries?: number;
  /** How long these attempts may take together, in seconds. Default: 10; from 0 to 60. */
  key_wait_secs?: number;
  /**
   * How long metadata and keys are used when they cannot be refreshed, in seconds. Default: 86400; from 60 to 604800.
   */
  key_hard_age_secs?: number;
  /** The largest number of keys in a key set. Default: 100; from 1 to 1000. */
  max_keys?: number;
  /** The largest response, in bytes after decompression. Default: 262144; from 1024 to 1048576. */
  max_response_bytes?: number;
  /** The largest token that is read, in bytes. Default: 16384; from 512 to 65536. */
  max_token_bytes?: number;
  /** The largest decoded header of a token, in bytes. Default: 4096; from 64 to 16384. */
  max_header_bytes?: number;
  /** The longest `kid` in the header of a token, in bytes. Default: 256; from 1 to 1024. */
  max_kid_bytes?: number;
  /** The longest `sub`, in characters. Default: 255; from 1 to 1024. */
  max_sub_bytes?: number;
  /**
   * How long ago a logout token may have been issued, in seconds (OIDC Back-Channel Logout 4). So long at most it has to be
   * remembered against replay. Default: 600; from 60 to 86400.
   */
  max_logout_token_age_secs?: number;
  /** How deep objects and arrays may nest in the provider's JSON. Default: 16; from 2 to 32. */
  max_json_depth?: number;
  /** The largest number of members of one object or array in the provider's JSON. Default: 512; from 16 to 16384. */
  max_json_members?: number;
  /** The largest authorization response, in bytes. Default: 16384; from 512 to 65536. */
  max_callback_bytes?: number;
  /** The longest parameter of an authorization response, in bytes. Default: 8192; from 128 to 32768. */
  max_parameter_bytes?: number;
  /** The longest `return_to`, in bytes. A longer one is dropped. Default: 4096; from 64 to 16384. */
  max_return_to_bytes?: number;
  /** The time for one fetch of metadata or keys, in seconds. Default: 5; from 1 to 60. */
  metadata_timeout_secs?: number;
  /** The time for one request to the token or UserInfo endpoint, in seconds. Default: 10; from 1 to 60. */
  token_timeout_secs?: number;
  /**
   * Who checks signatures: the host (WebCrypto, `node:crypto`, your `verifier`) or the core. Default: `host`; in
   * `relyingparty/full` `core`.
   */
  signatures?: 'host' | 'core';
  /** Whether sessions, claims and errors carry their decisions. Default: true. */
  record_decisions?: boolean;
  /**
   * Addresses and local names that the metadata may lead to, such as `10.0.2.15:6443` or `keycloak`. Each entry is one host,
   * with one port or all of its ports. It needs https. The risk: whoever can change the issuer's metadata can make this
   * application send requests to these hosts, its client secret included. Default: none.
   */
  local_hosts?: readonly string[];
  /**
   * Hosts of a development network for which plain http is allowed, such as `keycloak:8080`. The risk: anybody on that
   * network can read secrets, codes and tokens, and can forge ID tokens. Never use it in production. Default: none.
   */
  danger_http_hosts?: readonly string[];
  /** Send the `resource` of a login with its code and every refresh (RFC 8707 2.2). Default: true. */
  resource_in_token_requests?: boolean;
  /** Send the scopes of the login with every refresh. Microsoft Entra ID needs it. Default: false. */
  scope_in_refreshes?: boolean;
  /** Accept a token response without `token_type` as Bearer (against RFC 6749 5.1). Default: false. */
  accept_missing_token_type?: boolean;
  /**
   * Accept an ID token that comes without an access token (against OIDC Core 3.1.3.3), as Azure AD B2C sends one. The session
   * then has no `access_token`, and there is no UserInfo. Default: true for providers that are known to need it
   * (`use_known_provider`), else false.
   */
  accept_missing_access_token?: boolean;
  /**
   * Accept a signed UserInfo response without `iss` or `aud` from an https endpoint. If they are present they are checked.
   * Default: false.
   */
  accept_userinfo_without_iss_aud?: boolean;
  /**
   * Accept a refreshed ID token with an `auth_time`, `azp` or `nonce` that the first one did not have (against OIDC Core
   * 12.2). A claim that the first one had must stay the same. Default: false.
   */
  accept_new_claims_at_refresh?: boolean;
  /**
   * Values of the header member `typ` that this issuer uses for its ID tokens, beside `JWT`. Kinds that are registered for
   * other tokens, such as `at+jwt`, are refused. Default: none.
   */
  accepted_typ?: readonly string[];
  /**
   * Apply the options that a known provider needs, found by its issuer, unless they are set here. Each use is a decision
   * `leniency` that names the option. Default: true.
   */
  use_known_provider?: boolean;
  /**
   * Also restore sessions that are not sealed although there are `sealing_keys`, after their ID token was verified again. For
   * the time of a migration. Default: false.
   */
  accept_unsealed_sessions?: boolean;
}
