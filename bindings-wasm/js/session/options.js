// The options of a session, as they are read at the door: each once, and none that nobody knows.

import { SessionError } from './error.js';
import { STORAGES, isStorage } from './storages.js';

const isFunction = (value) => typeof value === 'function';
const VERBS = ['authorize', 'callback', 'refresh', 'restore', 'endSession', 'recall', 'fetchAs', 'cookieName'];
const READERS = {
  __proto__: null,
  rp: [(value) => VERBS.every((verb) => isFunction(value?.[verb])), 'a RelyingParty'],
  storage: [(value) => Object.hasOwn(STORAGES, value) || isStorage(value), `one of ${Object.keys(STORAGES).join(', ')}`],
  margin_secs: [(value) => Number.isSafeInteger(value) && value >= 0 && value <= 3600, 'a number from 0 to 3600'],
  limits: [(value) => typeof value === 'object' && value !== null, 'an object'],
  navigate: [isFunction, 'a function'],
  clock: [isFunction, 'a function'],
};

export function optionsOf(given) {
  const refused = (member, reason) => new SessionError('invalid_options', { member, reason });
  if (typeof given !== 'object' || given === null) throw refused('options', 'are not an object');
  const read = Object.create(null);
  for (const name of Object.keys(given)) {
    const [isRight, what] = READERS[name] ?? [];
    if (!isRight) throw refused(name, `is not known: known are ${Object.keys(READERS).join(', ')}`);
    read[name] = given[name];
    if (!isRight(read[name])) throw refused(name, `is not ${what}`);
  }
  if (!read.rp) throw refused('rp', 'is missing');
  const { rp, storage = 'memory', margin_secs = 60, limits, navigate, clock = () => Date.now() / 1000 } = read;
  return { __proto__: null, rp, storage, margin_secs, limits, navigate, clock };
}
