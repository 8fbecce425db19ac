// Where a login waits for its callback. An entry is found by what the browser that started it holds, never by the
// `state` that arrives in a URL; it is taken out at most once, and not after it expired.
//
// A store has `put({ id, handle, pending, expires_at, max_age })` and `take({ id, handle })`, which yields the `pending`
// text, or undefined or null. One that only the browser that started the login can reach says `in_page: true`, and is
// asked without an `id` too. Both may be asynchronous: Redis does it with `SET EX` of `max_age` seconds and `GETDEL`.

const unixNow = () => Date.now() / 1000;

/** In memory, for a server that is one process: entries are found by `id`, which its caller keeps in a cookie. */
export class MemoryStore {
  #entries = new Map();
  #walk = this.#entries.entries();
  #first;
  #limit;
  #clock;

  constructor({ limit = 10_000, clock = unixNow } = {}) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** How many logins wait, the expired ones that were not yet cleared away among them. */
  get size() {
    return this.#entries.size;
  }

  put({ id, pending, expires_at }) {
    this.#clear();
    this.#entries.delete(id);
    this.#entries.set(id, { pending, expires_at });
  }

  take({ id }) {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry && entry.expires_at > this.#clock() ? entry.pending : undefined;
  }

  /** Drops, oldest first, what expired and what is too many: a flood of logins costs the flood. */
  #clear() {
    const now = this.#clock();
    for (let first = this.#oldest(); first; first = this.#oldest()) {
      const [id, { expires_at }] = first;
      if (expires_at > now && this.#entries.size < this.#limit) return;
      this.#entries.delete(id);
    }
  }

  /**
   * The entry that came first. One walk over them goes on for as long as there are any: each new one would have to pass
   * the gaps that all the deleted ones left.
   */
  #oldest() {
    while (this.#first === undefined || this.#entries.get(this.#first[0]) !== this.#first[1]) {
      const { done, value } = this.#walk.next();
      this.#first = value;
      if (!done) continue;
      if (this.#entries.size === 0) return undefined;
      this.#walk = this.#entries.entries();
    }
    return this.#first;
  }
}

/**
 * In the tab's `sessionStorage`, for single-page applications: entries are named by the login's public handle, which
 * the callback names too, and nothing but this tab can read them. So `id` need not be given to `take`; if it is, it
 * has to be the entry's.
 */
export class SessionStorageStore {
  in_page = true;
  #storage;
  #prefix;
  #clock;

  constructor({ storage = globalThis.sessionStorage, prefix = 'relyingparty-login-', clock = unixNow } = {}) {
    this.#storage = storage;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  put({ id, handle, pending, expires_at }) {
    this.#clear();
    this.#storage.setItem(this.#prefix + handle, JSON.stringify({ id, pending, expires_at }));
  }

  take({ id, handle }) {
    const entry = this.#read(this.#prefix + handle);
    if (!entry || (id !== undefined && id !== entry.id)) return undefined;
    this.#storage.removeItem(this.#prefix + handle);
    return entry.expires_at > this.#clock() ? entry.pending : undefined;
  }

  #clear() {
    const names = Array.from({ length: this.#storage.length }, (_, position) => this.#storage.key(position));
    for (const name of names) {
      if (name.startsWith(this.#prefix) && !(this.#read(name)?.expires_at > this.#clock()))
        this.#storage.removeItem(name);
    }
  }

  #read(name) {
    try {
      return JSON.parse(this.#storage.getItem(name)) ?? undefined;
    } catch {
      return undefined;
    }
  }
}

/**
 * The store that fits where this runs: a page's tab, or a server that is one process. Some servers have a
 * `sessionStorage` too, but it is no browser's: only a document makes a page.
 */
export function defaultStore(clock) {
  return globalThis.document === undefined ? new MemoryStore({ clock }) : new SessionStorageStore({ clock });
}
