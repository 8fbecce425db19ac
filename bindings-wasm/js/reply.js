// A host's reply to a request of the core: what is there is of its type, or the reply is refused.

import { own } from './bare.js';
import { bytes, optionalText, text, wrongType } from './values.js';

/** A reply to `request` as the core takes it: each member read once. Throws a TypeError that says what is wrong. */
export function checkedReply(reply, request) {
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply))
    throw wrongType(reply, 'the reply', 'an object');
  const has = (name) => Object.hasOwn(reply, name);
  // Only `true` is good.
  if (has('verified')) return { __proto__: null, verified: reply.verified === true };
  if (has('unreachable'))
    return {
      __proto__: null,
      unreachable: text(reply.unreachable, 'unreachable'),
      cause: own(reply, 'cause'),
    };
  if (has('signature')) return { __proto__: null, signature: bytes(reply.signature, 'the signature') };
  if (has('assertion')) return { __proto__: null, assertion: text(reply.assertion, 'the assertion') };
  if (has('waited')) return { __proto__: null, waited: reply.waited === true };
  if (has('unsupported')) return { __proto__: null, unsupported: reply.unsupported === true };
  if (!has('status'))
    throw new TypeError(
      'the reply has neither status, verified, signature, assertion, unreachable, waited nor unsupported',
    );
  return {
    __proto__: null,
    status: status(reply.status),
    headers: headers(own(reply, 'headers')),
    body: body(own(reply, 'body'), request),
    url: optionalText(own(reply, 'url'), 'the reply’s url'),
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
  const pairs = value.map((pair) =>
    [0, 1].map((at) => JSON.stringify(text(own(pair, at), 'a header’s name or value'))),
  );
  return text(`[${pairs.map((pair) => `[${pair}]`)}]`, 'the headers');
}

/** One byte beyond the limit is enough for the core to refuse it. */
function body(value, { kind, limits }) {
  const whole = bytes(value, 'the reply’s body');
  return kind === 'http' ? whole.subarray(0, limits.max_response_bytes + 1) : whole.subarray(0, 0);
}
