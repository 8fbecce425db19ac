import type { ApiRequest, ApiResponse, CallLimits } from './calls.js';
import type { Decision, IdTokenClaims, Verified } from './claims.js';
import type { Clock, HttpRequest, Sleep, Transport, Verifier } from './host.js';
import type { JwkSet, Proofs } from './keys.js';
import type { FrontChannelLogout, Logout, LogoutToken, TokenType } from './logout.js';
import type { AuthorizeRequest, EndSessionRequest, Expectations, Href, Registration, TokenRequest } from './options.js';
import type { Policy } from './policy.js';
import type { Cache, Login, LoginCookies, SealingKeys, SetupReport } from './sans_io.js';
import type { Grant, RefreshedGrant, Session } from './sessions.js';
import type { Store } from './stores.js';

/** The options of a `RelyingParty`. Leave out options you don't need: `undefined` and `null` are refused. */
export interface RelyingPartyOptions extends Omit<Registration, 'signing_keys' | 'dpop_keys'>, Proofs {
  /** The issuer identifier, exactly as the provider publishes it. */
  issuer: string;
  /** Limits and choices. */
  policy?: Policy;
  /** For development: allow `http://` for an issuer on this machine. Default: false. */
  allow_insecure_loopback?: boolean;
  /** What sends requests. Default: in Node `nodeTransport()` of `relyingparty/node`, elsewhere `fetchTransport()`. */
  transport?: Transport;
  /** What checks signatures. Default: in Node `node:crypto`, elsewhere WebCrypto. */
  verifier?: Verifier;
  /** Where pending logins wait. Default: in a page `SessionStorageStore`, elsewhere `MemoryStore`. */
  store?: Store;
  /** Metadata and keys, to share or to keep. Default: an empty cache. */
  cache?: Cache;
  /** The clock. Default: that of the system. */
  clock?: Clock;
  /** Returns secure random bytes. Default: `crypto.getRandomValues`. */
  entropy?: (length: number) => Uint8Array;
  /** The keys for `encode` and `restore`. In Node and `relyingparty/full`; the build for browsers refuses them. */
  sealing_keys?: SealingKeys;
  /** Waits between attempts to fetch keys. Default: `setTimeout`. */
  sleep?: Sleep;
  /** Is told of each request and each check. What it throws is ignored. Node's `diagnostics_channel` gets the same events. */
  on_event?: EventListener;
}

/** Is told of each request after its response, or its failure, and of each check. The events hold no secret. */
export type EventListener = (
  ...event: ['relyingparty:request', RequestEvent] | ['relyingparty:decision', Decision]
) => void;

/** A request that was sent to the provider, or to an API. */
export interface RequestEvent {
  /** The endpoint of the provider; `resource` is an API. */
  readonly endpoint: HttpRequest['endpoint'];
  /** The HTTP method. */
  readonly method: HttpRequest['method'];
  /** The origin, such as `https://op.example`. */
  readonly origin: string;
  /** The status; undefined if there was no response. */
  readonly status: number | undefined;
  /** How long it took, in milliseconds. */
  readonly duration_ms: number;
}

/**
 * A client at one provider. Create one per process. The first call fetches the provider's metadata.
 *
 * The constructor refuses options that cannot work; in a browser whose module is not loaded yet, `create` or the first call
 * refuses some of them instead, before any request. Calls reject with a `RelyingPartyError`, also for what a store throws
 * (`store_failed`); an argument of the wrong type is a `TypeError`.
 *
 * @example
 * const rp = new RelyingParty({ issuer: 'https://op.example', client_id: 'my-client', redirect_uri: 'https://app.example/callback' });
 * const { url } = await rp.authorize({ return_to: '/inbox' });
 */
