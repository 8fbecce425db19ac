// Where sessions are kept that several processes share: what a site asks of a store, and one for a single process.
//
// A store has eight methods, each of which takes one object and may be asynchronous. Each is atomic. An entry whose time is
// over counts as gone in every question, with its labels.

import { callable, clock, invalid, options } from './options.js';
import { member } from './bare.js';
import { text, wrongType } from './values.js';

/** The methods by the core's names of the questions. */
const METHODS = {
  __proto__: null,
  get: 'get',
  add: 'add',
  put: 'put',
  take: 'take',
  delete: 'delete',
  delete_labelled: 'deleteLabelled',
  lock: 'lock',
  unlock: 'unlock',
};

/** Reads the option: a store that lacks a method is refused by its name. Yields who answers what the core asks of a store. */
export function sessionStoreOf(value, name) {
  if (typeof value !== 'object' || value === null) throw invalid(name, 'is not a session store');
  for (const method of Object.values(METHODS)) callable(member(value, method), `${name}.${method}`);
  return async ({ kind: _, ask, ...question }) => read(ask, await value[METHODS[ask]](question));
}

/** The reply to the core. What is of another type is an error of the store's. */
function read(ask, told) {
  if (ask === 'get' || ask === 'take') {
    if (told === undefined || told === null) return { __proto__: null, done: false };
    const [value, version] = ['value', 'version'].map((name) => text(member(Object(told), name), `${ask}’s ${name}`));
    return { __proto__: null, value, version };
  }
  if (ask.startsWith('delete') || ask === 'unlock') return { __proto__: null, done: true };
  if (typeof told !== 'boolean') throw wrongType(told, `what ${ask} yields`, 'true or false');
  return { __proto__: null, done: told };
}

/** Entries that may come together before those that have expired are looked for. */
const SLACK = 1024;
const MEMORY = { __proto__: null, clock };
const unixNow = () => Date.now() / 1000;

/**
 * In the memory of one process: for tests, for development, and for an application that is one process. Sessions are gone
 * when it ends. Nothing that is printed shows entries.
 */
export class MemorySessionStore {
  static name = 'MemorySessionStore';
  #entries = new Map();
  #locks = new Map();
  #changes = 0;
  /** How many entries and locks were left after the last time that those which had expired were forgotten. */
  #left = 0;
  #clock;

  constructor(given = {}) {
    ({ clock: this.#clock = unixNow } = options(given, MEMORY));
  }

  /** How many entries it has, those that have expired and were not yet forgotten included. */
  get size() {
    return this.#entries.size;
  }

  get({ key }) {
    const entry = this.#held(key);
    return entry && { value: entry.value, version: entry.version };
  }

  add(entry) {
    if (this.#held(entry.key)) return false;
    this.#store(entry);
    return true;
  }

  put(entry) {
    if (this.#held(entry.key)?.version !== entry.version) return false;
    this.#store(entry);
    return true;
  }

  take({ key }) {
    const entry = this.get({ key });
    this.#entries.delete(key);
    return entry;
  }

  delete({ key }) {
    this.#entries.delete(key);
  }

  deleteLabelled({ label }) {
    for (const [key, { labels }] of this.#entries) if (labels.includes(label)) this.#entries.delete(key);
  }

  /** Whoever waits is told when the lock is given back, and looks when its time is over. */
  async lock({ key, owner, lifetime, wait }) {
    const patience = performance.now() + wait * 1000;
    for (;;) {
      const lock = this.#locks.get(key);
      const now = this.#clock();
      if (!lock || lock.until <= now || lock.owner === owner) {
        this.#forget(now);
        const waiting = lock?.waiting ?? new Set();
        this.#locks.set(key, { __proto__: null, owner, until: now + lifetime, waiting });
        return true;
      }
      const left = patience - performance.now();
      if (left <= 0) return false;
      await told(lock.waiting, Math.min(left, (lock.until - now) * 1000));
    }
  }

  unlock({ key, owner }) {
    const lock = this.#locks.get(key);
    if (lock?.owner !== owner) return;
    this.#locks.delete(key);
    for (const tell of lock.waiting) tell();
  }

  #held(key) {
    const entry = this.#entries.get(key);
    return entry && this.#clock() < entry.expires_at ? entry : undefined;
  }

  #store({ key, value, expires_at, labels }) {
    this.#forget(this.#clock());
    this.#changes += 1;
    this.#entries.set(key, { __proto__: null, value, version: String(this.#changes), expires_at, labels: [...labels] });
  }

  /** Forgets what has expired, whenever so much came that it may have doubled. */
  #forget(now) {
    if (this.#entries.size + this.#locks.size <= this.#left * 2 + SLACK) return;
    for (const [key, { expires_at }] of this.#entries) if (expires_at <= now) this.#entries.delete(key);
    for (const [key, { until, waiting }] of this.#locks) if (until <= now && !waiting.size) this.#locks.delete(key);
    this.#left = this.#entries.size + this.#locks.size;
  }
}

/** Waits to be told, for so many milliseconds at most. */
function told(waiting, milliseconds) {
  return new Promise((resolve) => {
    const tell = () => {
      clearTimeout(timer);
      waiting.delete(tell);
      resolve();
    };
    const timer = setTimeout(tell, milliseconds);
    waiting.add(tell);
  });
}
