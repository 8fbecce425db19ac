// Clients that prove themselves: with keys (private_key_jwt, RFC 7523; DPoP, RFC 9449), or with assertions from elsewhere.

import type { HttpRequest, Reply, VerifyRequest } from './host.js';

/** A JSON Web Key (RFC 7517). Other members are ignored. */
export interface Jwk {
  /** The key type: `EC`, `RSA` or `OKP`. */
  readonly kty?: string;
  /** The algorithm. */
  readonly alg?: string;
  /** The identifier. */
  readonly kid?: string;
  /** The use: `sig`. */
  readonly use?: string;
  /** The operations. Ignored. */
  readonly key_ops?: readonly string[];
  /** Whether the key can be exported. Ignored. */
  readonly ext?: boolean;
  /** The curve of an elliptic key. */
  readonly crv?: string;
  /** The x coordinate, or the public key of Ed25519. */
  readonly x?: string;
  /** The y coordinate. */
  readonly y?: string;
  /** The modulus of an RSA key. */
  readonly n?: string;
  /** The public exponent of an RSA key. */
  readonly e?: string;
  /** Private. */
  readonly d?: string;
  /** Private. */
  readonly p?: string;
  /** Private. */
  readonly q?: string;
  /** Private. */
  readonly dp?: string;
  /** Private. */
  readonly dq?: string;
  /** Private. */
  readonly qi?: string;
}

/** A private `KeyObject` of `node:crypto`. */
export interface PrivateKeyObject {
  /** `private`: others are refused. */
  readonly type: 'private' | 'public' | 'secret';
  /** The type of the key, such as `ec`. */
  readonly asymmetricKeyType?: string | undefined;
  /** What the key was made with. */
  readonly asymmetricKeyDetails?: object | undefined;
}

/** A pair of `KeyObject`s, as `generateKeyPairSync` makes them. */
export interface KeyObjectPair {
  /** The private key, which contains the public one. */
  readonly privateKey: PrivateKeyObject;
}

/** A key that is held elsewhere, in a KMS or an HSM. */
export interface RemoteKey {
  /**
   * Signs the bytes with the algorithm `alg`. The signature has the format of JWS: for ECDSA r and s (RFC 7518 3.4), not DER.
   * What it throws is the `cause` of an `unreachable`.
   */
  sign(
    signing_input: Uint8Array<ArrayBuffer>,
    alg: string,
  ): Uint8Array | ArrayBuffer | Promise<Uint8Array | ArrayBuffer>;
  /** The algorithm to sign with, such as `ES256`. */
  readonly alg: string;
  /** The name of the key at the provider. */
  readonly kid?: string;
  /** The public key. DPoP and `jwks()` need it. */
  readonly jwk?: Jwk;
}

/**
 * A private key: a `CryptoKey` or `CryptoKeyPair`, extractable or not; a `KeyObject` or a pair of them; a private JWK, imported once as a key that
 * cannot be exported; in Node PEM text. DPoP and `jwks()` need the public key too, which a `CryptoKey` alone does not have.
 */
export type PrivateKey = CryptoKey | CryptoKeyPair | PrivateKeyObject | KeyObjectPair | Jwk | string;

/** A key with its name and algorithm. */
export interface NamedKey {
  /** The key, or a pair of keys. */
  readonly key: PrivateKey | RemoteKey;
  /** The algorithm to sign with. Default: that of the key, else `RS256`, `ES256`, `ES384`, `ES512` or `EdDSA`, by its type. */
  readonly alg?: string;
  /** The name of the key at the provider. */
  readonly kid?: string;
  /** The public key, if `key` does not contain it. */
  readonly jwk?: Jwk;
}

/** The key pair in the browser's IndexedDB that `dpopKeyStore` names. */
export interface DpopKeyStore {
  /** Where it is. */
  readonly key_store: object;
}

/** A key of the client, or a function that returns it when it is first needed. */
export type SigningKey =
  | PrivateKey
  | NamedKey
  | RemoteKey
  | DpopKeyStore
  | (() => PrivateKey | NamedKey | RemoteKey | Promise<PrivateKey | NamedKey | RemoteKey>);

