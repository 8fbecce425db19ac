import type { Decision } from './index.js';

/** What went wrong. Codes are the interface; messages may change. */
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
  | 'invalid_issuer'
  | 'invalid_configuration'
  | 'policy_out_of_range'
  | 'reserved_parameter'
  | 'endpoint_missing'
  | 'auth_method_unsupported'
  | 'pkce_unsupported'
  | 'signing_alg_unsupported'
  | 'no_signature_backend'
  | 'wrong_reply'
  | 'weak_entropy'
  | 'implausible_clock'
  | 'unreadable_pending_login'
  | 'unreadable_session'
  | 'unreadable_cache'
  | 'session_mismatch'
  | 'no_refresh_token'
  | 'unexpected_status'
  | 'redirect_refused'
  | 'unexpected_content_type'
  | 'response_too_large'
  | 'malformed_json'
  | 'metadata_member_missing'
  | 'metadata_member_invalid'
  | 'metadata_issuer_mismatch'
  | 'response_member_missing'
  | 'response_member_invalid'
  | 'token_type_unsupported'
  | 'userinfo_sub_mismatch'
  | 'provider_error'
  | 'provider_status'
  | 'malformed_token'
  | 'token_too_large'
  | 'header_refused'
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
  | 'issued_in_future'
  | 'not_yet_valid'
  | 'nonce_mismatch'
  | 'authentication_too_old'
  | 'acr_mismatch'
  | 'sub_mismatch'
  | 'at_hash_mismatch'
  | 'refreshed_claim_changed'
  | 'keys_unavailable'
  | 'unreachable';

/** Whose fault it is. */
export type ErrorCategory =
  'Callback' | 'Configuration' | 'Misuse' | 'Protocol' | 'Provider' | 'Token' | 'Transport';

/** Every code there is. */
export function errorCodes(): ErrorCode[];

/** What the core refuses. */
export class RelyingPartyError extends Error {
  protected constructor();
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  /** Public values that explain the error, by name. Nothing in them is secret. */
  readonly details: Readonly<Record<string, string>>;
  /** What was checked, and last the check that failed. */
  readonly decisions: readonly Decision[];
}

/** The authorization response does not belong to a login in progress: offer to log in again. */
export class CallbackError extends RelyingPartyError {
  readonly category: 'Callback';
}

/** The relying party is set up in a way that cannot work: an administrator mends it. */
export class ConfigurationError extends RelyingPartyError {
  readonly category: 'Configuration';
}

/** The library was called in a way its contract excludes: a developer mends it. */
export class MisuseError extends RelyingPartyError {
  readonly category: 'Misuse';
}

/** The provider's answer breaks the specification. */
export class ProtocolError extends RelyingPartyError {
  readonly category: 'Protocol';
}

/** The provider answered with an OAuth error of its own: untrusted text, to be escaped before it is shown. */
export class ProviderError extends RelyingPartyError {
  readonly category: 'Provider';
  /** Such as `access_denied`. */
  readonly error?: string;
  readonly error_description?: string;
  readonly error_uri?: string;
}

/** A token failed a check. */
export class TokenError extends RelyingPartyError {
  readonly category: 'Token';
}

/** The provider could not be reached. */
export class TransportError extends RelyingPartyError {
  readonly category: 'Transport';
}
