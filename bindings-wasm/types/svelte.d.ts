import type { PageSession, SessionState, SessionVerbs } from './session.js';

/** A readable store of Svelte's, with the session's verbs. */
export interface SessionStore extends SessionVerbs {
  /** Calls `run` with the state, now and after each change. Yields a function that ends that. */
  subscribe(run: (state: SessionState) => void): () => void;
}

/** The session as a store: `$session.status` in a component. */
export function sessionStore(session: PageSession): SessionStore;
