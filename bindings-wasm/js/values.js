// How values cross the boundary: text, numbers and bytes, each of its type before the core sees it, and all else as
// JSON text. What is of another type is a TypeError that says so, and does not show the value.

import { member, own } from './bare.js';

/** Far beyond everything the core accepts, and little enough to be copied into the module's memory. */
const LONGEST_TEXT = 2 ** 24;

/**
 * A string, as it is; of one that is too long for the core anyhow, as much as it takes for the core to see that it is:
 * all that it reads is bounded, or JSON, which is none once it is cut.
 */
export function text(value, name) {
  if (typeof value !== 'string') throw wrongType(value, name, 'a string');
  return value.slice(0, LONGEST_TEXT);
}

/** A string, or nothing. */
export function optionalText(value, name) {
  return value === undefined || value === null ? undefined : text(value, name);
}

/** A URL as text, of an object that has it as its `href` too: a `URL` of any realm, `location`, a framework's own. */
export function urlText(value, name) {
  return text(typeof value === 'object' && value ? member(value, 'href') : value, name);
}

/** A `Uint8Array` (of any realm, a `Buffer` is one), as a copy that nobody else has. */
export function bytes(value, name) {
  if (!ArrayBuffer.isView(value) || value[Symbol.toStringTag] !== 'Uint8Array')
    throw wrongType(value, name, 'a Uint8Array');
  return new Uint8Array(value);
}

/** A function that is an argument. */
export function action(value, name) {
  if (typeof value !== 'function') throw wrongType(value, name, 'a function');
  return value;
}

/** What the clock says; what is no time is the time of a clock that is not set, which the core refuses. */
export function secondsOf(clock) {
  const now = clock();
  return typeof now === 'number' && Number.isFinite(now) ? now : 0;
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
 * Makes a maker of values of one kind: frozen, and with their `secrets` there for who asks by name, while `console.log`,
 * `JSON.stringify` and spreading pass over them: a log is no place for them. The kind is what Node's console calls them.
 * The secrets are the class's to read and not hidden members of each value: to hide one takes as long as all the rest.
 * A secret that is given as a function is what that makes, once somebody asks.
 */
export function discreet(kind, secrets) {
  const secret = new Set(secrets);
  class Discreet {
    static name = kind;
    #members;

    constructor(members) {
      this.#members = members;
      for (const name of Object.keys(members)) if (!secret.has(name)) this[name] = members[name];
      Object.freeze(this);
    }

    static {
      for (const name of secrets)
        Object.defineProperty(this.prototype, name, {
          __proto__: null,
          get() {
            const value = own(this.#members, name);
            return typeof value === 'function' ? (this.#members[name] = value()) : value;
          },
        });
    }
  }
  return (members) => new Discreet(members);
}

/** The time in Unix seconds. */
export function systemClock() {
  return Math.floor(Date.now() / 1000);
}

export function wrongType(value, name, expected) {
  return new TypeError(`${name} has to be ${expected}, not ${value === null ? 'null' : typeof value}`);
}
