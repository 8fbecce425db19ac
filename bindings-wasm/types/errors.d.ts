import type { Decision } from './claims.js';

/** What went wrong. Codes are stable; messages may change. */
export type ErrorCode =
  | 'no_pending_login'
  | 'pending_login_expired'
  | 'pending_login_mismatch'
  | 'state_missing'
  | 'state_mismatch'
  | 'response_issuer_mismatch'
  | 'response_issuer_missing'
  | 'response_mode_mismatch'
  | 'code_missing'
  | 'callback_malformed'
  | 'callback_duplicate'
  | 'callback_unexpected'
  | 'logout_malformed'
  | 'logout_issuer_mismatch'
  | 'logout_state_missing'
  | 'logout_state_mismatch'
  | 'cross_site_request'
  | 'session_over'
  | 'unknown_provider'
  | 'invalid_issuer'
  | 'invalid_configuration'
  | 'policy_out_of_range'
  | 'reserved_parameter'
  | 'profile_unmet'
  | 'cookie_too_large'
  | 'endpoint_missing'
  | 'auth_method_unsupported'
  | 'pkce_unsupported'
  | 'signing_alg_unsupported'
  | 'no_signature_backend'
  | 'wrong_reply'
  | 'unsupported_request'
  | 'entropy_missing'
  | 'signature_unusable'
  | 'assertion_unusable'
  | 'origin_not_allowed'
  | 'dpop_key_mismatch'
  | 'proving_needed'
  | 'weak_entropy'
  | 'implausible_clock'
  | 'unreadable_pending_login'
  | 'unreadable_session'
  | 'unreadable_cache'
  | 'session_mismatch'
  | 'no_refresh_token'
  | 'no_access_token'
  | 'unexpected_status'
  | 'redirect_refused'
  | 'unexpected_content_type'
  | 'compressed_response'
  | 'response_too_large'
  | 'malformed_json'
  | 'metadata_member_missing'
  | 'metadata_member_invalid'
  | 'metadata_issuer_mismatch'
  | 'response_member_missing'
  | 'response_member_invalid'
  | 'token_type_unsupported'
  | 'token_not_bound'
  | 'dpop_nonce_refused'
  | 'userinfo_sub_mismatch'
  | 'provider_error'
  | 'revocation_unavailable'
  | 'provider_status'
  | 'malformed_token'
  | 'token_too_large'
  | 'header_refused'
  | 'logout_token_replayed'
  | 'alg_refused'
  | 'typ_refused'
  | 'unknown_key'
  | 'ambiguous_key'
  | 'bad_signature'
  | 'claim_missing'
  | 'claim_invalid'
  | 'iss_mismatch'
  | 'aud_mismatch'
  | 'aud_untrusted'
  | 'azp_mismatch'
  | 'token_expired'
  | 'logout_token_too_old'
  | 'issued_in_future'
  | 'not_yet_valid'
  | 'nonce_mismatch'
  | 'authentication_too_old'
  | 'acr_mismatch'
  | 'sub_mismatch'
  | 'at_hash_mismatch'
  | 'refreshed_claim_changed'
  | 'metadata_unavailable'
  | 'keys_unavailable'
  | 'store_unavailable'
  | 'refresh_pending'
  | 'unreachable'
  /** The WebAssembly module could not be loaded: a policy forbids it, its file did not arrive, or `init` was not called. */
  | 'module_unavailable'
  /**
   * The store of pending logins threw, or the browser's storage of a DPoP key: see `details.operation` (`put`, `take`,
   * `dpop_key`), `details.reason` and `cause`.
   */
  | 'store_failed';

/** Whose fault it is. */
export type ErrorCategory =
  'Callback' | 'Configuration' | 'Misuse' | 'Protocol' | 'Provider' | 'Token' | 'Transport';

/** Every `code` that an error can have. */
export function errorCodes(): ErrorCode[];

/** The base class of all errors of this package. `message` is safe to show anywhere. */
export class RelyingPartyError extends Error {
  protected constructor();
  /** The stable name of what went wrong. */
  readonly code: ErrorCode;
  /** Whose fault it is. */
  readonly category: ErrorCategory;
  /**
   * Whether the same call may succeed later: the provider or the network failed temporarily. The provider may have used up what
   * can be sent only once (a code, a refresh token); the later call then ends with `invalid_grant`.
   */
  readonly retryable: boolean;
  /** Where the documentation explains the code: a file in the folder `docs` of the repository. */
  readonly help: string;
  /** Public values that explain the error. Never a secret. They can be text from outside: escape them. */
  readonly details: Readonly<Record<string, string>>;
  /** The checks that were made. If a check failed, it is the last one. */
  readonly decisions: readonly Decision[];
  /**
   * What the transport, the store or the runtime threw. It can contain secrets, so `JSON.stringify` and `console.log` leave it
   * out. Node shows it if an uncaught error ends the process: catch errors.
   */
  readonly cause?: unknown;
}

/** The authorization response does not belong to a login of this browser. Offer to log in again. */
export class CallbackError extends RelyingPartyError {
  /** `Callback`. */
  readonly category: 'Callback';
}

/** The configuration is wrong, or does not fit the provider's metadata. An administrator has to change it. */
export class ConfigurationError extends RelyingPartyError {
  /** `Configuration`. */
  readonly category: 'Configuration';
}

/** The application called the library in a wrong way. A developer has to change it. */
export class MisuseError extends RelyingPartyError {
  /** `Misuse`. */
  readonly category: 'Misuse';
}

/** The provider's response does not follow the specifications. */
export class ProtocolError extends RelyingPartyError {
  /** `Protocol`. */
  readonly category: 'Protocol';
}

/**
 * The provider reported an error (RFC 6749 4.1.2.1 and 5.2). Its three members are untrusted text: escape them before you show
 * them. All are absent if the provider gave no reason (`provider_status`, `unexpected_status`).
 */
export class ProviderError extends RelyingPartyError {
  /** `Provider`. */
  readonly category: 'Provider';
  /** The provider's error code, for example `access_denied`. Untrusted. */
  readonly error?: string;
  /** The provider's explanation. Untrusted. */
  readonly error_description?: string;
  /** A page of the provider about the error. Untrusted. */
  readonly error_uri?: string;
}

/** A token failed a check: signature, issuer, audience, time, nonce or another claim. */
export class TokenError extends RelyingPartyError {
  /** `Token`. */
  readonly category: 'Token';
}

/** The provider could not be reached. */
export class TransportError extends RelyingPartyError {
  /** `Transport`. */
  readonly category: 'Transport';
}
