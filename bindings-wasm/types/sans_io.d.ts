import type { ApiRequest, ApiResponse } from './calls.js';
import type { Decision, IdTokenClaims, Verified } from './claims.js';
import type { ErrorCode } from './errors.js';
import type { Answer, Clock, Reply, Request, Sleep } from './host.js';
import type { JwkSet } from './keys.js';
import type { FrontChannelLogout, Logout, LogoutToken, TokenType } from './logout.js';
import type { AuthorizeRequest, EndSessionRequest, Expectations, Href, Registration, TokenRequest } from './options.js';
import type { Policy } from './policy.js';
import type { Grant, RefreshedGrant, Session } from './sessions.js';

declare const proof: unique symbol;

/** An operation that waits for its host. Answer `request` with `resume` until it is undefined, then read `result`. */
export interface Flow<T> {
  /** What the operation waits for; undefined when it is over. */
  readonly request: Request | undefined;
  /** The result of the operation. Throws a `TypeError` while it waits, and after it failed. */
  readonly result: T;
  /** Continues with the reply to `request`. Throws the error that ends the operation. */
  resume(reply: Reply): void;
}

/**
 * Runs a flow to its end; its result. If `answer` throws, the request has failed. `sleep` waits before the flow's next attempt;
 * the default uses `setTimeout`.
 */
export function run<T>(flow: Flow<T>, answer: Answer, sleep?: Sleep): Promise<T>;

/**
 * Metadata and keys of providers. Losing it costs a fetch, never a check. Share it only between relying parties that trust the
 * same certificate authorities.
 */
export class Cache {
  /** An empty cache. */
  constructor();
  /** Reads what `toJson` wrote. Throws `unreadable_cache`. */
  static fromJson(json: string): Cache;
  /** The cache as JSON text. It holds no secret, but whoever can write it can replace keys. */
  toJson(): string;
}

/** What providers and clients work with. */
export interface Context {
  /** Limits and choices. Default: those of the core. */
  policy?: Policy;
  /** Metadata and keys, to share. Default: an empty cache. */
  cache?: Cache;
  /** The clock. Default: that of the system. */
  clock?: Clock;
}

/** What finds a provider. */
export interface ProviderContext extends Context {
  /** For development: allow `http://` for an issuer on this machine. Default: false. */
  allow_insecure_loopback?: boolean;
}

/** What a client works with. */
export interface ClientContext extends Context {
  /** The keys for `seal` and `restore`. In Node and `relyingparty/full`. */
  sealing_keys?: SealingKeys;
}

