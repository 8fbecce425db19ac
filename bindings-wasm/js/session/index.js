// relyingparty/session.

import { SessionError, sessionErrorCodes } from './error.js';
import { PageSession } from './session.js';

export { SessionError, sessionErrorCodes };

/** Who is signed in on this page, and in all tabs of this browser. Its functions need no `this`. */
export function createSession(options) {
  const session = new PageSession(options);
  return Object.freeze({
    get: () => session.published.state,
    subscribe: (listener) => session.published.subscribe(listener),
    ready: () => session.ready(),
    logIn: async (request) => session.logIn(request),
    logInWithPopup: (request, how) => session.logInWithPopup(request, how),
    callback: async (url) => session.callback(url),
    fresh: () => session.fresh(),
    refresh: () => session.refresh(),
    fetch: (input, init) => session.fetch(input, init),
    logOut: (request) => session.logOut(request),
    close: () => session.close(),
  });
}
