import type { Transport, Verifier } from './index.js';

/** Answers the core's HTTP requests with `node:https`, for what `fetch` cannot be told: whom to trust. */
export function nodeTransport(options?: {
  /** The certificate authorities to trust instead of Node's own, in PEM. */
  ca_pem?: string | Uint8Array;
  /** The same from a file, which is read now. */
  ca_file?: string;
  /** Trust any certificate. For tests only: whoever is on the way can be the provider. */
  danger_accept_invalid_certs?: boolean;
}): Transport;

/** Answers the core's verify requests with `node:crypto`. */
export function nodeVerifier(): Verifier;
