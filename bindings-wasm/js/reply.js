// A host's reply to a request of the core: what is there is of its type, or the reply is refused.

import { bytes, optionalText, record, text } from './values.js';

/** A reply to `request` as the core takes it: each member read once. Throws a TypeError that says what is wrong. */
export function checkedReply(reply, request) {
  record(reply, 'the reply');
  // Only `true` is good.
  if ('verified' in reply) return { verified: reply.verified === true };
  if ('unreachable' in reply)
    return { unreachable: text(reply.unreachable, 'unreachable'), cause: reply.cause };
  if (!('status' in reply)) throw new TypeError('the reply has neither status, verified nor unreachable');
  return {
    status: status(reply.status),
    headers: headers(reply.headers),
    body: body(reply.body, request),
    url: optionalText(reply.url, 'the reply’s url'),
  };
}

function status(value) {
  if (Number.isInteger(value) && value >= 0 && value <= 999) return value;
  throw new TypeError('the reply’s status has to be a number from 0 to 999');
}

/** As JSON text. */
function headers(value) {
  if (!Array.isArray(value) || !value.every(Array.isArray))
    throw new TypeError('the reply’s headers have to be an array of [name, value]');
  const pairs = value.map(([name, content]) => [text(name, 'a header’s name'), text(content, 'a header')]);
  return text(JSON.stringify(pairs), 'the headers');
}

/** One byte beyond the limit is enough for the core to refuse it. */
function body(value, { limits }) {
  const whole = bytes(value, 'the reply’s body');
  return limits ? whole.subarray(0, limits.max_response_bytes + 1) : whole.subarray(0, 0);
}
