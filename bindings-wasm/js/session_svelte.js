// relyingparty/svelte: who is signed in, as a store of Svelte.

/** A readable store of the session's state, and what can be done with it. */
export function sessionStore(session) {
  const { get, subscribe, ...verbs } = session;
  return {
    ...verbs,
    /** Calls `run` with the state, now and whenever it changes. */
    subscribe(run) {
      run(get());
      return subscribe(() => run(get()));
    },
  };
}
