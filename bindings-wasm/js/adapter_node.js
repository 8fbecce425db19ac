// What the adapters to servers of `node:http` have in common.

import { LONGEST } from './adapter_common.js';

/** The form of a request, whether a body parser has read it before or nobody has. */
export async function formOf(request, parsed = undefined) {
  if (request.method !== 'POST') return undefined;
  if (typeof parsed === 'string' || parsed instanceof Uint8Array) return String(Buffer.from(parsed));
  if (typeof parsed !== 'object' || parsed === null || request.readable) return read(request);
  const pairs = Object.entries(parsed).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  return String(new URLSearchParams(pairs));
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
