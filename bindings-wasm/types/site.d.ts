import type { Clock, Sleep, Transport, Verifier } from './host.js';
import type { ErrorCode, RelyingPartyError } from './errors.js';
import type { AuthorizeRequest, Href, Registration } from './options.js';
import type { Proofs } from './keys.js';
import type { Policy } from './policy.js';
import type { EventListener, RelyingParty } from './relyingparty.js';
import type { Cache, SealingKeys } from './sans_io.js';
import type { SessionStore } from './session_stores.js';
import type { Session } from './sessions.js';

/** How long the sessions of a site last, and what browsers may carry. Times are in seconds. */
export interface SitePolicy {
  /** A session that nobody used for this long is over. Default: 28800 (8 hours); from 60 to 2592000. */
  idle_secs?: number;
  /**
   * A session is over this long after its login, whatever it was used for, and at the `session_expiry` of its ID token where that comes
   * first. Default: 604800 (7 days); from 60 to 31536000.
   */
  absolute_secs?: number;
  /** How long before the access token expires it is refreshed. Default: 60; from 0 to 3600. */
  refresh_margin_secs?: number;
  /** How long a refresh may hold its lock. A process that dies holds others up for so long. Default: 60; from 5 to 300. */
  lock_secs?: number;
  /** How long a request waits for the refresh of another one. Default: 15; from 0 to 60. */
  lock_wait_secs?: number;
  /** Bytes that all cookies of the site may take together, names included. Default: 6000; from 1000 to 16000. */
  cookie_budget_bytes?: number;
  /**
   * The name of the session's cookie, for sites of one host that must not share it. Over https `__Host-` stands before it.
   * Default: `rp-session`; 1 to 32 letters, digits, `-` and `_`.
   */
  cookie_name?: string;
  /** Where a login leads that names no page: a path of this origin. Default: `/`. */
  after_login?: string;
  /** Where a logout leads that names no page: a path of this origin. Default: `/`. */
  after_logout?: string;
  /** Whether `logout` can be a link. Then any page can log a visitor out. Default: false. */
  logout_by_get?: boolean;
  /**
   * Whether a logout revokes the refresh token and the access token (RFC 7009), before the browser is sent to the provider. What cannot
   * be revoked stops no logout. Default: false.
   */
  revoke_at_logout?: boolean;
}

/** A provider that users of a site log in with, and the registration of the site there. */
export interface SiteProvider extends Omit<Registration, 'signing_keys' | 'dpop_keys' | 'redirect_uri'>, Proofs {
  /** What the site calls it: the parameter `provider` of a login. Default: `default`; 1 to 64 letters, digits, `-`, `_` and `.`. */
  name?: string;
  /** The issuer identifier, exactly as the provider publishes it. */
  issuer: string;
  /**
   * The redirect URI of the registration: any URL of the base URL's origin, apart from those of other providers and from other
   * routes. Default: the base URL with `/callback` for the only provider, with `/callback/` and the name for one of several.
   */
  redirect_uri?: string;
  /** What every login asks for; a visitor's own `prompt` and `login_hint` take the place of these. */
  authorize?: AuthorizeRequest;
  /** Limits and choices. */
  policy?: Policy;
  /** For development: allow `http://` for an issuer on this machine. Default: false. */
  allow_insecure_loopback?: boolean;
  /** What sends requests. Default: in Node `nodeTransport()` of `relyingparty/node`, elsewhere `fetchTransport()`. */
  transport?: Transport;
  /** What checks signatures. Default: in Node `node:crypto`, elsewhere WebCrypto. */
  verifier?: Verifier;
}

/** The options of a `Site`. Leave out options you don't need: `undefined` and `null` are refused. */
export interface SiteOptions {
  /**
   * The URL below which the routes are, as browsers see it, such as `https://app.example/auth`: no slash at its end. Plain http is
   * for this machine only.
   */
  base_url: string;
  /** The providers. The first one is that of a login that names none. */
  providers: readonly SiteProvider[];
  /** The keys that seal what browsers and stores hold. The same in every process: the first seals, all open. */
  sealing_keys: SealingKeys;
  /**
   * Where sessions are kept that all processes share. Without it a session is in the browser's cookies alone, without its refresh
   * token, and nobody but its browser can end it.
   */
  store?: SessionStore;
  /** How long sessions last, and what browsers may carry. */
  policy?: SitePolicy;
  /** Metadata and keys of the providers, to share or to keep. Default: an empty cache. */
  cache?: Cache;
  /** The clock. Default: that of the system. */
  clock?: Clock;
  /** Returns secure random bytes. Default: `crypto.getRandomValues`. */
  entropy?: (length: number) => Uint8Array;
  /** Waits between attempts to fetch keys. Default: `setTimeout`. */
  sleep?: Sleep;
  /** Is told of each request, each check and each `SiteEvent`, which hold no secret. What it throws is ignored. Node's `diagnostics_channel` gets the same events. */
  on_event?: SiteEventListener;
}

/** Is told of what a `RelyingParty` tells of, and of what happens to sessions. */
export type SiteEventListener = (...event: Parameters<EventListener> | ['relyingparty:site', SiteEvent]) => void;

/** What happened to a session. */
export interface SiteEvent {
  /** What happened. */
  readonly kind: SiteHappening['kind'];
  /** The name of the provider, of a login. */
  readonly provider?: string;
  /** The code of the error, if something failed. */
  readonly code?: ErrorCode;
}

/** The headers of a request: `Headers`, pairs, or an object such as `request.headers` in Node. */
export type IncomingHeaders =
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request from a browser. */
export interface Incoming {
  /** The HTTP method. */
  method: string;
  /** The URL, or its path and query, as the application was asked for it. Scheme and host count for nothing. */
  url: string | Href;
  /** The headers, all of them. */
  headers: IncomingHeaders;
  /** The form that was posted (`application/x-www-form-urlencoded`), as text. */
  body?: string | undefined;
}