export class RelyingParty {
  /** Sets up a client. Throws a `ConfigurationError`. */
  constructor(options: RelyingPartyOptions);
  /**
   * Sets up a client after the module was loaded, and checks all options at once. Sends no request. Rejects with
   * `module_unavailable` or a `ConfigurationError`.
   */
  static create(options: RelyingPartyOptions): Promise<RelyingParty>;
  /** The metadata and keys of the provider. `cache.toJson()` keeps them for the next process. */
  readonly cache: Cache;
  /** The issuer, as the options name it. */
  readonly issuer: string;
  /** The client ID, as the options name it. */
  readonly client_id: string;
  /** The redirect URI, as the options name it. */
  readonly redirect_uri: string;
  /**
   * Goes on with what `cache.toJson()` wrote in another page or process. Does nothing if there is a cache already. Rejects with
   * `unreadable_cache`.
   */
  recall(json: string): Promise<void>;
  /**
   * Checks the set-up at the provider before anybody logs in: fetches metadata and keys and looks at endpoints, algorithms,
   * PKCE, redirect URI, client authentication and clock. Problems are findings of the report, not errors. `npx relyingparty
   * check ISSUER` does the same. In Node and `relyingparty/full`; rejects with `invalid_configuration` in the build for browsers.
   */
  check(): Promise<SetupReport>;
  /** The public halves of the `signing_keys`: the document for the client's `jwks_uri`. Sends no request. */
  jwks(): Promise<JwkSet>;
  /**
   * Starts a login. Send the browser to the result's `url`; on a server with `set_cookie` as a `Set-Cookie` header. Rejects with
   * a `ConfigurationError`, or if the provider's metadata could not be fetched, or if the request could not be pushed to the
   * provider (PAR).
   */
  authorize(): Promise<Login>;
  /** The same with a request, which must not be undefined. */
  authorize(request: AuthorizeRequest): Promise<Login>;
  /**
   * Finishes the login that the browser came back from: checks the response, exchanges the code and verifies the ID token.
   *
   * Concurrent calls with the same URL and `id`, of a browser that loads pages ahead, get the same session. A call with a
   * `request` shares nothing.
   *
   * Rejects with a `CallbackError` if the response belongs to no login of this browser (`no_pending_login`, whose
   * `details.reason` says why) or came too late, a `ProviderError` if the provider or the user refused, a `TokenError` if a check
   * of the ID token, or of a signed response, failed.
   *
   * @param url - the URL that the browser came back with, or its query
   * @param held - on a server: the `LoginCookies` of the request, or the id of the login; with the cookies an error can say which
   * of them came. In a page leave it out
   * @param request - what the token request asks for, instead of what the login asked for
   */
  callback(url: string | Href, held?: string | LoginCookies | null, request?: TokenRequest): Promise<Session>;
  /**
   * Finishes a login of `response_mode: 'form_post'`. Like `callback`, with the body of the POST instead of the URL.
   *
   * @param body - the body that the browser posted
   * @param held - the `LoginCookies` of the request, or the id of the login
   * @param request - what the token request asks for, instead of what the login asked for
   */
  callbackFormPost(body: string, held?: string | LoginCookies | null, request?: TokenRequest): Promise<Session>;
  /**
   * The name of the cookie that holds the id of the login that this callback claims to belong to. Undefined if it has no `state`
   * or cannot be read; `callback` then rejects with the error. Prefer `LoginCookies`.
   */
  cookieName(url: string | Href): Promise<string | undefined>;
  /**
   * Gets a session with a new access token. Store it in place of `session`.
   *
   * Refresh tokens can be valid for one use, and a second use can end the session. So refreshes of one session in this process
   * share one request, even if it was restored from its text more than once, and for the next 10 seconds a call with the old
   * session gets the same result. Coordinating several processes is up to the application.
   *
   * Rejects with `no_refresh_token` if the login got none, and with a `ProviderError` whose `error` is `invalid_grant` if the
   * refresh token is no longer valid: log in again.
   *
   * @param request - what this refresh asks for, instead of what the login asked for. Refreshes that ask for different things
   *   run one after the other, each with the session that the one before yielded.
   */
  refresh(session: Session, request?: TokenRequest): Promise<Session>;
  /**
   * Gets tokens for a refresh token that another library obtained for this client and the user `sub`. The result has a session
   * if an ID token came along and passed every check. In Node and `relyingparty/full`.
   */
  refreshToken(refreshToken: string, sub: string, request?: TokenRequest): Promise<RefreshedGrant>;
  /** Fetches the claims of the UserInfo endpoint about the session's user (OIDC Core 5.3). */
  userinfo(session: Session): Promise<Verified>;
  /**
   * Calls an API with the access token of a session or a grant, and with a proof if the token is bound to a key. A nonce that the
   * API asks for costs one more request. Resolves with the response, whatever its status.
   *
   * The token goes to the origins of the login's `resource` and of `api_origins`, and no others (`origin_not_allowed`). Redirects
   * are refused. In a page it needs `api_origins`.
   */
  call(holder: Session | Grant, request: ApiRequest): Promise<ApiResponse>;
  /**
   * A `fetch` that sends the access token of a session or a grant as `call` does. It sends no cookies, and rejects with what
   * `call` rejects with. It does not refresh the session: make another one of the new session. An abort rejects at once, and stops the
   * request that is under way.
   *
   * @param limits - what a response may be and take, instead of 262144 bytes and 10 seconds
   */
  fetchAs(holder: Session | Grant, limits?: CallLimits): typeof globalThis.fetch;
  /** Verifies an ID token that came from elsewhere (OIDC Core 3.1.3.7); its claims. Rejects with a `TokenError`. */
  verify(idToken: string): Promise<Verified<IdTokenClaims>>;
  /** The same with expectations, which must not be undefined. */
  verify(idToken: string, expectations: Expectations): Promise<Verified<IdTokenClaims>>;
  /**
   * The session as sealed text: only who has the `sealing_keys` can read or make it, for this issuer and client. The seal does
   * not prove that a text is the newest one, nor whose browser it came from. Rejects with `invalid_configuration` without keys,
   * with `session_mismatch` for another client's session.
   */
  encode(session: Session): Promise<string>;
  /**
   * Reads a stored session. With `sealing_keys`: what `encode` wrote, without a request. Without them, or with the policy's
   * `accept_unsealed_sessions`: `session.encoded`, whose ID token is verified again, except for its expiry. Rejects with
   * `unreadable_session`: damaged, or sealed with other keys or for another client.
   */
  restore(encoded: string): Promise<Session>;
  /**
   * The URL that logs the user out at the provider (OIDC RP-Initiated Logout 2). End the application's own session first, then
   * send the browser there. Rejects with `endpoint_missing` if the provider has no such endpoint.
   */
  endSession(session?: Session): Promise<string>;
  /** The same with a request, which must not be undefined. */
  endSession(session: Session | undefined, request: EndSessionRequest): Promise<string>;
  /**
   * Begins a logout at the provider (OIDC RP-Initiated Logout 2). End the application's own session first. Then redirect the browser
   * to `url`; if there are `fields`, send it a page with a form that posts them there. If the browser comes back, keep the `state` in a
   * cookie for `loggedOut`. Rejects with `endpoint_missing` if the provider has no such endpoint. In Node and `relyingparty/full`.
   */
  logOut(session?: Session): Promise<Logout>;
  /** The same with a request, which must not be undefined. */
  logOut(session: Session | undefined, request: EndSessionRequest): Promise<Logout>;
  /**
   * Rejects unless the browser comes back from the logout that it began: with `logout_state_missing`, `logout_state_mismatch`,
   * `logout_malformed`. In Node and `relyingparty/full`.
   *
   * @param expected - the `state` of the `Logout`, from a cookie of this browser. Undefined, if there is no such cookie, is refused.
   */
  loggedOut(url: string | Href, expected: string | undefined): Promise<void>;
  /**
   * Verifies a logout token, with which the provider ends sessions (OIDC Back-Channel Logout 2.6). It is good once: refuse it if its
   * `replay_key` was seen before. Answer the provider with 200 once the sessions are gone, with 400 after an error that is not
   * `retryable`, both with `Cache-Control: no-store`. Rejects with a `TokenError`. In Node and `relyingparty/full`.
   *
   * @param logoutToken - the token, from the request's form: see `logoutTokenIn`
   */
  logoutToken(logoutToken: string): Promise<LogoutToken>;
  /**
   * Reads a front-channel logout request, which the provider's page makes through a frame (OIDC Front-Channel Logout 3). Rejects with
   * `logout_malformed` if it has `iss` or `sid` without the other, with `logout_issuer_mismatch`. In Node and `relyingparty/full`.
   */
  frontChannelLogout(url: string | Href): Promise<FrontChannelLogout>;
  /**
   * Revokes the refresh token of a session or a grant, or if it has none its access token (RFC 7009). It makes no difference whether
   * the provider knew it. Rejects with `endpoint_missing` if the provider has no such endpoint; after `revocation_unavailable` try
   * again in `details.retry_after` seconds. After every error the token may still work. In Node and `relyingparty/full`.
   */
  revoke(holder: Session | Grant): Promise<void>;
  /** The same of a token, with a hint about its type. */
  revoke(token: string, tokenTypeHint?: TokenType): Promise<void>;
}
