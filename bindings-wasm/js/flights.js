// Work that several ask for at once, and that is done once.

/** How much longer than its limit a piece of work may take before who waits for it waits no longer, in milliseconds. */
const PATIENCE = 500;
/** How many pieces of work may be on their way under one name, when those before do not end. */
const MOST = 2;
/** How long work that does not end is remembered, in milliseconds. */
const FORGOTTEN = 60_000;
/** How many times its limit a piece of work may take at all: who waits within it may do it again meanwhile. */
const SEVERAL = 4;
const OVERDUE = /* @__PURE__ */ Symbol('overdue');

/**
 * Work in flight, by name: whoever asks meanwhile gets the same answer. Nobody can tell who waits for whom: the one who
 * does the work may wait for somebody who waits for it, such as a transport that asks the relying party that called it.
 * So nobody waits for longer than the work said that it would take.
 */
export class Flights {
  #flights = new Map();

  /**
   * What `work(expect)` yields; it calls `expect(seconds)` for each part that may take so long. Who has waited for
   * longer than that gets what `instead()` yields; where there is none the work is done again, a few times.
   */
  join(name, work, instead) {
    return this.#flights.has(name) ? this.#wait(name, work, instead) : this.#start(name, 1, work);
  }

  async #wait(name, work, instead) {
    let sent = 0;
    for (let flight = this.#flights.get(name); flight; flight = this.#flights.get(name)) {
      const outcome = await landing(flight);
      if (outcome !== OVERDUE) return outcome;
      if (instead) return instead();
      if (flight.sent >= MOST) throw new Error('the same was asked before, and is not answered yet');
      sent = flight.sent;
      if (this.#flights.get(name) === flight) break;
    }
    return this.#start(name, sent + 1, work);
  }

  #start(name, sent, work) {
    const now = performance.now();
    for (const [old, { until }] of this.#flights) if (until + FORGOTTEN < now) this.#flights.delete(old);
    const flight = { until: now, sent };
    flight.promise = work((seconds) => (flight.until = performance.now() + seconds * 1000 + PATIENCE));
    this.#flights.set(name, flight);
    const landed = () => this.#flights.get(name) === flight && this.#flights.delete(name);
    // A turn later, so that it is over only when whoever asked first has taken the answer in: until the cache has it,
    // whoever looks there and finds nothing finds the flight.
    Promise.resolve().then(() => flight.promise.then(landed, landed));
    return flight.promise;
  }
}

/** What the flight yields, or `OVERDUE` once it has taken longer than it said. */
async function landing(flight) {
  for (;;) {
    const left = flight.until - performance.now();
    if (left <= 0) return OVERDUE;
    const outcome = await within(left, flight.promise);
    if (outcome !== OVERDUE) return outcome;
  }
}

/** What the promise yields, or `OVERDUE` after so many milliseconds. */
export function within(milliseconds, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds, OVERDUE);
    const settled = (settle) => (outcome) => {
      clearTimeout(timer);
      settle(outcome);
    };
    Promise.resolve(promise).then(settled(resolve), settled(reject));
  });
}

/**
 * What work that is to take `seconds` yields. Work that takes several times as long has not kept to it, or waits for
 * somebody who waits for it: then this throws.
 */
export async function bounded(seconds, work) {
  const outcome = await within(SEVERAL * seconds * 1000, work);
  if (outcome === OVERDUE) throw new Error(`no answer within ${SEVERAL * seconds} s`);
  return outcome;
}

/**
 * What was done a moment ago, for those who ask for it a moment too late. Nothing that is printed shows names or
 * values.
 */
export class Recent {
  #entries = new Map();
  #span;
  #limit;

  /** For `span` milliseconds, and at most so many. */
  constructor(span, limit) {
    this.#span = span;
    this.#limit = limit;
  }

  get size() {
    return this.#entries.size;
  }

  get(name) {
    const entry = this.#entries.get(name);
    return entry && entry.until > performance.now() ? entry.value : undefined;
  }

  set(name, value) {
    const now = performance.now();
    const entry = { value, until: now + this.#span };
    this.#entries.delete(name);
    for (const [old, { until }] of this.#entries) {
      if (until > now && this.#entries.size < this.#limit) break;
      this.#entries.delete(old);
    }
    this.#entries.set(name, entry);
    const timer = setTimeout(() => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    }, this.#span);
    // A process need not live on for it.
    timer?.unref?.();
  }
}