/**
 * What a client proves itself with. Private keys do not enter the WebAssembly module: it asks for each signature. Keys are read
 * when they are first needed; `RelyingParty.create` reads them at once. `invalid_configuration` says what is wrong with one.
 */
export interface Proofs {
  /**
   * The client's keys, for `private_key_jwt` (RFC 7523): the first signs, all are in `jwks()`. To rotate them, add the next key
   * behind the first; when the provider has fetched it, put it first; remove the old one a few minutes later.
   */
  signing_keys?: readonly SigningKey[];
  /**
   * The keys that access tokens are bound to (DPoP, RFC 9449): the first for new logins, each for the sessions that have its
   * thumbprint. With them a login accepts only tokens of the type `DPoP`.
   */
  dpop_keys?: readonly SigningKey[];
  /**
   * Returns an assertion that identifies the client and comes from elsewhere (RFC 7521 4.2). Called for each request. Use
   * `tokenFile` of `relyingparty/node`, or your own function.
   */
  client_assertion?: () => string | Promise<string>;
}

/** A key that the host holds, as the core knows it. */
export interface HostKey {
  /** The name by which the core asks for signatures. */
  readonly name: string;
  /** The algorithm to sign with. */
  readonly alg: string;
  /** The name of the key at the provider. */
  readonly kid?: string;
  /** The public key. */
  readonly jwk?: Jwk;
}

/** A JWK Set (RFC 7517 5). Serve it as `application/jwk-set+json`. */
export interface JwkSet {
  /** The keys. */
  readonly keys: readonly Jwk[];
}

/**
 * Makes a P-256 key pair that signs and cannot be exported. It lives as long as the page or process. Rejects with what WebCrypto
 * throws; over plain http there is no WebCrypto.
 */
export function generateDpopKey(): Promise<CryptoKeyPair>;

/**
 * A P-256 key pair in this browser's IndexedDB, for `dpop_keys`. No script can read its private half. It is made when a relying
 * party first needs it, once for all tabs of the origin. If the browser denies storage, that call rejects with `store_failed`. If
 * the browser deletes it (Safari does after a week without a visit), sessions end with `dpop_key_mismatch`.
 */
export function dpopKeyStore(options?: {
  /** The name of the database. Use one per provider to keep providers from recognising the browser. Default: `relyingparty-dpop`. */
  name?: string;
}): DpopKeyStore;

/** A request of the core for a signature. Answer with `{ signature }`, or with `{ unreachable }` if the key cannot be used now. */
export interface SignRequest {
  /** Says which of the kinds of `Request` it is. */
  readonly kind: 'sign';
  /** What the signature is for. */
  readonly purpose: 'client_assertion' | 'client_secret' | 'dpop_proof' | 'request_object';
  /** The `name` of the key in the registration. */
  readonly key: string;
  /** The one algorithm to use. */
  readonly alg: string;
  /** What to sign. */
  readonly signing_input: Uint8Array<ArrayBuffer>;
}

/** A request of the core for an assertion from elsewhere, fresh for this request. Answer with `{ assertion }`. */
export interface AssertionRequest {
  /** Says which of the kinds of `Request` it is. */
  readonly kind: 'assertion';
  /** The type of the assertion: the registration's `client_assertion_type`. */
  readonly assertion_type: string;
  /** The audience: the issuer. */
  readonly audience: string;
}

/** The answer to a `SignRequest`. */
export interface SignatureReply {
  /** The signature in the format of JWS (ECDSA: r and s, RFC 7518 3.4). */
  signature: Uint8Array;
}

/** The answer to an `AssertionRequest`. */
export interface AssertionReply {
  /** The assertion, which is sent as it is. */
  assertion: string;
}

/** Answers the requests of a flow of a client with keys or assertions, for `run`. */
export type ProvingAnswer = (
  request: HttpRequest | VerifyRequest | SignRequest | AssertionRequest,
) => Reply | Promise<Reply>;
