import type { Clock } from './host.js';

/**
 * Keeps pending logins until their callback. A pending login is secret (it contains the PKCE verifier) and is used once: `take`
 * must remove and return it in one atomic step. In Redis use `SET EX` and `GETDEL`. The `id` comes from a browser, but is always
 * 43 characters of base64url: other values never reach the store. Give the keys a prefix if the store holds other things too.
 *
 * With `put` and `take` a store is complete. With `used` and `whyMissing` too, errors tell a reload, and a login that took too long,
 * from a callback that nobody started. The `handle` is the public name of the login, 22 characters of base64url. Everybody who sees
 * the callback's URL can compute it, so marks are found without the cookie and only explain: a store may drop any of them. Give
 * them room of their own, so that no mark pushes a login out.
 */
export interface Store {
  /**
   * Set only if nobody but the browser that started a login can reach its entry, as in `sessionStorage`: `take` is then also
   * called without an `id`. Never on a server.
   */
  readonly in_page?: true;
  /** Keeps a login. */
  put(login: {
    /** The key: the id that the browser holds. */
    id: string;
    /** The public name of the login. */
    handle: string;
    /** What to keep. Secret. */
    pending: string;
    /** How long to keep it, in Unix seconds. */
    expires_at: number;
    /** How long to keep it, in seconds from now. */
    max_age: number;
  }): void | Promise<void>;
  /** Removes and returns what `put` kept; `undefined` or `null` if it is absent, taken or expired. */
  take(login: {
    /** The key. Undefined only if the store is `in_page`. */
    id: string | undefined;
    /** The public name of the login. */
    handle: string;
  }): string | undefined | null | Promise<string | undefined | null>;
  /** Remembers for about ten minutes that a callback took the login. */
  used?(login: {
    /** The public name of the login. */
    handle: string;
  }): void | Promise<void>;
  /** Returns `'used'`, `'expired'` if the login waited for longer than its `max_age`, or nothing. */
  whyMissing?(login: {
    /** The public name of the login. */
    handle: string;
  }): string | undefined | null | Promise<string | undefined | null>;
}

/**
 * Keeps pending logins in the memory of this process. Use it for one process; several processes need a store that they share.
 * Limit the rate of `/login` for each client: when the store is full, the next login drops the oldest one. For ten
 * minutes it remembers what became of the last 10000 logins.
 */
export class MemoryStore implements Store {
  /** Sets up an empty store. */
  constructor(options?: {
    /** How many logins may wait at the same time, about 1 kB each. Default: 10000. */
    limit?: number;
    /** The clock. Default: that of the system. */
    clock?: Clock;
  });
  /** How many logins are kept. */
  readonly size: number;
  /** Keeps a login. */
  put(login: {
    /** The key: the id that the browser holds. */
    id: string;
    /** The public name of the login. Without it nothing is remembered of the login. */
    handle?: string;
    /** What to keep. */
    pending: string;
    /** How long to keep it, in Unix seconds. */
    expires_at: number;
  }): void;
  /** Removes and returns what `put` kept; `undefined` if it is absent, taken or expired. */
  take(login: {
    /** The key. */
    id: string | undefined;
  }): string | undefined;
  /** Remembers that a callback took the login. */
  used(login: {
    /** The public name of the login. */
    handle: string;
  }): void;
  /** Returns `'used'`, `'expired'`, or undefined if it is not known. */
  whyMissing(login: {
    /** The public name of the login. */
    handle: string;
  }): 'used' | 'expired' | undefined;
}

/**
 * Keeps pending logins in the tab's `sessionStorage`, for single-page applications. Other tabs cannot read them. Every script of
 * the origin in this tab can, and a window that the page opens without `noopener` starts with a copy.
 *
 * If a callback may arrive in another tab, pass `storage: () => localStorage`: all tabs of the origin then share the pending
 * logins, and each is still used once. The function is called when a login starts or ends, so a browser that denies storage
 * fails that call (`store_failed`), and not the whole page.
 */
export class SessionStorageStore implements Store {
  /** Always true: see `Store.in_page`. */
  readonly in_page: true;
  /** Sets up the store. */
  constructor(options?: {
    /** The storage, or a function that returns it. Default: `() => sessionStorage`. */
    storage?: Storage | (() => Storage);
    /** The beginning of the names of the entries. */
    prefix?: string;
    /** The clock. Default: that of the system. */
    clock?: Clock;
  });
  /** Keeps a login. */
  put(login: {
    /** The id of the login. */
    id: string;
    /** The key: the public name of the login. */
    handle: string;
    /** What to keep. */
    pending: string;
    /** How long to keep it, in Unix seconds. */
    expires_at: number;
  }): void;
  /** Removes and returns what `put` kept; `undefined` if it is absent, taken or expired. */
  take(login: {
    /** The id of the login, if it is known. */
    id?: string | undefined;
    /** The key. */
    handle: string | undefined;
  }): string | undefined;
  /** Remembers that a callback took the login. */
  used(login: {
    /** The public name of the login. */
    handle: string;
  }): void;
  /** Returns `'used'`, `'expired'`, or undefined if it is not known. */
  whyMissing(login: {
    /** The public name of the login. */
    handle: string;
  }): 'used' | 'expired' | undefined;
}
