import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Protected, SessionProvider, useSession } from 'relyingparty/react';

import { session } from './session.js';

function Greeting() {
  const { claims, logOut } = useSession();
  return <p>Hello {claims.sub} <button onClick={() => logOut()}>Log out</button></p>;
}

function Waiting({ status, error, logIn }) {
  if (status === 'starting') return <p>…</p>;
  return <p>{error?.message ?? 'Signed out'} <button onClick={() => logIn()}>Log in</button></p>;
}

createRoot(document.querySelector('main')).render(
  <StrictMode>
    <SessionProvider session={session}>
      <Protected fallback={Waiting}>
        <Greeting />
      </Protected>
    </SessionProvider>
  </StrictMode>,
);
