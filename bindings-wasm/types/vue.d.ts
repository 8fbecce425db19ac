import type { App, Ref } from 'vue';

import type { PageSession, SessionState, SessionVerbs } from './session.js';

/** What `app.use` takes. */
export interface SessionPlugin {
  /** Gives the session to all components. */
  install(app: App): void;
}

/** `app.use(sessionPlugin(session))` gives a session to all components. */
export function sessionPlugin(session: PageSession): SessionPlugin;

/** The session's verbs, and its state as a ref. */
export interface UsedSession extends SessionVerbs {
  /** Who is signed in. */
  readonly state: Readonly<Ref<SessionState>>;
}

/** The session that is given, or that of the application's `sessionPlugin`. It is followed as long as the component lives. */
export function useSession(session?: PageSession): UsedSession;
