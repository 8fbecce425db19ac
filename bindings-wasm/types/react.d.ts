import type { ReactElement, ReactNode } from 'react';

import type { AuthorizeRequest } from './options.js';
import type { PageSession, SessionState, SessionVerbs } from './session.js';

/** What `SessionProvider` takes. */
export interface SessionProviderProps {
  /** The session of `createSession`. */
  session: PageSession;
  /** The application. */
  children?: ReactNode;
}

/** Gives a session to the components below it. */
export function SessionProvider(props: SessionProviderProps): ReactElement;

/** Who is signed in, and what can be done with it. */
export type UsedSession = SessionState & SessionVerbs;

/** How `useSession` waits. */
export interface UseSessionOptions {
  /** Suspend until it is known who is signed in. Not for servers, where it never is. Default: false. */
  suspense?: boolean;
}

/** The state of the session and its verbs. The component is rendered again when the state changes. */
export function useSession(options?: UseSessionOptions): UsedSession;

/** What `Protected` takes. */
export interface ProtectedProps {
  /** What only they see who are signed in. */
  children?: ReactNode;
  /**
   * What all others see: those who wait, who logged out, who came back without logging in, whose login failed. Give these a button that
   * calls `logIn`. Default: nothing.
   */
  fallback?: ReactNode | ((session: UsedSession) => ReactNode);
  /** What the login asks for. */
  request?: AuthorizeRequest;
}

/** Shows its children to who is signed in, and sends to the provider who comes and is not. */
export function Protected(props: ProtectedProps): ReactNode;
