import * as login from './session.js';
import { busy, failed, signedIn, signedOut } from './view.js';

/** Shows what `work` yields; what it throws gets a page too. */
async function show(work) {
  busy();
  try {
    const session = await work();
    if (session) signedIn(session, actions(session));
    else signedOut(() => show(leave(login.signIn)));
  } catch (error) {
    failed(
      error,
      () => show(leave(login.signIn)),
      () => show(login.currentSession),
    );
  }
}

function actions(session) {
  return {
    refresh: () => show(() => login.refresh(session)),
    userinfo: () => login.userinfo(session),
    signOut: () => show(leave(() => login.signOut(session))),
  };
}

/** Work that ends with the browser elsewhere: there is nothing to show any more. */
function leave(work) {
  return async () => {
    await work();
    return new Promise(() => {});
  };
}

// A page that comes out of the browser's history has gone on elsewhere meanwhile.
addEventListener('pageshow', (event) => event.persisted && show(login.currentSession));
show(login.currentSession);
