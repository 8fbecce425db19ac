import { core } from './core.js';
import { handleOf, hold } from './handles.js';
import { text } from './values.js';

/** All that is remembered between logins: metadata and keys. Losing it costs a fetch, never a check. */
export class Cache {
  static name = 'Cache';

  constructor() {
    hold(this, new (core().Cache)());
  }

  /** The cache that `toJson` wrote. */
  static fromJson(json) {
    return hold(Object.create(Cache.prototype), core().Cache.fromJson(text(json, 'the cache')));
  }

  /** The cache as text. It holds nothing secret, but whoever can write it can replace keys. */
  toJson() {
    return handleOf(this, core().Cache, 'a Cache').toJson();
  }
}