/** A provider with its metadata. */
export class Provider {
  private constructor();
  /** The flow that gets the provider's metadata, from the cache while they are fresh, else from the issuer. */
  static discover(issuer: string, context?: ProviderContext): Flow<Provider>;
  /** A provider from its metadata document (JSON text), without a request. */
  static fromMetadata(issuer: string, json: string, context?: ProviderContext): Provider;
  /** The flow that fetches the provider's keys now, whatever the cache holds. */
  refreshKeys(context?: Context): Flow<KeyReport>;
  /** The issuer identifier. */
  readonly issuer: string;
  /** The checks that were made, in order. */
  readonly decisions: readonly Decision[];
  /** The metadata document (OIDC Discovery 3). */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Which keys of a key set can be used, and which cannot. */
export interface KeyReport {
  /** The keys that can check signatures. */
  readonly usable: readonly {
    /** The key's identifier, if it has one. */
    readonly kid?: string;
    /** The key's algorithm, if it has one. */
    readonly alg?: string;
    /** The SHA-256 thumbprint in base64url (RFC 7638). */
    readonly thumbprint: string;
  }[];
  /** The keys that cannot be used. */
  readonly dropped: readonly {
    /** The position in the key set. */
    readonly index: number;
    /** The key's identifier, if that can be read. */
    readonly kid?: string;
    /** Why the key cannot be used. */
    readonly reason: string;
  }[];
}

/** The parameters of an authorization response. Untrusted. */
export class CallbackParams {
  private constructor();
  /** Reads a response in a query: the query with or without `?`, or the whole URL. Throws a `CallbackError`. */
  static parse(urlOrQuery: string | Href): CallbackParams;
  /** Reads a response that the browser posted as a form (`response_mode: 'form_post'`). Throws a `CallbackError`. */
  static parseFormPost(body: string): CallbackParams;
  /** The public name of the login that the response claims to belong to; undefined without `state`. */
  readonly handle: string | undefined;
  /** Whether the provider signed it (JARM): then `Client.signedCallback` takes it. */
  readonly is_signed: boolean;
  /** The name of the cookie that holds the id of that login, for a client with an https redirect URI; undefined without `state`. */
  readonly cookie_name: string | undefined;
  /** The name of the cookie that holds the id of that login, for a client with this redirect URI; undefined without `state`. */
  cookieNameAt(redirect_uri: string): string | undefined;
  /**
   * The `id` to look up in the store, and the `reason` for `unclaimed` if there is none or the store does not have it.
   *
   * @param held - the id that the browser holds, or its `LoginCookies`
   * @param redirect_uri - the redirect URI of the client
   * @param in_page - whether the store is `in_page`: the `id` is then empty if the browser holds none
   */
  loginId(
    held: string | LoginCookies | null | undefined,
    redirect_uri: string,
    in_page?: boolean,
  ): LookedUp;
  /**
   * Throws the `CallbackError` for a response that belongs to no login: `state_missing` without `state`, `pending_login_expired`
   * if the store told `'expired'`, else `no_pending_login`.
   *
   * @param reason - the one from `loginId`
   * @param told - what `whyMissing` of the store returned, if the store has it
   */
  unclaimed(reason?: string, told?: string | null): never;
  /** The parameter of this name, such as Apple's `user`. Untrusted. */
  get(name: string): string | undefined;
}

/** What to look up in the store for a callback. */
export interface LookedUp {
  /** The id of the login; undefined if the browser holds none. */
  readonly id: string | undefined;
  /** Why there is no login, if there is no `id` or the store does not have it. */
  readonly reason: string;
}

/**
 * The login cookies that a browser sent. In Node and `relyingparty/full`.
 *
 * A page of another site can start any number of logins in a browser, each with its cookie, and servers refuse requests whose
 * headers are too large. So the newest eight stay, within 6,000 bytes. Clear the others.
 */
export class LoginCookies {
  /** Reads the value of the `Cookie` header. Join several headers with `'; '`. Other cookies are ignored. */
  constructor(header?: string | null);
  /**
   * The id of the login that this callback belongs to, for `callback`. Undefined if this browser has no such login. `response`
   * is the callback's URL or query, or the `CallbackParams` of a form post.
   */
  id(response: CallbackParams | string | Href): string | undefined;
  /** The names of the cookies to clear with the response that starts another login. */
  surplus(): string[];
  /** The names of the cookies to clear with the response to a callback, whether the login succeeded or failed. */
  ended(response: CallbackParams | string | Href): string[];
}

/** The value of the `Set-Cookie` header that deletes the login cookie of this name. */
export function clearCookie(name: string): string;

/** An authorization code that belongs to its login. An exchange uses it up. */
export interface AuthorizationCode {
  /** The checks that were made, in order. */
  readonly decisions: readonly Decision[];
  /** Nobody but `Client.callback` and `Client.signedCallback` can make one. */
  readonly [proof]: never;
}

/** One thing that `check` looked at. */
export interface Finding {
  /** What was checked: `discovery`, `clock`, `keys`, the name of an endpoint or of an option. */
  readonly topic: string;
  /** `ok`, `warning`, or `error`: no login can work. */
  readonly verdict: 'ok' | 'warning' | 'error';
  /** What the provider or the configuration has there. */
  readonly found: string;
  /** What to do about it; empty if there is nothing to do. */
  readonly advice: string;
  /** The code of the error that a login would end with; absent if it would not fail. */
  readonly code?: ErrorCode;
}

/** What `check` found about a set-up. */
export interface SetupReport {
  /** Whether logins can work: no finding is an `error`. */
  readonly ok: boolean;
  /** What was checked, in order. */
  readonly findings: readonly Finding[];
}

/** The flow of `RelyingParty.check`. Not in the build for browsers. */
export function checkSetup(issuer: string, registration: Registration, context?: ProviderContext): Flow<SetupReport>;

/** A login that has started. */
export interface Login {
  /** Where to send the browser. */
  readonly url: string;
  /** The id that ties the login to its browser. On a server it is the value of the cookie; a page need not keep it. Secret. */
  readonly id: string;
  /** The public name of the login. */
  readonly handle: string;
  /** The name of the login cookie: `__Host-rp-` and the handle, or `rp-` and the handle if the redirect URI is http on this machine. */
  readonly cookie_name: string;
  /** The value of the `Set-Cookie` header for the login cookie. Secret. */
  readonly set_cookie: string;
  /**
   * The login cookie as arguments: `response.cookie(...login.cookie)` in Express, `ctx.cookies.set(...login.cookie)` in Koa. For
   * frameworks whose `maxAge` is in seconds (Fastify, Hono, Next.js) use `set_cookie`. In Node and `relyingparty/full`. Secret.
   */
  readonly cookie: LoginCookieArguments;
  /** How long the login may take, in seconds: the `Max-Age` of the cookie. */
  readonly max_age: number;
  /** When the login expires, in Unix seconds. */
  readonly expires_at: number;
  /** Why the `return_to` was dropped; absent if it was kept, or if there was none. */
  readonly return_to_dropped?: string;
  /** What the provider fetches, if the registration has a `request_uri_base`. */
  readonly request_object?: RequestObject;
  /** The checks that were made, in order. */
  readonly decisions: readonly Decision[];
}

/**
 * A signed authorization request that the provider fetches from the application (RFC 9101 5.2). Serve `body` by GET at the path of
 * `request_uri` before the browser is sent to the provider.
 */
export interface RequestObject {
  /** Where the provider fetches it: `request_uri_base` and a name that nobody can guess, good for one login. */
  readonly request_uri: string;
  /** The `Content-Type` to serve it with (RFC 9101 5.2.3). */
  readonly content_type: 'application/oauth-authz-req+jwt';
  /** What to serve: a JWT. */
  readonly body: string;
  /** When it expires, in Unix seconds. Remove it then. */
  readonly expires_at: number;
}

/** The login cookie as Express and Koa take it. */
export type LoginCookieArguments = readonly [name: string, value: string, options: LoginCookieOptions];

/** The attributes of the login cookie. */
export interface LoginCookieOptions {
  /** Always `/`. */
  readonly path: '/';
  /** Always true. */
  readonly httpOnly: true;
  /** False only if the redirect URI is http on this machine, where Safari would not keep the cookie. */
  readonly secure: boolean;
  /** `none` for `form_post`, but absent if the cookie is not `secure`; else `lax`. */
  readonly sameSite?: 'lax' | 'none';
  /** How long the login may take, in milliseconds. */
  readonly maxAge: number;
}

/** A login that has started, and what its callback will be checked against. */
export interface StartedLogin extends Login {
  /** The pending login, for a store that only this application can read: it contains the PKCE verifier. */
  readonly pending: string;
}

/** A login that somebody else waits for, as the store had it. */
export interface OtherLogin {
  /** The key: the id that the browser holds. */
  id: string;
  /** The public name of the login. */
  handle: string;
  /** What to keep. Secret. */
  pending: string;
  /** How long to keep it, in Unix seconds. */
  expires_at: number;
  /** How long to keep it, in seconds from now. */
  max_age: number;
}

/** One registration at one provider, without I/O: each verb is a value or a flow. */
export class Client {
  /** The client `registration` at `provider`. Throws a `ConfigurationError` if they do not fit together. */
  constructor(provider: Provider, registration: Registration, context?: ClientContext);
  /** Whether the cache still holds the metadata that this client was made with, and they are fresh. */
  isCurrent(): boolean;
  /**
   * Whether this client proves something with its requests, by keys or assertions. The verbs that send them then need `entropy`:
   * at least 32 secure random bytes, used for that call only. They throw `entropy_missing` without.
   */
  needsEntropy(): boolean;
  /** The public halves of the signing keys: the document for the client's `jwks_uri`. */
  jwks(): JwkSet;
  /** Starts a login. `entropy`: at least 32 secure random bytes, used for this call only. */
  authorize(request: AuthorizeRequest | undefined, entropy: Uint8Array): StartedLogin;
  /** Checks that an authorization response belongs to `pending`: same state, issuer and client, and not too late. */
  callback(pending: string | undefined, params: CallbackParams): AuthorizationCode;
  /**
   * Whether the requests of logins are pushed (RFC 9126) or signed (RFC 9101). Then `authorize` throws `proving_needed`, and
   * `authorizeInSteps` starts logins.
   */
  authorizesInSteps(): boolean;
  /**
   * The flow that starts a login as `authorize` does, its request pushed or signed. `entropy`: at least 32 secure random bytes,
   * used for this call only.
   */
  authorizeInSteps(request: AuthorizeRequest, entropy: Uint8Array): Flow<StartedLogin>;
  /**
   * The flow that takes a response in any response mode, verifies its signature if it is signed (JARM), and checks it as
   * `callback` does.
   */
  signedCallback(pending: string | undefined, params: CallbackParams): Flow<AuthorizationCode>;
  /**
   * What to put back into the store, because somebody else waits for it: a login that does not belong to this client or to this
   * response. Undefined if it does.
   */
  putBack(pending: string, params: CallbackParams): OtherLogin | undefined;
  /** The flow that exchanges the code for a session. It uses the code up. */
  exchange(code: AuthorizationCode, request?: TokenRequest, entropy?: Uint8Array): Flow<Session>;
  /** The flow that yields a session with a new access token. Run one refresh at a time for one session. */
  refresh(session: Session, request?: TokenRequest, entropy?: Uint8Array): Flow<Session>;
  /** The flow that yields tokens for a refresh token that another library obtained for the end user `sub`. */
  refreshToken(
    refreshToken: string,
    sub: string,
    request?: TokenRequest,
    entropy?: Uint8Array,
  ): Flow<RefreshedGrant>;
  /** The flow that fetches the end user's claims from the UserInfo endpoint. */
  userinfo(session: Session, entropy?: Uint8Array): Flow<Verified>;
  /**
   * The flow that calls an API with the access token of a session or a grant. The token goes to the origins of the login's
   * `resource` and of the registration's `api_origins`, and no others (`origin_not_allowed`).
   */
  call(holder: Session | Grant, request: ApiRequest, entropy?: Uint8Array): Flow<ApiResponse>;
  /** The flow that verifies an ID token from elsewhere. */
  verify(idToken: string): Flow<Verified<IdTokenClaims>>;
  /** The same with expectations, which must not be undefined. */
  verify(idToken: string, expectations: Expectations): Flow<Verified<IdTokenClaims>>;
  /** The session as sealed text, for `restore`. `entropy`: at least 32 secure random bytes, used for this call only. */
  seal(session: Session, entropy: Uint8Array): string;
  /** The flow that reads a stored session: what `seal` wrote, or `session.encoded`. */
  restore(encoded: string): Flow<Session>;
  /** The URL that logs the user out at the provider. */
  endSession(request?: EndSessionRequest, session?: Session): string;
  /**
   * Begins a logout at the provider: a URL, or a form where that would be too long, and the `state` for `loggedOut`. `entropy`: at
   * least 32 secure random bytes, used for this call only. In Node and `relyingparty/full`, as all of what follows.
   */
  logOut(request: EndSessionRequest | undefined, entropy: Uint8Array, session?: Session): Logout;
  /** The flow that verifies a logout token (OIDC Back-Channel Logout 2.6). */
  logoutToken(logoutToken: string): Flow<LogoutToken>;
  /** What a front-channel logout request says (OIDC Front-Channel Logout 3). */
  frontChannelLogout(url: string | Href): FrontChannelLogout;
  /** The flow that revokes the refresh token of a session or a grant, or if it has none its access token (RFC 7009). */
  revoke(holder: Session | Grant, tokenTypeHint?: undefined, entropy?: Uint8Array): Flow<void>;
  /** The same of a token, with a hint about its type. */
  revoke(token: string, tokenTypeHint?: TokenType, entropy?: Uint8Array): Flow<void>;
}

/**
 * The keys for stored sessions: 1 to 8 keys of 32 secure random bytes each, used for nothing else. Keep them where the client
 * secret is. The first key seals, all of them open, so that keys can be rotated.
 */
export type SealingKeys = readonly Uint8Array[];

/**
 * Seals and opens the stored sessions of one client without the provider: a process that has just started can open them while
 * the provider is down. `RelyingParty.encode` and `restore` do the same. Not in the build for browsers.
 */
export class SessionSeal {
  /** The seal of the sessions of the client `client_id` at `issuer`. */
  constructor(
    issuer: string,
    client_id: string,
    options: {
      /** The keys. */
      sealing_keys: SealingKeys;
      /** Limits and choices. */
      policy?: Policy;
      /** For development: allow `http://` for an issuer on this machine. Default: false. */
      allow_insecure_loopback?: boolean;
    },
  );
  /** The session as sealed text: only who has the keys can read or make it. `entropy`: at least 32 secure random bytes. */
  seal(session: Session, entropy: Uint8Array): string;
  /**
   * The session in a sealed text. Undefined for a text that is not sealed, if the policy has `accept_unsealed_sessions`: give
   * that one to `Client.restore`. Throws `unreadable_session`.
   */
  open(stored: string): Session | undefined;
}

export {};
