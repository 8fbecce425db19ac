import { core } from './core.js';
import { handleOf, hold } from './handles.js';

/** All that is remembered between logins: metadata and keys. Losing it costs a fetch, never a check. */
export class Cache {
  constructor() {
    hold(this, new (core().Cache)());
  }

  /** The cache that `encode` wrote. */
  static decode(text) {
    return hold(Object.create(Cache.prototype), core().Cache.decode(text));
  }

  /** The cache as text. It holds nothing secret, but whoever can write it can replace keys. */
  encode() {
    return handleOf(this, core().Cache, 'a Cache').encode();
  }
}
