// Options, as they are read at the door: each member once, the object's own and no other, into an object without a
// prototype. One rule holds at every depth: a member that is there has a value of its type. One that is undefined,
// null, inherited, unknown or of another type is `invalid_configuration`, never a check that is not made.

import { member, own } from './bare.js';
import { invalid, storeFailed } from './errors.js';

export { invalid };

const DEEPEST = 32;
const LONGEST = 2 ** 24;
const NULLS = /^(?:claims|authorization_details)$/;

/** A plain object: one whose members, but for those that every object has, are all its own. */
export function record(value, name) {
  if (isPlain(value)) return value;
  throw invalid(name, 'is not a plain object');
}

function isPlain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const above = Object.getPrototypeOf(value);
  return above === null || isRoot(above);
}

/** Whether this is the `Object.prototype` of whatever realm, and not options that others are made from. */
function isRoot(object) {
  return Object.getPrototypeOf(object) === null && Object.hasOwn(object, 'isPrototypeOf');
}

/**
 * The members of `given`, each as its reader of that name reads it: `reader(value, name)`. What no reader is for goes
 * to `rest`, or is refused.
 */
export function options(given, readers, what = 'the options', rest = unknown) {
  const read = Object.create(null);
  for (const name of Object.getOwnPropertyNames(record(given, what))) {
    const reader = readers[name];
    if (reader) read[name] = reader(given[name], name);
    else rest(name, given[name], readers);
  }
  return read;
}

function unknown(name, _value, readers) {
  throw invalid(name, `is not known: known are ${Object.keys(readers).join(', ')}`);
}

/** Readers of a member. */
export const flag = (value, name) => kept(value === true || value === false, value, name, 'true or false');
export const callable = (value, name) => kept(typeof value === 'function', value, name, 'a function');
/** A clock in seconds, as that of JWTs; not in milliseconds, as that of `Date`. */
export const clock = (value, name) => {
  callable(value, name);
  return () => {
    const now = value();
    if (now > 1e11) throw invalid(name, 'tells milliseconds: divide by 1000');
    return now;
  };
};
export const label = (value, name) =>
  kept(typeof value === 'string' && value.length <= LONGEST, value, name, 'text');
export const count = (value, name) =>
  kept(Number.isSafeInteger(value) && value > 0, value, name, 'a number above 0');
export const instance = (Type, what) => (value, name) => kept(value instanceof Type, value, name, what);
/** The member as it is now, whatever becomes of the object. */
export const copied = (value, name) => JSON.parse(json(value, name));

function kept(good, value, name, what) {
  if (good) return value;
  throw invalid(name, `is not ${what}`);
}

/**
 * A store: its methods, its own or its class's, and whether only the browser that started a login can reach it. What it
 * throws becomes `store_failed`. `used` and `whyMissing` are there for who wants to: without them nothing is remembered.
 */
export function storeOf(value, name) {
  if (typeof value !== 'object' || value === null) throw invalid(name, 'is not a store');
  for (const method of ['put', 'take']) callable(member(value, method), `${name}.${method}`);
  const marks = ['used', 'whyMissing'].every((method) => typeof member(value, method) === 'function');
  const in_page = flag(member(value, 'in_page') ?? false, `${name}.in_page`);
  const ask = async (method, login, read = (told) => told) => {
    let told;
    try {
      told = await value[method](login);
    } catch (cause) {
      throw storeFailed(method, in_page, undefined, cause);
    }
    return read(told);
  };
  const reasonOf = (told) => (typeof told === 'string' ? told : undefined);
  const pendingOf = (told) => {
    if (told === undefined || told === null || typeof told === 'string') return told;
    throw storeFailed('take', in_page, 'neither text nor nothing');
  };
  return {
    __proto__: null,
    in_page,
    put: (login) => ask('put', login),
    take: (login) => ask('take', login, pendingOf),
    used: (login) => marks && ask('used', login),
    whyMissing: (login) => (marks ? ask('whyMissing', login, reasonOf) : undefined),
  };
}

/**
 * Options as JSON text, for the core to judge. What JSON would drop or alter is refused here, and null, but for null
 * in `claims` and in `authorization_details`, where it is a value.
 */
export function json(given, name) {
  const text = write(record(given, name), name, 0, false);
  if (text.length > LONGEST) throw invalid(name, 'is too long');
  return text;
}

/** The options with the one that a visitor may have sent: what is no text is null, and null leads nowhere. */
export function visited(given, name) {
  if (!Object.hasOwn(record(given, 'the request'), name)) return given;
  const value = given[name];
  // What is cut is too long still, and half a character is as far from ASCII as a whole one.
  const text = typeof value === 'string' ? value.slice(0, 2 ** 15).replace(/[^ -~]/g, '\u00e9') : '';
  const copy = Object.create(null);
  for (const own of Object.getOwnPropertyNames(given)) copy[own] = own === name ? text : given[own];
  return copy;
}

/** Not `JSON.stringify`, which asks every object for a `toJSON`, an inherited one too. */
function write(value, name, depth, nulls) {
  const kind = typeof value;
  if (kind === 'string' || kind === 'boolean' || Number.isFinite(value)) return JSON.stringify(value);
  if (value === null && nulls) return 'null';
  if (value === undefined || value === null) throw invalid(name, `is ${value}`);
  if (depth > DEEPEST) throw invalid(name, 'is nested too deeply');
  const inside = (part, of, nulls) => write(part, of, depth + 1, nulls);
  if (Array.isArray(value)) return `[${Array.from(value, (_, at) => inside(own(value, at), name, nulls))}]`;
  const members = Object.getOwnPropertyNames(record(value, name)).map(
    (of) => `${JSON.stringify(of)}:${inside(value[of], of, nulls || NULLS.test(of))}`,
  );
  return `{${members}}`;
}
