import type { CallLimits } from './calls.js';
import type { IdTokenClaims } from './claims.js';
import type { AuthorizeRequest, EndSessionRequest, Href } from './options.js';
import type { RelyingParty } from './relyingparty.js';
import type { Session } from './sessions.js';

/**
 * Where a session is kept.
 *
 * `memory`: in this page. A reload, and each tab, logs in anew, which takes a way to the provider and back, and mostly no typing.
 * `sessionStorage`: in this tab. A reload keeps it. `localStorage` and `indexedDB`: in this browser, for all tabs and until somebody
 * logs out. Every script of the page's origin can read all but the first without effort, and the first with some.
 */
export type SessionStorageKind = 'memory' | 'sessionStorage' | 'localStorage' | 'indexedDB';

/**
 * A storage of your own: texts by name. What it throws becomes `storage_unavailable`. One that tabs share has to be consistent: what a tab
 * has written, the next one reads. `localStorage` alone is not.
 */
export interface PageStorage {
  /** Whether all tabs share it. Default: false. */
  readonly shared?: boolean;
  /** The text of this name. */
  get(name: string): string | null | undefined | Promise<string | null | undefined>;
  /** Keeps a text, with secrets. */
  set(name: string, text: string): void | Promise<void>;
  /** Forgets it. */
  remove(name: string): void | Promise<void>;
}

/** The options of `createSession`. */
export interface SessionOptions {
  /** The relying party: a client without a secret, whose redirect URI is a page of this application. */
  rp: RelyingParty;
  /** Where the session is kept. Default: `memory`. All but `memory` need Web Locks. */
  storage?: SessionStorageKind | PageStorage;
  /** How long before its end a token is renewed, in seconds, but never before three quarters of its life. Default: 60. */
  margin_secs?: number;
  /** What the responses of `fetch` may be and take. Default: 262144 bytes and 10 seconds. */
  limits?: CallLimits;
  /** Shows the page that a login leads back to. Default: `history.replaceState` and a `popstate` event. */
  navigate?: (url: string) => void | Promise<void>;
  /** The time in Unix seconds. Default: the browser's. */
  clock?: () => number;
}

/** Why nobody is signed in: by a logout in any tab, since the provider or a copy of this tab ended the session, since the token expired and cannot be renewed, or since the user came back without logging in. Absent before the first login. */
export type SignedOutReason = 'logged_out' | 'ended' | 'expired' | 'came_back';

/** It is not known yet who is signed in: the storage is read, or a callback is answered. On a server it stays so. */
export interface Starting {
  /** The status. */
  readonly status: 'starting';
  /** Absent. */
  readonly session?: undefined;
  /** Absent. */
  readonly claims?: undefined;
  /** Absent. */
  readonly reason?: undefined;
  /** Absent. */
  readonly error?: undefined;
}

/** Nobody is signed in. */
export interface SignedOut {
  /** The status. */
  readonly status: 'signed_out';
  /** Absent. */
  readonly session?: undefined;
  /** Absent. */
  readonly claims?: undefined;
  /** Why, after a session. */
  readonly reason?: SignedOutReason;
  /** What failed: a `SessionError` or a `RelyingPartyError`. */
  readonly error?: Error;
}

/** Somebody is signed in. */
export interface SignedIn {
  /** The status. */
  readonly status: 'signed_in';
  /** The session. Its token may be due: `fresh` yields one that is not. */
  readonly session: Session;
  /** The claims of the session: who it is. */
  readonly claims: IdTokenClaims;
  /** Absent. */
  readonly reason?: undefined;
  /** What failed last, if the session lives on: a renewal that is tried again, a storage that did not take it. */
  readonly error?: Error;
}

/** There is a session whose token has expired, and it could not be renewed yet: no network, a provider that is down. It is tried again. */
export interface Paused {
  /** The status. */
  readonly status: 'paused';
  /** The session, if it could be read. */
  readonly session?: Session;
  /** The claims of the session. */
  readonly claims?: IdTokenClaims;
  /** Absent. */
  readonly reason?: undefined;
  /** What failed. */
  readonly error?: Error;
}

/** Who is signed in. Frozen, and the same object until something changes. */
export type SessionState = Starting | SignedOut | SignedIn | Paused;

/** How a login in a window is shown. */
export interface PopupOptions {
  /** The features of `window.open`. Default: `popup,width=500,height=700`. */
  features?: string;
}

/** What can be done with a session. No function needs a `this`. */
export interface SessionVerbs {
  /** Resolves once it is known who is signed in. */
  ready(): Promise<SessionState>;
  /**
   * Leaves for the provider. The browser comes back to the page that it left. Concurrent calls are one. Rejects, and the state has the
   * `error`, if there is no way to the provider, or no storage for the login.
   */
  logIn(request?: AuthorizeRequest): Promise<void>;
  /**
   * Logs in in a window of its own. Call it from a click. Rejects with `popup_blocked`, `popup_closed`, `popup_replaced`, or with what
   * `RelyingParty.callback` rejects with.
   */
  logInWithPopup(request?: AuthorizeRequest, how?: PopupOptions): Promise<Session>;
  /**
   * Finishes the login that the browser came back from, and takes the response out of the page's URL. The session does so by itself. A
   * URL is answered once: later calls get the same result, and `undefined` if this page is no callback.
   */
  callback(url?: string | Href): Promise<Session | undefined>;
  /**
   * The session with a token that lives: renewed if it is due, once for all tabs. Rejects with `signed_out`, `session_expired`, or with
   * why it could not be renewed.
   */
  fresh(): Promise<Session>;
  /** Renews the session now, as after a change of rights. */
  refresh(): Promise<Session>;
  /**
   * A `fetch` with the access token, as `RelyingParty.fetchAs`, which needs `api_origins`. Renews the session first if it is due, and
   * once after a 401.
   */
  fetch: typeof globalThis.fetch;
  /**
   * Ends the session in all tabs, then leaves for the provider's logout. Without a network the session here is over all the same, and the
   * promise rejects.
   */
  logOut(request?: EndSessionRequest): Promise<void>;
  /** Stops listening and renewing. The session is not over. */
  close(): void;
}

/** Who is signed in on this page, and what can be done with it. */
export interface PageSession extends SessionVerbs {
  /** The state now. */
  get(): SessionState;
  /** Calls the listener after each change. Yields a function that ends that. */
  subscribe(listener: () => void): () => void;
}

/**
 * Who is signed in, on a page that talks to the provider itself. Create one for each relying party and page, outside of components. It
 * answers the callback if the page is one, and reads the storage. On a server it does nothing, and its state is `starting`.
 */
export function createSession(options: SessionOptions): PageSession;

/** The codes of a `SessionError`. */
export type SessionErrorCode =
  | 'invalid_options'
  | 'signed_out'
  | 'session_ended'
  | 'session_copied'
  | 'session_expired'
  | 'renewal_failed'
  | 'storage_unavailable'
  | 'locks_unavailable'
  | 'lock_timeout'
  | 'popup_blocked'
  | 'popup_closed'
  | 'popup_replaced'
  | 'opener_gone'
  | 'not_a_page';

/** What a session refuses by itself. What the relying party refuses is a `RelyingPartyError`. */
export class SessionError extends Error {
  private constructor();
  /** What went wrong. */
  readonly code: SessionErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** What it is about. */
  readonly details: Readonly<Record<string, string>>;
}

/** All codes of a `SessionError`. */
export function sessionErrorCodes(): SessionErrorCode[];
