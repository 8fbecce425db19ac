// Logins by id and by age. Not a `Map`: one that is emptied at its old end and filled at its new one is written anew by
// V8 every so many calls, which takes the longer the more there are. Here a call costs the same among a million.
//
// A login has a slot, a number from 1 on; what is known of it is in columns, at that place, and 0 is no slot. Slots of one
// hash are chained by `next`, all of them by `older` and `newer`, the free ones by `next` again.

const FEWEST = 64;

export class Logins {
  size = 0;
  #oldest = 0;
  #newest = 0;
  #free = 0;
  #slots = 0;
  #room;
  #first;
  #hash;
  #next;
  #older;
  #newer;
  #expires;
  #ids = [undefined];
  #pendings = [undefined];

  constructor() {
    this.#resize(FEWEST);
  }

  /**
   * Adds the newest, in the place of one of its id. Drops, oldest first, what expired and what is too many: a flood of logins
   * costs the flood.
   */
  put(id, pending, expires_at, now, limit) {
    while (this.size >= limit || (this.size > 0 && this.#expires[this.#oldest] <= now)) this.#remove(this.#oldest);
    const hash = hashOf(id);
    this.#remove(this.#find(id, hash));
    const slot = this.#slot();
    this.#hash[slot] = hash;
    this.#expires[slot] = expires_at;
    this.#ids[slot] = id;
    this.#pendings[slot] = pending;
    this.#chain(slot);
    this.#older[slot] = this.#newest;
    this.#newer[slot] = 0;
    if (this.#newest === 0) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
    this.size += 1;
  }

  /** What was put under the id. */
  get(id) {
    return this.#pendings[this.#find(id, hashOf(id))];
  }

  /** What waits under the id, which is there no more, if it waits at that time. */
  take(id, now) {
    const slot = this.#find(id, hashOf(id));
    const pending = this.#expires[slot] > now ? this.#pendings[slot] : undefined;
    this.#remove(slot);
    return pending;
  }

  #find(id, hash) {
    let slot = this.#first[hash & (this.#room - 1)];
    while (slot !== 0 && (this.#hash[slot] !== hash || this.#ids[slot] !== id)) slot = this.#next[slot];
    return slot;
  }

  #remove(slot) {
    if (slot === 0) return;
    const place = this.#hash[slot] & (this.#room - 1);
    const [next, older, newer] = [this.#next[slot], this.#older[slot], this.#newer[slot]];
    if (this.#first[place] === slot) this.#first[place] = next;
    else {
      let before = this.#first[place];
      while (this.#next[before] !== slot) before = this.#next[before];
      this.#next[before] = next;
    }
    if (older === 0) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === 0) this.#newest = older;
    else this.#older[newer] = older;
    this.#ids[slot] = undefined;
    this.#pendings[slot] = undefined;
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.size -= 1;
    if (this.size === 0) this.#forget();
  }

  #slot() {
    if (this.#free !== 0) {
      const slot = this.#free;
      this.#free = this.#next[slot];
      return slot;
    }
    if (this.#slots === this.#room) this.#resize(2 * this.#room);
    this.#slots += 1;
    return this.#slots;
  }

  #chain(slot) {
    const place = this.#hash[slot] & (this.#room - 1);
    this.#next[slot] = this.#first[place];
    this.#first[place] = slot;
  }

  /** Makes room for twice as many: all slots are taken then. */
  #resize(room) {
    const grown = (column, Column = Int32Array) => {
      const larger = new Column(room + 1);
      if (column) larger.set(column);
      return larger;
    };
    this.#room = room;
    this.#first = new Int32Array(room);
    this.#hash = grown(this.#hash);
    this.#next = grown(this.#next);
    this.#older = grown(this.#older);
    this.#newer = grown(this.#newer);
    this.#expires = grown(this.#expires, Float64Array);
    for (let slot = 1; slot <= this.#slots; slot += 1) this.#chain(slot);
  }

  /** What was a flood leaves nothing behind. */
  #forget() {
    this.#slots = this.#free = 0;
    if (this.#room === FEWEST) return;
    this.#hash = this.#next = this.#older = this.#newer = this.#expires = undefined;
    this.#ids = [undefined];
    this.#pendings = [undefined];
    this.#resize(FEWEST);
  }
}

/** Ids are random, and none but the application's own are kept: any function that spreads them does. */
function hashOf(id) {
  if (typeof id !== 'string') return 0;
  let hash = id.length;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 15);
}
