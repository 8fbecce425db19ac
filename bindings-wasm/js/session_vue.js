// relyingparty/vue: who is signed in, for the components of a Vue application (3).

import { inject, onScopeDispose, shallowReadonly, shallowRef } from 'vue';

const KEY = /* @__PURE__ */ Symbol('relyingparty session');

/** `app.use(sessionPlugin(session))` gives a session to all components. */
export const sessionPlugin = (session) => ({
  install(app) {
    app.provide(KEY, session);
  },
});

/** The session's `state`, a ref that follows it, and what can be done with it. */
export function useSession(given) {
  const session = given ?? inject(KEY);
  if (!session) throw new Error('useSession needs a session, or an application with the sessionPlugin');
  const { get, subscribe, ...verbs } = session;
  const state = shallowRef(get());
  onScopeDispose(subscribe(() => (state.value = get())));
  return { ...verbs, state: shallowReadonly(state) };
}
