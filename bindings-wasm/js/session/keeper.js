// The record of a session, and who may change it. Whoever writes names what they have read: what comes too late finds it
// changed or gone, and changes nothing. So a logout is never undone by a refresh that was under way.
//
// A record has the session's `id`, drawn at the login, and counts its tokens by `n`.

import { amongTabs, inThisPage } from './locks.js';
import { inMemory, note, sharedNote, storageOf } from './storages.js';

/** The pause after the first refresh that failed, in seconds; it doubles with each. */
const FIRST_PAUSE = 5;
export const LONGEST_PAUSE = 300;
/** How long a tab waits for another one that refreshes, in seconds. */
const WAIT = 20;
/** Of how many sessions it is noted how often they were refreshed. */
const MOST_COUNTS = 64;
/** How often a write is repeated that the storage did not take. */
const REPEATS = 2;

export const isSame = (one, other) => one?.id === other?.id && one?.n === other?.n;

export class Keeper {
  #name;
  #given;
  #storage;
  #exclusive;
  #logout;
  #over;
  #refreshes;
  #trouble;

  constructor(kind, name) {
    this.#name = name;
    this.#given = storageOf(kind, name);
    this.#storage = this.#given;
    this.#exclusive = this.#storage.kept ? amongTabs : inThisPage;
    this.#refreshes = sharedNote(`${name} refreshes`);
    this.#logout = note('localStorage', `${name} logout`);
    this.#over = note('localStorage', `${name} over`);
  }

  /** The record, unless somebody has logged out since, whether the storage takes that or not. */
  async read() {
    const record = await this.#storage.get();
    if (!record || !this.#isOver(record)) return record;
    await this.#storage.remove().catch(() => {});
    return undefined;
  }

  /**
   * What this tab alone has is over after a logout elsewhere. Where tabs share a record it is gone then, or noted: by its id, since
   * a tab may read a mark that is older than the record.
   */
  #isOver(record) {
    return this.#storage.shared ? record.id === this.#over.get() : this.isLoggedOut(record);
  }

  /** Whether somebody has logged out in this browser since that login. */
  isLoggedOut({ mark }) {
    return mark !== this.#logout.get();
  }

  /** The record of a new login, in the place of whatever was there. */
  async begin(session, now) {
    const id = random();
    const record = { v: 1, id, n: 1, mark: this.#logout.get(), session, got_at: now, failures: 0, retry_at: 0 };
    await this.#inTurn(() => this.#write(record));
    return record;
  }

  /** Runs `work` while no other tab renews this session. */
  alone({ id }, work) {
    return this.#exclusive(`${this.#name} ${id}`, work, WAIT);
  }

  /** Writes the tokens that a refresh brought. Yields the record, or nothing if somebody else was first. */
  renewed(seen, session, now) {
    return this.#change(seen, (record) => ({
      ...record,
      session,
      n: record.n + 1,
      got_at: now,
      failures: 0,
      retry_at: 0,
    }));
  }

  /** Writes that a refresh failed, and when the next one may be tried. */
  failed(seen, now) {
    return this.#change(seen, (record) => {
      const pause = Math.min(FIRST_PAUSE * 2 ** Math.min(record.failures, 16), LONGEST_PAUSE);
      return { ...record, failures: record.failures + 1, retry_at: now + pause };
    });
  }

  /** Ends the session, if it still has the tokens that were read. */
  ended(seen) {
    return this.#change(seen, () => undefined);
  }

  /**
   * Ends whatever session there is. Every tab that has one finds that it is over, also one that sleeps now. Yields why the storage
   * has it still, if it has.
   */
  logOut() {
    this.#logout.set(random());
    const remove = async () => {
      const record = await this.#given.get().catch(() => {});
      await this.#write(undefined);
      if (this.#storage === this.#given) return undefined;
      const refused = await this.#given.remove().then(() => {}, (error) => error);
      if (refused && record) this.#over.set(record.id);
      return refused;
    };
    // Whatever becomes of the lock: who logs out is logged out.
    return this.#inTurn(remove).catch(remove);
  }

  /** Why the record is in this page alone, if the storage did not take it. */
  get trouble() {
    return this.#trouble;
  }

  /**
   * Whether another tab has used the tokens of this one: whoever duplicates a tab duplicates its storage. What is noted for
   * all tabs is how many refreshes the session has had.
   */
  async isSpent({ id, n }) {
    return this.#isOfTab && (await this.#counts()).some(([of, count]) => of === id && count > n);
  }

  get #isOfTab() {
    return this.#storage.kept && !this.#storage.shared;
  }

  /** How many refreshes the newest sessions of tabs have had, by their ids. */
  async #counts() {
    try {
      return Array.from(JSON.parse((await this.#refreshes.get()) ?? '[]'));
    } catch {
      return [];
    }
  }

  #inTurn(work) {
    return this.#exclusive(`${this.#name} write`, work);
  }

  #change(seen, make) {
    return this.#inTurn(async () => {
      const record = await this.read();
      if (!record || !isSame(record, seen)) return undefined;
      const next = make(record);
      await this.#write(next);
      if (this.#isOfTab && next?.n > record.n) {
        const others = (await this.#counts()).filter(([of]) => of !== next.id);
        await this.#refreshes.set(JSON.stringify([[next.id, next.n], ...others].slice(0, MOST_COUNTS)));
      }
      return next ?? record;
    });
  }

  /** Tokens that are not written are lost: those that the storage does not take are kept in this page. */
  async #write(record) {
    let failure;
    for (let tries = 0; tries <= REPEATS; tries += 1) {
      try {
        await (record ? this.#storage.set(record) : this.#storage.remove());
        return;
      } catch (error) {
        failure = error;
      }
    }
    this.#trouble = failure;
    // What is there is out of date.
    await this.#storage.remove().catch(() => {});
    this.#storage = inMemory(this.#name);
    this.#exclusive = inThisPage;
    await (record ? this.#storage.set(record) : this.#storage.remove());
  }
}

const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
