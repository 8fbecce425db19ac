// Calls of APIs: what is asked of them, what they answer, and a `fetch` that does both.

import { member } from './bare.js';
import { core } from './core.js';
import { invalid, label, options, record } from './options.js';
import { bytes, discreet, frozen } from './values.js';

/** As much of an answer as one may ask for, in bytes, and for how long one may wait for it, in seconds. */
const LARGEST = 2 ** 26;
const LONGEST = 3600;
/** Statuses of responses that have no body (Fetch 2.2.3). */
const BODILESS = /^(?:204|205|304)$/;

const LIMITS = {
  __proto__: null,
  max_response_bytes: /* @__PURE__ */ upTo(LARGEST),
  timeout_secs: /* @__PURE__ */ upTo(LONGEST),
};
const READERS = {
  __proto__: null,
  method: label,
  url: (value, name) => label(typeof value === 'object' && value ? member(value, 'href') : value, name),
  headers,
  body: (value, name) => (typeof value === 'string' ? new TextEncoder().encode(value) : octets(value, name)),
  limits: limitsOf,
};

/** A request for an API as it is now, whatever becomes of the object. */
export const requested = (given) => options(given, READERS, 'the request');

/** The same as the core takes it. */
export function apiRequest(given) {
  const { method = 'GET', url, headers = [], body = new Uint8Array(), limits } = requested(given);
  if (url === undefined) throw invalid('url', 'is missing');
  const request = new (core().ApiRequest)(method, url, JSON.stringify(headers), body);
  return limits ? request.limited(limits.max_response_bytes, limits.timeout_secs) : request;
}

const answer = /* @__PURE__ */ discreet('ApiResponse', ['headers', 'body']);

/** What an API answered: the response that a flow yields. */
export const answered = (flow) => answer({ ...frozen(flow.text()), body: flow.answerBody() });

/** The `fetch` of whoever has an access token. `call` sends a request with it. */
export function fetchWith(call, given) {
  const more = given === undefined ? {} : { limits: limitsOf(given, 'limits') };
  return async (input, init) => {
    const request = new Request(input, init);
    const { method, signal } = request;
    const url = request.url.split('#', 1)[0];
    signal.throwIfAborted();
    const body = new Uint8Array(await request.arrayBuffer());
    const asked = { __proto__: null, method, url, headers: [...request.headers], body, ...more };
    const { status, headers, body: came } = await unlessAborted(call(asked, signal), signal);
    const response = new Response(BODILESS.test(status) ? null : came, { __proto__: null, status, headers });
    return Object.defineProperty(response, 'url', { __proto__: null, value: url });
  };
}

function unlessAborted(answer, signal) {
  let aborted;
  const stopped = new Promise((_, reject) => {
    aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted);
  });
  return Promise.race([answer, stopped]).finally(() => signal.removeEventListener('abort', aborted));
}

/** Headers as pairs, of an object or of pairs. */
function headers(value, name) {
  const pairs = Array.isArray(value) ? Array.from(value) : Object.entries(record(value, name));
  if (!pairs.every(isPair)) throw invalid(name, 'are not text by their names, or pairs of texts');
  return pairs.map(([name, value]) => [label(name, 'headers'), label(value, 'headers')]);
}

const isPair = (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string');

function octets(value, name) {
  try {
    return bytes(value, name);
  } catch {
    throw invalid(name, 'is neither text nor a Uint8Array');
  }
}

function limitsOf(value, name) {
  const limits = options(value, LIMITS, name);
  for (const limit of Object.keys(LIMITS)) if (limits[limit] === undefined) throw invalid(limit, 'is missing');
  return limits;
}

function upTo(most) {
  return (value, name) => {
    if (Number.isSafeInteger(value) && value > 0 && value <= most) return value;
    throw invalid(name, `is not a number from 1 to ${most}`);
  };
}
