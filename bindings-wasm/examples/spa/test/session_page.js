// A page with a session, for tests to drive: what a script of the page's could do.

import { RelyingParty, dpopKeyStore } from 'relyingparty';
import { createSession } from 'relyingparty/session';

// What the test's build puts here.
const { storage, dpop, ...options } = globalThis.OPTIONS ?? OPTIONS;
const rp = new RelyingParty({
  ...options,
  allow_insecure_loopback: true,
  ...(dpop && { dpop_keys: [dpopKeyStore()] }),
});
const session = createSession({ rp, storage });
const states = [];
session.subscribe(() => states.push(session.get().status));
// As React's StrictMode has effects run twice.
const called = [session.callback(), session.callback()].map((result) => result.catch((error) => error));
Object.assign(globalThis, { called, createSession, rp, session, states });
