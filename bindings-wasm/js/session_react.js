// relyingparty/react: who is signed in, for the components of a React application (18 and later).
//
// The session is outside of React: components that are mounted twice, suspended or thrown away begin no second login, and answer no
// callback twice.

import { createContext, createElement, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';

const SessionContext = createContext(undefined);
/** On a server, and until a page has taken over what the server made. */
const starting = /* @__PURE__ */ Object.freeze({ status: 'starting' });

/** Gives a session to the components below it. */
export function SessionProvider({ session, children }) {
  return createElement(SessionContext.Provider, { value: session }, children);
}

/** The state of the session, and what can be done with it. With `suspense` it suspends until it is known who is signed in. */
export function useSession({ suspense = false } = {}) {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession is for components below a SessionProvider');
  const state = useSyncExternalStore(session.subscribe, session.get, () => starting);
  if (suspense && state.status === 'starting') throw session.ready();
  return useMemo(() => {
    const { get: _, subscribe: __, ...verbs } = session;
    return { ...verbs, ...state };
  }, [session, state]);
}

/**
 * Shows its children to who is signed in. Nobody else sees them: who comes is sent to the provider; who logged out, came back
 * or failed sees the `fallback`.
 */
export function Protected({ children, fallback = null, request }) {
  const session = useSession();
  const { status, reason, error, logIn } = session;
  const isNew = status === 'signed_out' && !reason && !error;
  useEffect(() => {
    // Why it fails is in the state then.
    if (isNew) logIn(request).catch(() => {});
  }, [isNew, logIn, request]);
  if (session.session) return children;
  return typeof fallback === 'function' ? fallback(session) : fallback;
}
