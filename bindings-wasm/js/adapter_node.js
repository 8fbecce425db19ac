// What the adapters to servers of `node:http` have in common.

import { LONGEST, variedBy } from './adapter_common.js';

/** The form of a request, whether a body parser has read it before or nobody has. */
export async function formOf(request, parsed = undefined) {
  if (request.method !== 'POST') return undefined;
  if (typeof parsed === 'string' || parsed instanceof Uint8Array) return String(Buffer.from(parsed));
  if (typeof parsed !== 'object' || parsed === null || request.readable) return read(request);
  const pairs = Object.entries(parsed).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  return String(new URLSearchParams(pairs));
}

/**
 * Sees to it that no cache gives the response of a visit to anybody else, whatever the application says of caches by the time it
 * sends it.
 */
export function keepApart(response, { set_cookies }) {
  const { writeHead } = response;
  response.writeHead = (status, ...more) => {
    const message = typeof more[0] === 'string' ? more.splice(0, 1) : [];
    for (const [name, values] of pairsOf(more.find(Boolean))) response.setHeader(name, values);
    response.setHeader('Vary', variedBy([response.getHeader('Vary') ?? []].flat().join(', ')));
    if (set_cookies.length > 0) response.setHeader('Cache-Control', 'no-store');
    return writeHead.call(response, status, ...message);
  };
}

/** What `writeHead` is given: an object, pairs, or names and values in turn. Yields each name once. */
function pairsOf(headers) {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {});
  const flat = headers.flat(headers.every(Array.isArray) ? 1 : 0);
  const all = new Map();
  for (let at = 0; at < flat.length; at += 2) {
    const [name, value] = [String(flat[at]).toLowerCase(), flat[at + 1]];
    all.set(name, all.has(name) ? [all.get(name), value].flat() : value);
  }
  return all;
}

async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= LONGEST) break;
  }
  return Buffer.concat(chunks).subarray(0, LONGEST).toString();
}
