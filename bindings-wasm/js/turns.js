// Whose turn it is to ask the store for a lock: one visit of a process at a time, for each lock.
//
// The others wait until its flow is over. What it came to is in the store by then, so they need no lock: they read. A turn lasts
// no longer than the store would give the lock to its owner, so that a visit which hangs holds up nobody for longer.

import { within } from './flights.js';

export class Turns {
  #turns = new Map();

  /** What the `store` answers to a request for a lock, or that somebody else here had it. */
  async lock(request, store) {
    const { key, owner, lifetime } = request;
    const patience = performance.now() + request.wait * 1000;
    let { wait } = request;
    for (let other = this.#other(key, owner); other; other = this.#other(key, owner)) {
      const outcome = await within(Math.max(0, Math.min(patience, other.until) - performance.now()), other.over);
      wait = Math.floor((patience - performance.now()) / 1000);
      if (wait < 1 || outcome === true) return { __proto__: null, done: false };
    }
    this.#begin(key, owner, wait + lifetime);
    const reply = await store({ ...request, wait });
    if (reply.done) this.#turns.get(key)?.give(owner, lifetime);
    else this.leave(request, false);
    return reply;
  }

  /** The flow of this owner is over, however it ended, or did not get the lock: then another process kept it. */
  leave({ key, owner }, outcome = true) {
    const turn = this.#turns.get(key);
    if (turn?.owner !== owner) return;
    this.#turns.delete(key);
    turn.end(outcome);
  }

  /** The turn of somebody else. */
  #other(key, owner) {
    const turn = this.#turns.get(key);
    return turn && turn.owner !== owner && turn.until > performance.now() ? turn : undefined;
  }

  #begin(key, owner, seconds) {
    if (this.#turns.get(key)?.owner !== owner) this.#turns.set(key, new Turn(owner, seconds));
  }
}

/** That of a visit which asks for a lock, or has it. */
class Turn {
  constructor(owner, seconds) {
    this.owner = owner;
    this.over = new Promise((end) => (this.end = end));
    this.give(owner, seconds);
  }

  /** It lasts for so many seconds from now, if it is still this owner's. */
  give(owner, seconds) {
    if (this.owner === owner) this.until = performance.now() + seconds * 1000;
  }
}