/** What happened. */
export type SiteHappening =
  | {
      /** A user logged in. */
      readonly kind: 'logged_in';
      /** The name of the provider. */
      readonly provider: string;
      /** The session. */
      readonly session: Session;
    }
  | {
      /** A session was refreshed. */
      readonly kind: 'session_changed';
      /** The session as it is now. */
      readonly session: Session;
    }
  | {
      /** A user logged out, here or at the provider. */
      readonly kind: 'logged_out';
      /** The session that was ended, if it is known. */
      readonly session?: Session;
      /** Why the provider was not told, if it should have been. */
      readonly error?: RelyingPartyError;
    }
  | {
      /** The provider takes the refresh token no longer: the session is over. */
      readonly kind: 'session_ended';
      /** What the provider said. */
      readonly error: RelyingPartyError;
    }
  | {
      /** A login or a logout failed. */
      readonly kind: 'failed';
      /** Why. */
      readonly error: RelyingPartyError;
    };

/** What to send to the browser. `console.log`, `JSON.stringify` and spreading leave headers and body out. */
export interface Handled {
  /** The status. */
  readonly status: number;
  /** The headers as pairs, `Set-Cookie` once for each cookie. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body: a page that posts a form to the provider, else empty. Where a status is shown to a visitor, the page is yours. */
  readonly body: string;
  /** What happened, if anything did. */
  readonly event?: SiteHappening;
}

/** Whose request it is. */
export interface Visit {
  /** The session. Absent: nobody is logged in. */
  readonly session?: Session;
  /** The name of the session's provider. */
  readonly provider?: string;
  /** Values of `Set-Cookie` headers to send with the response to this request. `console.log` leaves them out. */
  readonly set_cookies: readonly string[];
  /** What happened, if anything did. */
  readonly event?: SiteHappening;
  /**
   * Why the session could not be refreshed now. If its access token still lives it is in `session`; else nobody is, but the session
   * is kept: a later request may find it again.
   */
  readonly error?: RelyingPartyError;
}

/**
 * The login of a web application: routes below one URL, and the session of every other request. In Node and `relyingparty/full`.
 * Create one per process.
 *
 * | route, below the base URL | what it does |
 * | --- | --- |
 * | `login` (GET; `return_to`, `prompt`, `login_hint`, `provider`) | sends the browser to the provider |
 * | `callback`, `callback/NAME` (GET, POST) | takes it back: the redirect URI of the registration |
 * | `initiate` (GET, POST; `iss`, `login_hint`, `target_link_uri`) | a login that somebody else begins (OIDC Core 4) |
 * | `logout` (POST; `return_to`) | ends the session here and at the provider |
 * | `logged-out` (GET; `state`) | takes the browser back from there: the post-logout redirect URI |
 * | `backchannel-logout` (POST; `logout_token`) | the provider ends sessions (OIDC Back-Channel Logout 1.0); needs a store |
 * | `frontchannel-logout` (GET; `iss`, `sid`) | the provider ends sessions (OIDC Front-Channel Logout 1.0); needs a store |
 *
 * The adapters `relyingparty/express`, `relyingparty/fastify`, `relyingparty/fetch` and `relyingparty/next` call it for you.
 *
 * @example
 * const site = new Site({
 *   base_url: 'https://app.example/auth',
 *   providers: [{ issuer: 'https://op.example', client_id: 'my-client', client_secret: '…' }],
 *   sealing_keys: [Buffer.from(process.env.SESSION_KEY, 'hex')],
 * });
 */
export class Site {
  /**
   * Sets up a site. Throws a `ConfigurationError`: `invalid_configuration`, `policy_out_of_range`. Where the module is not loaded yet, the first
   * call refuses some of it instead.
   */
  constructor(options: SiteOptions);
  /** The URL below which the routes are. */
  readonly base_url: string;
  /** The metadata and keys of the providers. `cache.toJson()` keeps them for the next process. */
  readonly cache: Cache;
  /**
   * Loads the module and has the keys of the providers at hand. `handle` and `visit` do so themselves. Rejects with `module_unavailable` or
   * a `ConfigurationError`.
   */
  ready(): Promise<void>;
  /**
   * Whether a URL is that of a route: then the request is one for `handle`. What a proxy takes off the front of a path may be missing. Throws
   * `module_unavailable` where the module is not loaded yet: see `ready`.
   */
  handles(url: string | Href): boolean;
  /**
   * Answers a request to one of the routes. Let it end even if the browser has gone. What a visitor or a provider does wrong is an
   * answer with an event of kind `failed`. Rejects with `store_unavailable`, whose `cause` is what the store threw, and with what is the application's own fault,
   * such as `implausible_clock`.
   */
  handle(incoming: Incoming): Promise<Handled>;
  /**
   * Whose request this is: nobody's, or that of a session, which is refreshed when it is due. Let it end even if the browser has
   * gone. Rejects as `handle` does.
   */
  visit(incoming: Incoming): Promise<Visit>;
  /**
   * The relying party of a provider, the first one unless another is named, for its other verbs: `userinfo`, `call`, `fetchAs`. It
   * shares cache, keys and transport with the site. Throws `invalid_configuration` for a name that no provider has.
   */
  relyingParty(name?: string): RelyingParty;
  /**
   * Adds a provider while the site runs. Rejects with a `ConfigurationError`.
   */
  addProvider(provider: SiteProvider): Promise<void>;
  /** Takes the provider of this name off while the site runs, if there is one. Its sessions are nobody's from now on. */
  removeProvider(name: string): void;
}
