import type { AssertionReply, AssertionRequest, SignRequest, SignatureReply } from './keys.js';

/** A method of HTTP. Requests to a provider are `GET` or `POST`. */
export type Method = 'GET' | 'POST' | 'HEAD' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** A request of the core for an HTTP exchange. */
export interface HttpRequest {
  /** Says which of the kinds of `Request` it is. */
  readonly kind: 'http';
  /** The endpoint of the provider; `resource` is an API. */
  readonly endpoint: 'discovery' | 'jwks' | 'token' | 'userinfo' | 'pushed_authorization_request' | 'revocation' | 'resource';
  /** Whether concurrent requests for the same URL may share one response. */
  readonly coalesces: boolean;
  /** The HTTP method. */
  readonly method: Method;
  /** The absolute URL. */
  readonly url: string;
  /** The headers as pairs. They can contain secrets. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body. It can contain secrets. */
  readonly body?: Uint8Array<ArrayBuffer>;
  /**
   * Send it with the client's TLS certificate and never without (RFC 8705). `nodeTransport` with a `client_cert` does; a transport
   * that has none refuses it.
   */
  readonly client_certificate?: true;
  /** The limits that the host enforces. */
  readonly limits: {
    /** The largest body, in bytes after decompression: stop reading past it. The core refuses a body that is one byte longer. */
    readonly max_response_bytes: number;
    /** The time for the whole exchange, in seconds, from connecting to the last byte. */
    readonly timeout_secs: number;
  };
}

/** A request of the core to check a signature, if the build or the policy leaves signatures to the host. */
export interface VerifyRequest {
  /** Says which of the kinds of `Request` it is. */
  readonly kind: 'verify';
  /** The one JWS algorithm to use, such as `RS256`. */
  readonly alg: string;
  /** The public key: a JWK as JSON text. */
  readonly jwk: string;
  /** What was signed. */
  readonly signing_input: Uint8Array<ArrayBuffer>;
  /** The signature in the format of JWS (ECDSA: r and s, RFC 7518 3.4). */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** A pause before the next attempt. Answer with `{ waited: true }` after it, or at once with `{ unsupported: true }`. */
export interface WaitRequest {
  /** Says which of the kinds of `Request` it is. */
  readonly kind: 'wait';
  /** When the next attempt is due, in Unix seconds. */
  readonly until: number;
  /** How long to wait, in seconds from when the flow asked. */
  readonly seconds: number;
}

/** What a flow asks of its host. */
export type Request = HttpRequest | VerifyRequest | SignRequest | AssertionRequest | WaitRequest;

/** An HTTP response, of whatever status. */
export interface HttpReply {
  /** The status code. */
  status: number;
  /** The headers as pairs; names in upper or lower case. */
  headers: readonly (readonly [name: string, value: string])[];
  /** The body after decompression. */
  body: Uint8Array;
  /** The URL that answered, if known: any other than the request's is refused. */
  url?: string;
}

/** The answer to a `VerifyRequest`. */
export interface VerifiedReply {
  /** Whether the signature is right. */
  verified: boolean;
}

/** No response arrived, or it broke a limit. */
export interface UnreachableReply {
  /** Why, without secrets: it becomes part of the error. */
  unreachable: string;
  /** What the HTTP client threw: it becomes the `cause` of the error. */
  cause?: unknown;
}

/** The time of a `WaitRequest` has come. */
export interface WaitedReply {
  /** Says that it is this kind of reply. */
  waited: true;
}

/** The host cannot answer requests of this kind. */
export interface UnsupportedReply {
  /** Says that it is this kind of reply. */
  unsupported: true;
}

/** What a host answers to a `Request`. */
export type Reply =
  | HttpReply
  | VerifiedReply
  | SignatureReply
  | AssertionReply
  | UnreachableReply
  | WaitedReply
  | UnsupportedReply;

/** What sends requests: a function. */
export interface Transport {
  /**
   * Sends a request as it is, within its limits: follows no redirect, adds no cookies or credentials. Throws if there is no
   * response. `aborted` comes with the requests of `fetchAs`: once it is, nobody waits for the response, so stop the request.
   */
  (request: HttpRequest, aborted?: AbortSignal): HttpReply | Promise<HttpReply>;
  /**
   * Whether it shows a TLS certificate of the client's where `client_certificate` asks for it. In Node this is the default of
   * `tls_client_certificate`. `nodeTransport` says it; on a transport of your own the property must be its own.
   */
  readonly has_client_cert?: boolean;
}
/** Checks a signature. Throws if it cannot be checked. */
export type Verifier = (request: VerifyRequest) => VerifiedReply | Promise<VerifiedReply>;
/** Answers the requests of a flow, for `run`. A client with keys or assertions needs a `ProvingAnswer`. */
export type Answer = (request: HttpRequest | VerifyRequest) => Reply | Promise<Reply>;
/** Waits the given seconds; what it returns is awaited. */
export type Sleep = (seconds: number) => unknown;
/** Returns the time in Unix seconds. */
export type Clock = () => number;

/**
 * Sends requests with `fetch`. Which certificates it trusts and which proxy it uses is up to the runtime: Node's `fetch` obeys
 * `NODE_TLS_REJECT_UNAUTHORIZED` and, from Node 24 on, `NODE_USE_ENV_PROXY`; Deno's and Bun's obey `HTTPS_PROXY` and
 * `ALL_PROXY`. The default in Node is `nodeTransport` of `relyingparty/node` instead.
 *
 * It refuses requests that need a client certificate: a page cannot choose one, the browser does.
 */
export function fetchTransport(options?: {
  /** The function to use. Default: `globalThis.fetch`. */
  fetch?: typeof globalThis.fetch;
}): Transport;

/** Checks signatures with WebCrypto. */
export function webVerifier(): Verifier;
