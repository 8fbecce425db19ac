// The login: one relying party, and the session of this tab.

import { RelyingParty, dpopKeyStore } from 'relyingparty';

const STORED = 'session';
const { VITE_ISSUER, VITE_CLIENT_ID, VITE_PAGE, VITE_ALLOW_INSECURE_LOOPBACK, VITE_DPOP } = import.meta.env;

const rp = new RelyingParty({
  issuer: VITE_ISSUER,
  client_id: VITE_CLIENT_ID,
  redirect_uri: VITE_PAGE,
  post_logout_redirect_uri: VITE_PAGE,
  allow_insecure_loopback: VITE_ALLOW_INSECURE_LOOPBACK === 'true',
  // Tokens that are worth nothing without a key that cannot leave this browser.
  ...(VITE_DPOP === 'true' && { dpop_keys: [dpopKeyStore()] }),
});

/** Leaves for the provider. */
export async function signIn() {
  const { url } = await rp.authorize({ return_to: '/' });
  location.assign(url);
}

/**
 * The session of a browser that comes back from the provider, or that this tab kept; else undefined. Anybody can link to
 * this page with `?error=` or `?code=`: an answer that belongs to no login of this tab ends none of its sessions.
 */
export async function currentSession() {
  const parameters = new URLSearchParams(location.search);
  if (parameters.has('code') || parameters.has('error')) {
    const answer = location.href;
    history.replaceState(null, '', '/');
    return keep(await rp.callback(answer));
  }
  const stored = sessionStorage.getItem(STORED);
  return stored ? kept(rp.restore(stored)) : undefined;
}

/** New tokens for old ones. */
export async function refresh(session) {
  return keep(await kept(rp.refresh(session)));
}

/** What the provider tells about the end user. */
export async function userinfo(session) {
  return rp.userinfo(session);
}

/** Ends the session here, then at the provider. */
export async function signOut(session) {
  const url = await rp.endSession(session);
  forget();
  location.assign(url);
}

/** Ends the session here. */
export function forget() {
  sessionStorage.removeItem(STORED);
}

/** A session that is found to be over, or to be none, is not kept; one whose provider is away is. */
async function kept(work) {
  try {
    return await work;
  } catch (error) {
    if (error.category !== 'Transport') forget();
    throw error;
  }
}

function keep(session) {
  sessionStorage.setItem(STORED, session.encoded);
  return session;
}
