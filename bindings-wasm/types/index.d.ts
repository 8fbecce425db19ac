/** Claims as the provider signed or served them. Numbers are those of `JSON.parse`: beyond 2^53 they are rounded. */
export interface Claims {
  readonly iss?: string;
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** The claims of a validated ID token. */
export interface IdTokenClaims extends Claims {
  readonly iss: string;
  readonly aud: string | readonly string[];
  /** Unix seconds. */
  readonly exp: number;
  /** Unix seconds. */
  readonly iat: number;
}

/** One thing that was checked, and how it went. Secret values are described, never shown. */
export interface Decision {
  readonly check: string;
  /** The section of the specification that asks for it. */
  readonly rule: string;
  readonly expected: string;
  readonly found: string;
  readonly passed: boolean;
}

/** Claims that passed every check, and the checks. */
export interface Verified<T extends Claims = Claims> {
  readonly claims: T;
  /** Whether the provider vouches for `email`: only a JSON `true` counts. */
  readonly email_verified: boolean;
  /** The same for providers that write the text `"true"`. */
  readonly email_verified_lenient: boolean;
  readonly decisions: readonly Decision[];
}

/**
 * A completed login. It cannot be made by hand: holding one is the proof that every check passed. `console.log`,
 * `JSON.stringify` and spreading leave the tokens out.
 */
export interface Session extends Verified<IdTokenClaims> {
  readonly id_token: string;
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly token_type: string;
  readonly scope: readonly string[];
  /** When the access token expires, in Unix seconds, if the provider says. */
  readonly expires_at?: number;
  /** Where the login was to return to. */
  readonly return_to?: string;
  /** Further members of the token response, such as `session_state`. */
  readonly other_members: Readonly<Record<string, unknown>>;
  /** The session as text, for `restore`. It holds the tokens: keep it where they may be. */
  readonly encoded: string;
}

/** The client as it is registered at the provider (OIDC Dynamic Registration 2). */
export interface Registration {
  client_id: string;
  /** Exactly as registered. */
  redirect_uri: string;
  /** Of a confidential client. Never in a browser. */
  client_secret?: string;
  /** `openid profile email` when not set. */
  scopes?: readonly string[];
  /** Chosen from the provider's metadata when not set. */
  token_endpoint_auth_method?: 'none' | 'client_secret_basic' | 'client_secret_post';
  /** The only algorithm for ID tokens. HS256, HS384 and HS512 are used only when they are named here. */
  id_token_signed_response_alg?: string;
  /** The UserInfo response is a JWT (`application/jwt`), signed with this algorithm and no other. */
  userinfo_signed_response_alg?: string;
  post_logout_redirect_uri?: string;
  /** Audiences an ID token may name beside the client. */
  trusted_audiences?: readonly string[];
  /** Other spellings of the issuer in this provider's tokens. */
  issuer_aliases?: readonly string[];
  /** A logout URL for providers whose metadata has none. */
  end_session_endpoint?: string;
  end_session_redirect_parameter?: string;
}

/** Numbers and choices with safe defaults; all times in seconds. Values out of bounds are refused. */
export interface Policy {
  /** Another set of defaults. */
  preset?: 'openidconnect_jl';
  /** How long a login may take: 600. */
  state_timeout_secs?: number;
  /** How far the provider's clock may be off: 60, at most 300. */
  allowed_skew_secs?: number;
  /** How long metadata and keys are fresh: 600. */
  key_refresh_secs?: number;
  /** The pause between attempts to fetch keys: 30. */
  key_cooldown_secs?: number;
  /** How long metadata and keys are used when they cannot be refreshed: 86400. */
  key_hard_age_secs?: number;
  /** Keys in a key set: 100, at most 1000. A set with more is refused. */
  max_keys?: number;
  /** Bytes of a response, after decompression: 262144. */
  max_response_bytes?: number;
  /** Bytes of a token that is read: 16384, at most 65536. */
  max_token_bytes?: number;
  /** Bytes of a token's decoded header: 4096, at most 8192. */
  max_header_bytes?: number;
  /** Bytes of the `kid` in a token's header: 256, at most 256. */
  max_kid_bytes?: number;
  /** Characters of `sub`: 255, at most 255. */
  max_sub_bytes?: number;
  /** How deep objects and arrays may nest in what the provider sends: 16, at most 32. */
  max_json_depth?: number;
  /** Members of one object or array in what the provider sends: 512, at most 1024. */
  max_json_members?: number;
  /** Bytes of an authorization response: 16384, at most 16384. */
  max_callback_bytes?: number;
  /** Bytes of one parameter of an authorization response: 8192, at most 8192. */
  max_parameter_bytes?: number;
  /** Time for one GET of metadata or keys: 5. */
  metadata_timeout_secs?: number;
  /** Time for one request to the token or UserInfo endpoint: 10. */
  token_timeout_secs?: number;
  /** Who checks signatures: the host, in `relyingparty/full` the core. */
  signatures?: 'host' | 'core';
  /** Whether sessions, claims and errors carry the decisions made: yes. */
  record_decisions?: boolean;
  /** Take a token response without `token_type` as Bearer: no. */
  accept_missing_token_type?: boolean;
}

/** What to ask of the provider for one login (OIDC Core 3.1.2.1). What is asked for is checked on return. */
export interface AuthorizeRequest {
  scopes?: readonly string[];
  prompt?: string;
  display?: string;
  /** Seconds since the end user authenticated. */
  max_age?: number;
  /** Separated by spaces. */
  ui_locales?: string;
  /** Separated by spaces. */
  claims_locales?: string;
  id_token_hint?: string;
  login_hint?: string;
  /** A wish, separated by spaces; for a demand use `claims`. */
  acr_values?: string;
  claims?: Readonly<Record<string, unknown>>;
  response_mode?: 'query' | 'form_post';
  resource?: readonly string[];
  /** Further parameters, none that the library sets itself. */
  extra?: Readonly<Record<string, string>>;
  /** A path of this application to go to after the login. */
  return_to?: string;
}

/** What to ask of the provider for a logout (OIDC RP-Initiated Logout 2). */
export interface EndSessionRequest {
  id_token_hint?: string;
  post_logout_redirect_uri?: string;
  state?: string;
  logout_hint?: string;
  /** Separated by spaces. */
  ui_locales?: string;
  extra?: Readonly<Record<string, string>>;
}

/** What an ID token has to answer to beyond what is always checked. */
export interface Expectations {
  nonce?: string;
  /** Seconds since the end user authenticated. */
  max_age?: number;
  /** Whether `auth_time` has to be there. */
  auth_time?: boolean;
  acr_values?: readonly string[];
  sub?: string;
  /** The access token that `at_hash` belongs to. */
  access_token?: string;
}

/** A login that has started. */
export interface Login {
  /** Where to send the browser. */
  readonly url: string;
  /** Finds the pending login again. A server keeps it in the cookie `cookie_name`, HttpOnly; a page needs not keep it. */
  readonly id: string;
  /** The public name of the login. */
  readonly handle: string;
  readonly cookie_name: string;
  /** How long the cookie is good for, in seconds. */
  readonly max_age: number;
  /** Unix seconds. */
  readonly expires_at: number;
}

/** A request of the core for an HTTP exchange. */
export interface HttpRequest {
  readonly kind: 'http';
  readonly endpoint: 'discovery' | 'jwks' | 'token' | 'userinfo';
  /** Whether concurrent requests for the same URL may share one answer. */
  readonly coalesces: boolean;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly limits: {
    /** After decompression. Hand over what is one byte longer, and the core refuses it. */
    readonly max_response_bytes: number;
    /** For the whole exchange. */
    readonly timeout_secs: number;
  };
}

/** A request of the core for a signature check, by a build or a policy that leaves them to the host. */
export interface VerifyRequest {
  readonly kind: 'verify';
  /** The JWS algorithm to use, and no other. */
  readonly alg: string;
  /** The public key: JSON text of a JWK with its public members only. */
  readonly jwk: string;
  readonly signing_input: Uint8Array<ArrayBuffer>;
  /** As JWS has it. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

export type Request = HttpRequest | VerifyRequest;

export interface HttpReply {
  status: number;
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array;
  /** The URL that answered, if known: any other than the request's is refused. */
  url?: string;
}

export interface VerifiedReply {
  verified: boolean;
}

/** There is no answer. `cause` becomes that of the error, if there is one. */
export interface UnreachableReply {
  unreachable: string;
  cause?: unknown;
}

export type Reply = HttpReply | VerifiedReply | UnreachableReply;

/** Sends a request, follows no redirect, adds no credentials, keeps to the limits. It throws when there is no answer. */
export type Transport = (request: HttpRequest) => HttpReply | Promise<HttpReply>;
/** Checks a signature. It throws when it cannot tell. */
export type Verifier = (request: VerifyRequest) => VerifiedReply | Promise<VerifiedReply>;
export type Answer = (request: Request) => Reply | Promise<Reply>;
/** The time in Unix seconds. */
export type Clock = () => number;

/** Where a login waits for its callback. `take` takes it out: it yields an entry once. */
export interface Store {
  /** Only the browser that started a login can reach its entry: `take` is called without an `id` too. Never on a server. */
  readonly in_page?: true;
  /** `max_age` in seconds from now, `expires_at` in Unix seconds: for stores that want one or the other. */
  put(login: {
    id: string;
    handle: string;
    pending: string;
    expires_at: number;
    max_age: number;
  }): void | Promise<void>;
  take(login: {
    id: string | undefined;
    handle: string | undefined;
  }): string | undefined | null | Promise<string | undefined | null>;
}

/** In memory, for a server that is one process: bounded, expiring; found by `id` only. */
export class MemoryStore implements Store {
  constructor(options?: { limit?: number; clock?: Clock });
  readonly size: number;
  put(login: { id: string; pending: string; expires_at: number }): void;
  take(login: { id: string | undefined }): string | undefined;
}

/** In the tab's `sessionStorage`, for single-page applications: entries are named by handle. */
export class SessionStorageStore implements Store {
  readonly in_page: true;
  constructor(options?: { storage?: Storage; prefix?: string; clock?: Clock });
  put(login: { id: string; handle: string; pending: string; expires_at: number }): void;
  take(login: { id?: string | undefined; handle: string | undefined }): string | undefined;
}

/** Answers the core's HTTP requests with `fetch`. */
export function fetchTransport(options?: { fetch?: typeof globalThis.fetch }): Transport;
/** Answers the core's verify requests with WebCrypto. */
export function webVerifier(): Verifier;

export interface RelyingPartyOptions extends Registration {
  /** The issuer identifier, exactly as the provider publishes it. */
  issuer: string;
  policy?: Policy;
  /** Take an issuer that is plain http on this machine. For development. */
  allow_insecure_loopback?: boolean;
  /** `fetchTransport()`. */
  transport?: Transport;
  /** WebCrypto; in Node `node:crypto`. */
  verifier?: Verifier;
  /** A page's `SessionStorageStore`; elsewhere a `MemoryStore`. */
  store?: Store;
  cache?: Cache;
  clock?: Clock;
  /** `crypto.getRandomValues`. */
  entropy?: (length: number) => Uint8Array;
}

/**
 * One provider, one registration, and what it takes to talk: each verb of the protocol is a plain call. The first
 * call loads the module, checks the options and discovers the provider. Calls reject with `RelyingPartyError`; a value
 * of the wrong type is a `TypeError`.
 */
export class RelyingParty {
  constructor(options: RelyingPartyOptions);
  readonly cache: Cache;
  /** Starts a login and puts it into the store. Send the browser to its `url`. */
  authorize(request?: AuthorizeRequest): Promise<Login>;
  /** Ends a login, with the URL (or query) that the browser came back with, and the `id` that the browser holds. */
  callback(url: string | URL, id?: string | null): Promise<Session>;
  /** Ends a login of `response_mode: 'form_post'`, with the body that the browser posted. */
  callbackFormPost(body: string, id?: string | null): Promise<Session>;
  /** The name of the cookie that holds the `id`, if this is the browser that started the login. */
  cookieName(url: string | URL): Promise<string | undefined>;
  /**
   * New tokens for a session's refresh token, which is good for one use: concurrent calls for one session are one. Use
   * the old session no more.
   */
  refresh(session: Session): Promise<Session>;
  /** The claims of the UserInfo endpoint, about the session's end user. */
  userinfo(session: Session): Promise<Verified>;
  /** Validates an ID token from elsewhere. */
  verify(idToken: string, expectations?: Expectations): Promise<Verified<IdTokenClaims>>;
  /** The session of an `encoded` text. */
  restore(encoded: string): Promise<Session>;
  /** Where to send the browser to log out at the provider. */
  endSession(session?: Session, request?: EndSessionRequest): Promise<string>;
}

/** Loads the WebAssembly module: a URL, a response, bytes or a compiled module instead of the file beside the code. */
export function init(source?: InitSource): Promise<void>;
export type InitSource = string | URL | Response | BufferSource | WebAssembly.Module;

// The sans-IO layer.

/** An operation that waits for its host: answer `request`, `resume` with the reply, until there is none. */
export interface Flow<T> {
  readonly request: Request | undefined;
  readonly result: T;
  resume(reply: Reply): void;
}

/** Carries a flow to its end. When `answer` throws, the request has failed. */
export function run<T>(flow: Flow<T>, answer: Answer): Promise<T>;

/** All that is remembered between logins. Losing it costs a fetch, never a check. */
export class Cache {
  constructor();
  static fromJson(json: string): Cache;
  /** Nothing in it is secret, but whoever can write it can replace keys. */
  toJson(): string;
}

export interface Context {
  policy?: Policy | undefined;
  cache?: Cache | undefined;
  clock?: Clock | undefined;
}

/** A provider whose metadata passed every check. */
export class Provider {
  private constructor();
  static discover(issuer: string, context?: Context & { allow_insecure_loopback?: boolean }): Flow<Provider>;
  /** A provider whose metadata is at hand, as JSON text. */
  static fromMetadata(
    issuer: string,
    json: string,
    context?: { allow_insecure_loopback?: boolean },
  ): Provider;
  refreshKeys(context?: Context): Flow<KeyReport>;
  readonly issuer: string;
  readonly decisions: readonly Decision[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Which keys of a key set can be used, and what is wrong with the others. */
export interface KeyReport {
  /** With the RFC 7638 thumbprint of each. */
  readonly usable: readonly { readonly kid?: string; readonly alg?: string; readonly thumbprint: string }[];
  readonly dropped: readonly { readonly index: number; readonly kid?: string; readonly reason: string }[];
}

/** The parameters of an authorization response; nothing of them is trusted yet. */
export class CallbackParams {
  private constructor();
  static parse(urlOrQuery: string | URL): CallbackParams;
  static parseFormPost(body: string): CallbackParams;
  /** The public name of the login that the response claims to belong to. */
  readonly handle: string | undefined;
  /** The name of the cookie that holds that login's id, if this is the browser that started it. */
  readonly cookie_name: string | undefined;
  /** Any parameter, such as Apple's `user`. Untrusted. */
  get(name: string): string | undefined;
}

/** Proof that an authorization response belongs to its login. Good for one exchange. */
export interface AuthorizationCode {
  readonly decisions: readonly Decision[];
  readonly __authorizationCode: never;
}

/** One registration at one provider: the verbs of the protocol, each a value or a flow. */
export class Client {
  constructor(provider: Provider, registration: Registration, context?: Context);
  /** Whether the cache holds the metadata that this client was made with, and they are fresh. */
  isCurrent(): boolean;
  authorize(request: AuthorizeRequest | undefined, entropy: Uint8Array): Login & { readonly pending: string };
  callback(pending: string | undefined, params: CallbackParams): AuthorizationCode;
  exchange(code: AuthorizationCode): Flow<Session>;
  refresh(session: Session): Flow<Session>;
  userinfo(session: Session): Flow<Verified>;
  verify(idToken: string, expectations?: Expectations): Flow<Verified<IdTokenClaims>>;
  restore(encoded: string): Flow<Session>;
  endSession(request?: EndSessionRequest): string;
}

// Errors.

export * from './errors.js';
