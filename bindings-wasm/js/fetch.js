// The transport on `fetch`: browsers, Node, workers.

import { member, own } from './bare.js';
import { callable, options } from './options.js';

/** Nothing of the user's goes along and nothing is kept. A runtime that knows no cookies or cache knows no such member. */
const ISOLATED = { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' };

const UNTOLD =
  'a page is not told why. Either the server is down, or CORS does not allow this origin there, or connect-src of the ' +
  'Content-Security-Policy lacks the server: the console of the developer tools says which. A URL that opens in a tab ' +
  'of its own is not down';

const READERS = { __proto__: null, fetch: callable };

/**
 * Answers the core's HTTP requests with `fetch`, within the limits that each request states: the whole exchange
 * takes at most `timeout_secs`, reading stops once the body is larger than `max_response_bytes` (the core then
 * refuses it), and no redirect is followed. `aborted`: a signal of who waits no longer.
 */
export function fetchTransport(given = {}) {
  const { fetch = (...args) => globalThis.fetch(...args) } = options(given, READERS);
  const isolated = Object.fromEntries(
    Object.entries(ISOLATED).filter(([member]) => Object.hasOwn(globalThis.Request.prototype, member)),
  );
  return async function answer(request, aborted) {
    // What is to be sent with the client's TLS certificate is never sent without.
    if (own(request, 'client_certificate'))
      throw new Error('fetch has no client certificate: a page cannot choose one, nodeTransport takes one');
    const stop = new AbortController();
    const giveUp = () => stop.abort(aborted.reason);
    aborted?.addEventListener('abort', giveUp);
    if (aborted?.aborted) giveUp();
    const timeout = setTimeout(
      () => stop.abort(new Error(late(request))),
      request.limits.timeout_secs * 1000,
    );
    try {
      const response = await explained(() =>
        fetch(request.url, {
          __proto__: null,
          method: request.method,
          headers: request.headers,
          body: member(request, 'body') ?? null,
          redirect: 'manual',
          signal: stop.signal,
          ...isolated,
        }),
      );
      // A browser hides where a redirect points and that it was one: the core refuses an unknown final URL alike.
      if (response.type === 'opaqueredirect')
        return { status: response.status, headers: [], body: new Uint8Array(), url: '' };
      const body = await read(response.body, request.limits.max_response_bytes);
      return {
        status: response.status,
        headers: [...response.headers],
        body,
        url: finalUrl(request, response),
      };
    } finally {
      clearTimeout(timeout);
      aborted?.removeEventListener('abort', giveUp);
      stop.abort();
    }
  };
}

/** What `fetch` yields, or a failure that says what a page can know of it: nothing, by intent. */
async function explained(fetching) {
  try {
    return await fetching();
  } catch (cause) {
    // Nobody but a browser has an origin.
    if (!(cause instanceof TypeError) || typeof globalThis.origin !== 'string') throw cause;
    throw new Error(`${cause.message}: ${UNTOLD}`, { cause });
  }
}

/** What to say once the time is up. */
export function late(request) {
  return `no complete answer within ${request.limits.timeout_secs} s`;
}

/** The body; of one that is too large the first `limit + 1` bytes, which is enough for the core to see it. */
export async function read(stream, limit) {
  const chunks = [];
  let length = 0;
  for (const reader = stream?.getReader(); reader && length <= limit;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  return join(chunks, Math.min(length, limit + 1));
}

/** The first `length` bytes of `chunks`, in one piece. */
export function join(chunks, length) {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(0, length - offset);
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** The URL that answered, as the request spells it when it is the same: `fetch` reports a normalised one. */
function finalUrl(request, response) {
  if (!response.url) return undefined;
  return response.url === new URL(request.url).href ? request.url : response.url;
}
