// How values cross the boundary: text, numbers and bytes, each of its type before the core sees it, and all else as
// JSON text. What is of another type is a TypeError that says so, and does not show the value.

/** Far beyond everything the core accepts, and little enough to be copied into the module's memory. */
const LONGEST_TEXT = 2 ** 24;

/** A string, as it is. */
export function text(value, name) {
  if (typeof value !== 'string') throw wrongType(value, name, 'a string');
  if (value.length > LONGEST_TEXT) throw new TypeError(`${name} is longer than ${LONGEST_TEXT} characters`);
  return value;
}

/** A string, or nothing. */
export function optionalText(value, name) {
  return value === undefined || value === null ? undefined : text(value, name);
}

/** A URL, which may be a `URL`, as text. */
export function urlText(value, name) {
  return text(typeof value !== 'string' && value instanceof URL ? value.href : value, name);
}

/** A `Uint8Array` (of any realm, a `Buffer` is one), as a copy that nobody else has. */
export function bytes(value, name) {
  if (!ArrayBuffer.isView(value) || value[Symbol.toStringTag] !== 'Uint8Array')
    throw wrongType(value, name, 'a Uint8Array');
  return new Uint8Array(value);
}

/** An object of named members. */
export function record(value, name) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongType(value, name, 'an object');
  return value;
}

/** A function. */
export function callable(value, name) {
  if (typeof value !== 'function') throw wrongType(value, name, 'a function');
  return value;
}

/** What the clock says. */
export function secondsOf(clock) {
  const now = clock();
  if (typeof now !== 'number') throw wrongType(now, 'what the clock yields', 'a number');
  return now;
}

/**
 * Options as JSON text. What JSON would drop or alter is refused; a member that is undefined is there, and null: the
 * core refuses that, since a check whose value is missing must not be one that is not made.
 */
export function json(options, name) {
  return text(JSON.stringify(record(options, name), expressible), name);
}

/** A JSON text as a value that is frozen all the way down. `JSON.parse` makes `__proto__` a member like any other. */
export function frozen(text) {
  return freeze(JSON.parse(text));
}

function freeze(value) {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/**
 * A frozen copy whose `secrets` are there for who asks by name, and which `console.log`, `JSON.stringify` and
 * spreading pass over: a log is no place for them.
 */
export function discreet(value, secrets) {
  const copy = { ...value };
  for (const name of secrets) {
    if (name in copy) Object.defineProperty(copy, name, { enumerable: false });
  }
  return Object.freeze(copy);
}

/** The time in Unix seconds. */
export function systemClock() {
  return Math.floor(Date.now() / 1000);
}

function expressible(member, value) {
  if (value === undefined) return null;
  const kind = typeof value;
  if (kind === 'function' || kind === 'symbol' || (kind === 'number' && !Number.isFinite(value)))
    throw new TypeError(`${member} is ${kind === 'number' ? value : `a ${kind}`}, which JSON cannot express`);
  return value;
}

function wrongType(value, name, expected) {
  return new TypeError(`${name} has to be ${expected}, not ${value === null ? 'null' : typeof value}`);
}
