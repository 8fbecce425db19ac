// A React application in StrictMode whose components suspend: some until it is known who is signed in, one after that.

import { StrictMode, Suspense, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { RelyingParty } from 'relyingparty';
import { Protected, SessionProvider, useSession } from 'relyingparty/react';
import { createSession } from 'relyingparty/session';

const { storage, dpop: _, ...options } = OPTIONS;
const session = createSession({ rp: new RelyingParty({ ...options, allow_insecure_loopback: true }), storage });
globalThis.session = session;
globalThis.seen = [];

let loaded;
const loading = new Promise((resolve) => setTimeout(resolve, 100)).then(() => (loaded = true));

function Name() {
  const { claims, callback } = useSession({ suspense: true });
  useEffect(() => void callback().then((session) => seen.push(session?.claims.sub)), [callback]);
  if (!loaded) throw loading;
  return <b>{claims?.sub ?? 'nobody'}</b>;
}

function Inside() {
  const { claims } = useSession();
  if (!loaded) throw loading;
  return <i>{claims.sub}</i>;
}

createRoot(document.querySelector('main')).render(
  <StrictMode>
    <SessionProvider session={session}>
      <Suspense fallback={<p>…</p>}>
        <Name />
        <Protected fallback={({ status, logIn }) => <button onClick={() => logIn()}>{status}</button>}>
          <Inside />
        </Protected>
      </Suspense>
    </SessionProvider>
  </StrictMode>,
);
