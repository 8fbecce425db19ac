import type { Decision } from './claims.js';
import type { Href } from './options.js';

/**
 * A verified logout token: the provider ended sessions, and the application has to end its own. It exists only if every check passed.
 *
 * It is good once: before you act on it, add `replay_key` to a store that keeps it until `remember_until`, and refuse the token if
 * the key was there.
 */
export interface LogoutToken {
  /** The issuer. */
  readonly issuer: string;
  /** The `sub` of the end user whose sessions end. If it is absent, there is a `session_id`. */
  readonly subject?: string;
  /**
   * The `sid` of the session that ends: the one that the ID token of that session has. If it is absent, all sessions of the
   * `subject` end.
   */
  readonly session_id?: string;
  /** The token's own identifier, as the provider wrote it. */
  readonly jti: string;
  /** When it was issued, in Unix seconds. */
  readonly issued_at: number;
  /** When it expires, in Unix seconds. */
  readonly expires_at: number;
  /** What to remember the token by: 43 characters of issuer, client and `jti`. A second token with this key is a replay. */
  readonly replay_key: string;
  /** Until when to remember the `replay_key`, in Unix seconds: from then on the token is refused anyway. */
  readonly remember_until: number;
  /** All claims. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What was checked, in order. */
  readonly decisions: readonly Decision[];
}

/** Where the browser goes to log out at the provider. `console.log`, `JSON.stringify` and spreading leave the members out. */
export interface Logout {
  /** Where to redirect the browser; with `fields`, where it posts the form. */
  readonly url: string;
  /** The fields of a form to post, if a URL with all of them would be longer than 2048 bytes. Absent: redirect. */
  readonly fields?: Readonly<Record<string, string>>;
  /**
   * What `loggedOut` expects when the browser is back: keep it in a cookie of this browser. Absent if the browser does not come
   * back.
   */
  readonly state?: string;
}

/** A front-channel logout request (OIDC Front-Channel Logout 3). Anybody can make a browser send one. */
export interface FrontChannelLogout {
  /** The issuer: the client's own. Absent if the provider names neither issuer nor session. */
  readonly issuer?: string;
  /**
   * The `sid` of the session that ends, as its ID token has it. Absent: the session of the browser that sent the request ends, if
   * the cookie of one came along.
   */
  readonly session_id?: string;
}

/** The type of a token that is revoked (RFC 7009 2.1). */
export type TokenType = 'refresh_token' | 'access_token';

/**
 * The logout token in the body of a back-channel logout request, a form (OIDC Back-Channel Logout 2.5). It is not verified:
 * `logoutToken` does that. Throws `logout_malformed`. In Node and `relyingparty/full`.
 */
export function logoutTokenIn(body: string): string;

/**
 * Throws unless the browser comes back from the logout that it began: `logout_state_missing`, `logout_state_mismatch`,
 * `logout_malformed`. In Node and `relyingparty/full`.
 *
 * @param expected - the `state` of the `Logout`, from a cookie of this browser. Undefined, if there is no such cookie, is refused.
 */
export function loggedOut(url: string | Href, expected: string | undefined): void;
