import type { Transport, Verifier } from './host.js';

/**
 * Sends requests with `node:https`: the default in Node. Environment variables do not turn off the verification of
 * certificates, and name no proxy unless `proxy_from_environment` is set. `NODE_EXTRA_CA_CERTS` adds certificate authorities, as
 * everywhere in Node. In Deno and Bun `node:https` is their own and obeys their rules.
 *
 * It asks for no compression. A compressed response is decompressed all the same (gzip, deflate, Brotli), and the limit counts
 * the decompressed bytes. Any other coding is refused with `compressed_response`.
 *
 * Throws `invalid_configuration` for an option of the wrong type, a file that cannot be read or has no certificate, a key that is
 * not the certificate's, and a proxy that is not an `http:` URL. No error shows anything of a key.
 */
export function nodeTransport(options?: {
  /** The certificate authorities to trust instead of Node's own: PEM text with one or more certificates. */
  ca_pem?: string | Uint8Array;
  /** The same as the path of a file, which is read now. */
  ca_file?: string;
  /** Trust any certificate. For tests only: anybody on the network can impersonate the provider. Default: false. */
  danger_accept_invalid_certs?: boolean;
  /**
   * The client's certificate (RFC 8705) as PEM text, with the certificates between it and its authority behind it. It is shown to
   * a server that asks for one, on requests whose `client_certificate` is true; all other requests go over connections without it.
   * Through a proxy it goes to the provider, not to the proxy. A `RelyingParty` with this transport authenticates with it
   * (`tls_client_auth`) unless `token_endpoint_auth_method` or `signing_keys` say otherwise.
   */
  client_cert?: string | Uint8Array;
  /** The private key of `client_cert` as PEM text. Neither errors nor `console.log` show it. */
  client_key?: string | Uint8Array;
  /** The passphrase of `client_key`, if that is encrypted. */
  client_key_passphrase?: string | Uint8Array;
  /**
   * The URL of an HTTP proxy: `http://user:password@proxy.example:3128`. Every request goes through a tunnel (`CONNECT`), and
   * TLS to the provider is verified through it. Requests to this machine (`localhost`, `127.0.0.0/8`, `::1`) do not go through
   * it. Neither errors nor `console.log` show the password.
   */
  proxy?: string;
  /**
   * Use the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` (upper or lower case), except for the hosts in `NO_PROXY`.
   * They are read now. Default: false.
   */
  proxy_from_environment?: boolean;
}): Transport;

/** Checks signatures with `node:crypto`. */
export function nodeVerifier(): Verifier;

/**
 * Reads an assertion from a file, for `client_assertion`: the projected token of a Kubernetes service account, for example. The
 * file is read again for each request; one line end at its end is dropped.
 */
export function tokenFile(path: string): () => Promise<string>;
