// Who is signed in, as those see it who listen.

/** Before it is known. */
const STARTING = Object.freeze({ status: 'starting' });

/** What there is to say of what a session holds. */
export function stateOf(held, { reason, error, lives }) {
  const told = error && { error };
  if (!held) return { status: 'signed_out', ...(reason && { reason }), ...told };
  const { session, record } = held;
  if (!session) return { status: 'paused', ...told };
  const isPaused = record.failures > 0 && !lives;
  return { status: isPaused ? 'paused' : 'signed_in', session, claims: session.claims, ...told };
}

/** The state that is published: the same object until something changes. */
export class Published {
  #state = STARTING;
  #listeners = new Set();

  get state() {
    return this.#state;
  }

  subscribe(listener) {
    const call = () => listener();
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  }

  publish(next) {
    const names = new Set([...Object.keys(next), ...Object.keys(this.#state)]);
    if ([...names].every((name) => next[name] === this.#state[name])) return;
    this.#state = Object.freeze(next);
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        reportError(error);
      }
    }
  }

  close() {
    this.#listeners.clear();
  }
}
