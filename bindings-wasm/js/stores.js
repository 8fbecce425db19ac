// Where a login waits for its callback. An entry is found by what the browser that started it holds, never by the
// `state` that arrives in a URL; it is taken out at most once, and not after it expired.
//
// A store has `put({ id, handle, pending, expires_at, max_age })` and `take({ id, handle })`, which yields the `pending`
// text, or undefined or null. One that only the browser that started the login can reach says `in_page: true`, and is
// asked without an `id` too. Both may be asynchronous: Redis does it with `SET EX` of `max_age` seconds and `GETDEL`,
// its keys under a prefix of the application's. An `id` that reaches a store has the form of one: 43 characters of
// base64url.
//
// A store may remember what became of its logins, so that a reload and a login that took too long are told from a callback
// that nobody began: `used({ handle })` says that a callback took the login, and `whyMissing({ handle })` asks of one that
// is not there: 'used', 'expired', or undefined. They go by the handle, 22 characters of base64url that the callback's URL
// names too: the cookie is gone by then. Marks explain, and decide nothing. They are never put into a store by `put`: one
// that forgets nothing by itself would keep a mark for each login, for ever, and a remote one would be asked once more for
// each.

import { Logins } from './logins.js';
import { clock, count, invalid, label, options } from './options.js';

const storage = (value, name) => {
  if (typeof value === 'function') return value;
  if (typeof value === 'object' && value !== null) return () => value;
  throw invalid(name, 'is not a Storage, nor a function that yields one');
};
const tabs = () => globalThis.sessionStorage;
const unixNow = () => Date.now() / 1000;
/** How long it is remembered that a login was used or expired, in seconds, and in a page of how many. */
const REMEMBERED = 600;
const MOST_REMEMBERED = 16;
/** How many logins wait in memory, unless told otherwise, and of how many it is remembered. */
const MOST = 10_000;
const MEMORY = { __proto__: null, limit: count, clock };
const TAB = { __proto__: null, storage, prefix: label, clock };

/**
 * In memory, for a server that is one process: entries are found by `id`, which its caller keeps in a cookie. There are
 * at most `limit` of them, 10,000 unless told otherwise, and each new one pushes the oldest out. So whoever calls
 * `/login` 10,000 times, which takes them seconds, ends every login that waits: its callback is `no_pending_login`.
 * Limit the rate of `/login` for each client, and raise `limit` as memory allows (about 1 kB for each login). Beside them
 * it has marks of what became of the last 10,000.
 */
export class MemoryStore {
  static name = 'MemoryStore';
  #logins = new Logins();
  #marks = new Logins();
  #limit;
  #clock;

  constructor(given = {}) {
    const { limit = MOST, clock = unixNow } = options(given, MEMORY);
    this.#limit = limit;
    this.#clock = clock;
  }

  /** How many logins wait, the expired ones that were not yet cleared away among them. */
  get size() {
    return this.#logins.size;
  }

  put({ id, handle, pending, expires_at }) {
    this.#logins.put(id, pending, expires_at, this.#clock(), this.#limit);
    this.#mark(handle, expires_at, expires_at);
  }

  take({ id }) {
    return this.#logins.take(id, this.#clock());
  }

  used({ handle }) {
    this.#mark(handle, 0, this.#clock());
  }

  whyMissing({ handle }) {
    // Until when it waits, or 0: it was used.
    const until = this.#marks.get(handle);
    if (until === 0) return 'used';
    return until <= this.#clock() ? 'expired' : undefined;
  }

  #mark(handle, until, since) {
    this.#marks.put(handle, until, since + REMEMBERED, this.#clock(), MOST);
  }
}

/**
 * In the tab's `sessionStorage`, for single-page applications: entries are named by the login's public handle, which
 * the callback names too. Every script of the page's origin that runs in this tab can read them, and a window that the
 * page opens without `noopener`, or a tab that the user duplicates, gets a copy of all that is there at that moment: in
 * each copy an entry can be taken once. Other tabs see nothing of it. So `id` need not be given to `take`; if it is, it
 * has to be the entry's. What was used or expired leaves an entry without a secret, for a while.
 */
export class SessionStorageStore {
  static name = 'SessionStorageStore';
  in_page = true;
  #storage;
  #prefix;
  #clock;

  constructor(given = {}) {
    const {
      storage = tabs,
      prefix = 'relyingparty-login-',
      clock = unixNow,
    } = options(given, TAB);
    this.#storage = storage;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  put(login) {
    const { id, handle, pending, expires_at } = { __proto__: null, ...login };
    const storage = this.#opened();
    this.#clear(storage);
    storage.setItem(this.#prefix + handle, JSON.stringify({ id, pending, expires_at }));
  }

  take(login) {
    const { id, handle } = { __proto__: null, ...login };
    const storage = this.#opened();
    const entry = read(storage, this.#prefix + handle);
    if (entry?.pending === undefined || (id !== undefined && id !== entry.id)) return undefined;
    storage.removeItem(this.#prefix + handle);
    if (entry.expires_at > this.#clock()) return entry.pending;
    this.#mark(handle, 'expired');
    return undefined;
  }

  used({ handle }) {
    this.#mark(handle, 'used');
  }

  whyMissing({ handle }) {
    return read(this.#opened(), this.#prefix + handle)?.fate;
  }

  /** A storage that is full keeps no mark, and ends no login. */
  #mark(handle, fate) {
    const entry = { fate, expires_at: this.#clock() + REMEMBERED };
    try {
      this.#opened().setItem(this.#prefix + handle, JSON.stringify(entry));
    } catch {
      // Nothing depends on it.
    }
  }

  /** A browser that keeps no site data throws here, or has none. */
  #opened() {
    return this.#storage.call(undefined) ?? missing();
  }

  #clear(storage) {
    const names = Array.from({ length: storage.length }, (_, position) => storage.key(position));
    let marks = 0;
    for (const name of names) {
      if (!name?.startsWith(this.#prefix)) continue;
      const { fate, expires_at } = read(storage, name) ?? {};
      if (!(expires_at > this.#clock()) || (fate && ++marks > MOST_REMEMBERED)) storage.removeItem(name);
    }
  }
}

function missing() {
  throw new Error('there is no storage');
}

/** What is there under a name, if it is an entry. */
function read(storage, name) {
  const text = storage.getItem(name);
  try {
    const entry = JSON.parse(text);
    return entry && { __proto__: null, ...entry };
  } catch {
    return undefined;
  }
}

/**
 * The store that fits where this runs: a page's tab, or a server that is one process. Some servers have a
 * `sessionStorage` too, but it is no browser's: only a document makes a page.
 */
export function defaultStore(clock) {
  return Object.hasOwn(globalThis, 'document')
    ? new SessionStorageStore({ clock })
    : new MemoryStore({ clock });
}
