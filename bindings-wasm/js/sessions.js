// Sessions and grants as JavaScript has them: values to read, the proof behind them.

import { own } from './bare.js';
import { typed } from './claims.js';
import { core } from './core.js';
import { handleOf, hold } from './handles.js';
import { discreet, frozen } from './values.js';

const TOKENS = ['access_token', 'refresh_token', 'other_members'];
const SECRETS = ['raw_claims', 'id_token', 'encoded', ...TOKENS];

/** What is behind a session. */
export function sessionHandle(current) {
  return handleOf(current, core().Session, 'a session (one read from a store has to be restored first)');
}

/** Tokens that name no end user, and the session where an ID token came with them. */
export function refreshed(handle) {
  const proved = handle.session();
  const grant = discreet({ ...frozen(handle.grant()) }, TOKENS, 'Grant');
  handle.free();
  return discreet({ grant, session: proved && session(proved) }, [], 'RefreshedGrant');
}

/** A session as JavaScript has it: its values to read, the proof behind it. */
export function session(handle) {
  return hold(verified(handle.view(), 'Session'), handle);
}

/** Verified claims, and what came with them. `raw_claims` are all as they came. */
export function verified(text, kind = 'Verified') {
  const { claims: raw_claims, ...others } = frozen(text);
  const email = own(raw_claims, 'email_verified');
  const verified = { email_verified: email === true, email_verified_lenient: email === true || email === 'true' };
  return discreet({ claims: typed(raw_claims), ...verified, ...others, raw_claims }, SECRETS, kind);
}
