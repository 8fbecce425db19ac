// Calls of APIs with an access token.

import type { Decision } from './claims.js';
import type { Method } from './host.js';
import type { Href } from './options.js';

/** What a response of an API may be and take. */
export interface CallLimits {
  /** The largest body, in bytes after decompression: at most 67108864. */
  max_response_bytes: number;
  /** The time for the whole exchange, in seconds: at most 3600. */
  timeout_secs: number;
}

/** A request for an API, without its access token. */
export interface ApiRequest {
  /** The method. Default: `GET`. */
  method?: Method;
  /** The absolute URL. */
  url: string | Href;
  /** Headers by their names, or as pairs. `Authorization` and `DPoP` are set by the library, `Content-Length` by the transport. */
  headers?: Readonly<Record<string, string>> | readonly (readonly [name: string, value: string])[];
  /** The body. Text is sent as UTF-8. */
  body?: string | Uint8Array;
  /** What the response may be and take. Default: 262144 bytes and 10 seconds. */
  limits?: CallLimits;
}

/** What an API answered, whatever the status. `console.log` and `JSON.stringify` leave headers and body out. */
export interface ApiResponse {
  /** The status code. */
  readonly status: number;
  /** The headers as pairs; names in upper or lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body after decompression. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** What the API wants instead, if it refused the access token (401 or 403) and says so. */
  readonly challenge?: Challenge;
  /** The checks that were made, in order. */
  readonly decisions: readonly Decision[];
}

/**
 * The challenge of an API that wants another token, or another login (RFC 6750 3, RFC 9449 7.1, RFC 9470 3). All of it is the
 * API's word.
 */
export interface Challenge {
  /** `Bearer` or `DPoP`, as the API spells it. */
  readonly scheme: string;
  /**
   * `invalid_token`: refresh. `insufficient_scope`: ask for `scope`. `insufficient_user_authentication`: log in again with
   * `acr_values` and `max_age`. Absent: the API wants a token and says no more.
   */
  readonly error?: string;
  /** The same for people. */
  readonly error_description?: string;
  /** The scopes that are wanted, separated by spaces. */
  readonly scope?: string;
  /** The authentication contexts that are wanted, separated by spaces (RFC 9470 3). */
  readonly acr_values?: string;
  /** How long ago the end user may have authenticated, in seconds (RFC 9470 3). */
  readonly max_age?: number;
  /** Where the API says what it is (RFC 9728 5.1). Not fetched. */
  readonly resource_metadata?: string;
}
