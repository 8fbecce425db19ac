import type { IdTokenClaims, Verified } from './claims.js';
import type { AuthorizationDetail } from './options.js';

/**
 * A login that succeeded. It exists only if every check passed, and cannot be made by hand. `console.log`, `JSON.stringify`
 * and spreading leave the tokens out.
 */
export interface Session extends Verified<IdTokenClaims> {
  /** The ID token itself, for `id_token_hint`. */
  readonly id_token: string;
  /** The access token. Absent only if the policy has `accept_missing_access_token`. */
  readonly access_token?: string;
  /** The refresh token. Absent if the provider sent none: ask for the scope `offline_access`. */
  readonly refresh_token?: string;
  /** The type of the access token: `Bearer` or `DPoP`, as the provider spells it. */
  readonly token_type: string;
  /** The granted scopes: those of the token response, else those asked for. */
  readonly scope: readonly string[];
  /** The resources that the login asked for (RFC 8707). Every refresh asks for them again. */
  readonly resource: readonly string[];
  /**
   * What the application may do (RFC 9396 7): as the token response says, else as an earlier one said, else as asked for. Absent if
   * none of them says.
   */
  readonly authorization_details?: readonly AuthorizationDetail[];
  /** When the access token expires, in Unix seconds. Absent if the provider does not say. */
  readonly expires_at?: number;
  /** The `return_to` that was given to `authorize`. */
  readonly return_to?: string;
  /** The thumbprint of the DPoP key that the access token is bound to (RFC 7638). The session works with that key only. */
  readonly dpop_jkt?: string;
  /**
   * The state of the end user's session at the provider when this session began: the `session_state` of the authorization response
   * (OIDC Session Management 2), for the provider's `check_session_iframe`. Absent if the provider sent none.
   */
  readonly session_state?: string;
  /** Further members of the token response, such as `not-before-policy`. */
  readonly other_members: Readonly<Record<string, unknown>>;
  /**
   * The session with its tokens as plain text, for `restore`. Keep it only where secrets may be kept; a server should store
   * what `RelyingParty.encode` seals instead.
   */
  readonly encoded: string;
}

/** Tokens without an end user (RFC 6749 5.1). */
export interface Grant {
  /** The access token. Absent only if the policy has `accept_missing_access_token`. */
  readonly access_token?: string;
  /** The refresh token. Absent if the provider sent none. */
  readonly refresh_token?: string;
  /** The type of the access token: `Bearer` or `DPoP`, as the provider spells it. */
  readonly token_type: string;
  /** The granted scopes, if the token response names them. */
  readonly scope: readonly string[];
  /** What the application may do (RFC 9396 7). Absent if no token response said it, whatever was asked for. */
  readonly authorization_details?: readonly AuthorizationDetail[];
  /** When the access token expires, in Unix seconds. Absent if the provider does not say. */
  readonly expires_at?: number;
  /** The thumbprint of the DPoP key that the access token is bound to (RFC 7638). Absent for a bearer token. */
  readonly dpop_jkt?: string;
  /** Further members of the token response. */
  readonly other_members: Readonly<Record<string, unknown>>;
}

/** The result of `refreshToken`. */
export interface RefreshedGrant {
  /** The tokens. */
  readonly grant: Grant;
  /** The session, if an ID token came along and passed every check. */
  readonly session: Session | undefined;
}
