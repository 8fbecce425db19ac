import type { NewEntry, SessionStore, StoredEntry } from './session_stores.js';

/** A connected client of the package `redis`, version 5 or later. */
export interface NodeRedisClient {
  /** Runs a script. */
  eval(script: string, options: RedisScriptOptions): Promise<unknown>;
  /** Runs a script that Redis knows by its digest. */
  evalSha(digest: string, options: RedisScriptOptions): Promise<unknown>;
}

/** What a script of the package `redis` is given. */
export interface RedisScriptOptions {
  /** The keys. */
  keys: string[];
  /** The other arguments. */
  arguments: string[];
}

/** A client of the package `ioredis`, version 5 or later. */
export interface IORedisClient {
  /** Runs a script. */
  eval(script: string, keys: number, ...given: string[]): Promise<unknown>;
  /** Runs a script that Redis knows by its digest. */
  evalsha(digest: string, keys: number, ...given: string[]): Promise<unknown>;
}

/**
 * Keeps the sessions of a site in Redis 5 or later, for all processes of the application. Each question is one script. Redis forgets
 * what has expired by itself. Give Redis a policy that evicts nothing (`noeviction`): whoever is evicted is logged out. A replica that takes
 * over may lack the last changes. Redis Cluster is not supported, since a label leads to entries on other nodes.
 *
 * @example
 * const client = await createClient({ url: 'redis://127.0.0.1:6379' }).connect();
 * const store = new RedisSessionStore({ client });
 */
export class RedisSessionStore implements SessionStore {
  /** Sets up the store. Throws `invalid_configuration` for what is no client of `redis` or `ioredis`, and for one with a `keyPrefix`. */
  constructor(options: {
    /** The client. Connecting and closing it is yours. One of `ioredis` has no `keyPrefix`: use `prefix`. */
    client: NodeRedisClient | IORedisClient;
    /** The beginning of the names of all keys. Default: `relyingparty:`. */
    prefix?: string;
  });
  /** Reads an entry. */
  get(question: {
    /** The key of the entry. */
    readonly key: string;
  }): Promise<StoredEntry | undefined>;
  /** Makes an entry. False: there is one under this key. */
  add(entry: NewEntry): Promise<boolean>;
  /** Changes an entry of this version. False: it is of another one, or gone. */
  put(
    entry: NewEntry & {
      /** The version that was read. */
      readonly version: string;
    },
  ): Promise<boolean>;
  /** Reads an entry and deletes it. */
  take(question: {
    /** The key of the entry. */
    readonly key: string;
  }): Promise<StoredEntry | undefined>;
  /** Deletes an entry, if there is one. */
  delete(question: {
    /** The key of the entry. */
    readonly key: string;
  }): Promise<void>;
  /** Deletes every entry that has the label. */
  deleteLabelled(question: {
    /** The label. */
    readonly label: string;
  }): Promise<void>;
  /** Takes a lock, and looks again until `wait` seconds are over. False: somebody else holds it. */
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
  }): Promise<void>;
}
