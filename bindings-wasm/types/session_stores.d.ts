import type { Clock } from './host.js';

/** An entry of a session store, as a site finds it. */
export interface StoredEntry {
  /** What was stored. */
  readonly value: string;
  /** Which version of it this is: text that is another one after each change. No value is stored twice, so the value itself will do. */
  readonly version: string;
}

/** What a session store is to keep. */
export interface NewEntry {
  /** Where it is found. */
  readonly key: string;
  /** What is kept: sealed text, from which a store learns nothing. */
  readonly value: string;
  /** When it may be forgotten, in Unix seconds. From then on it counts as gone. */
  readonly expires_at: number;
  /** What it is also found by, to be deleted together with others. */
  readonly labels: readonly string[];
}

/** A result, now or later. */
export type Eventually<T> = T | Promise<T>;

/**
 * Keeps the sessions of a site for all processes of the application. `MemorySessionStore` is for one process, `RedisSessionStore` of
 * `relyingparty/redis` for several.
 *
 * Each method is atomic: nobody sees half of it, and of two that exclude each other one is told so. Whoever asks later sees what was
 * answered before, wherever it was asked: replicas that lag behind and caches in between do not do. An entry whose time is over
 * counts as gone in every question, with its labels, be it still there or not.
 *
 * Keys, labels and owners are up to 100 letters, digits, `.`, `-` and `_`, compared with upper and lower case apart. What a method
 * throws becomes the `cause` of `store_unavailable`.
 */
export interface SessionStore {
  /** Reads an entry. */
  get(question: {
    /** The key of the entry. */
    readonly key: string;
  }): Eventually<StoredEntry | undefined | null>;
  /** Makes an entry. False: there is one under this key. */
  add(entry: NewEntry): Eventually<boolean>;
  /**
   * Changes an entry: value, time and labels take the place of those that were there. False: it is of another version than the one
   * named, or gone. It never makes an entry again that was deleted.
   */
  put(
    entry: NewEntry & {
      /** The version that was read. */
      readonly version: string;
    },
  ): Eventually<boolean>;
  /** Reads an entry and deletes it: of two who ask one gets it. */
  take(question: {
    /** The key of the entry. */
    readonly key: string;
  }): Eventually<StoredEntry | undefined | null>;
  /** Deletes an entry, if there is one. */
  delete(question: {
    /** The key of the entry. */
    readonly key: string;
  }): Eventually<void>;
  /** Deletes every entry that has the label: each that was added before. */
  deleteLabelled(question: {
    /** The label. */
    readonly label: string;
  }): Eventually<void>;
  /**
   * Takes a lock that nobody holds, or whose time is over. True also for the owner who asks again. False: somebody else holds it,
   * until `wait` seconds are over.
   */
  lock(question: {
    /** The name of the lock. It is apart from the keys of entries. */
    readonly key: string;
    /** Who holds it: no two ask with the same text. */
    readonly owner: string;
    /** When it is free again, whatever became of its owner, in seconds from when it is taken. */
    readonly lifetime: number;
    /** How long to wait for it, in seconds. */
    readonly wait: number;
  }): Eventually<boolean>;
  /** Gives a lock back, if it is still this owner's. */
  unlock(question: {
    /** The name of the lock. */
    readonly key: string;
    /** Who took it. */
    readonly owner: string;
  }): Eventually<void>;
}

/**
 * Keeps sessions in the memory of this process: for tests, for development, and for an application that is one process. Sessions are
 * gone when it ends. In Node and `relyingparty/full`.
 */
export class MemorySessionStore implements SessionStore {
  /** Sets up an empty store. */
  constructor(options?: {
    /** The clock. Default: that of the system. */
    clock?: Clock;
  });
  /** How many entries it has, those that have expired and were not yet forgotten included. */
  readonly size: number;
  /** Reads an entry. */
  get(question: {
    /** The key of the entry. */
    readonly key: string;
  }): StoredEntry | undefined;
  /** Makes an entry. False: there is one under this key. */
  add(entry: NewEntry): boolean;
  /** Changes an entry of this version. False: it is of another one, or gone. */
  put(
    entry: NewEntry & {
      /** The version that was read. */
      readonly version: string;
    },
  ): boolean;
  /** Reads an entry and deletes it. */
  take(question: {
    /** The key of the entry. */
    readonly key: string;
  }): StoredEntry | undefined;
  /** Deletes an entry, if there is one. */
  delete(question: {
    /** The key of the entry. */
    readonly key: string;
  }): void;
  /** Deletes every entry that has the label. */
  deleteLabelled(question: {
    /** The label. */
    readonly label: string;
  }): void;
  /** Takes a lock, and waits for it. False: somebody else holds it. */
  lock(question: {
    /** The name of the lock. */
    readonly key: string;
    /** Who holds it. */
    readonly owner: string;
    /** When it is free again, in seconds. */
    readonly lifetime: number;
    /** How long to wait for it, in seconds. */
    readonly wait: number;
  }): Promise<boolean>;
  /** Gives a lock back, if it is still this owner's. */
  unlock(question: {
    /** The name of the lock. */
    readonly key: string;
    /** Who took it. */
    readonly owner: string;
  }): void;
}
