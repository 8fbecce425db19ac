// Sessions and grants as JavaScript has them: values to read, the proof behind them.

import { own } from './bare.js';
import { typed } from './claims.js';
import { core } from './core.js';
import { behind, handleOf, hold } from './handles.js';
import { discreet, frozen } from './values.js';

const TOKENS = ['access_token', 'refresh_token', 'authorization_details', 'other_members'];
/** Beside secrets what is long: how it was verified. */
const SECRETS = ['raw_claims', 'id_token', 'encoded', 'decisions', ...TOKENS];
const grantOf = /* @__PURE__ */ discreet('Grant', TOKENS);
const refreshedGrant = /* @__PURE__ */ discreet('RefreshedGrant', []);
const sessionOf = /* @__PURE__ */ discreet('Session', SECRETS);
const verifiedOf = /* @__PURE__ */ discreet('Verified', SECRETS);

/** What is behind a session. */
export function sessionHandle(current) {
  return handleOf(current, core().Session, 'a session (one read from a store has to be restored first)');
}

/** What is behind a grant, if it is one. */
export function grantHandle(holder) {
  const { Grant } = core();
  return Grant && behind(holder, Grant);
}

/** The session that a flow yields. */
export const yielded = (flow) => session(flow.session());

/** The verified claims that a flow yields. */
export const claims = (flow) => verified(flow.text());

/** Tokens that name no end user, and the session where an ID token came with them. */
export function refreshed(flow) {
  const handle = flow.grant();
  const proved = handle.session();
  const granted = handle.grant();
  const grant = hold(grantOf(frozen(granted.view())), granted);
  handle.free();
  return refreshedGrant({ grant, session: proved && session(proved) });
}

/** A session as JavaScript has it: its values to read, the proof behind it. */
export function session(handle) {
  const later = { decisions: () => frozen(handle.decisions()), encoded: () => handle.encoded() };
  return hold(verified(handle.view(), sessionOf, later), handle);
}

/** Verified claims, and what came with them. `raw_claims` are all as they came. */
function verified(text, kind = verifiedOf, later = undefined) {
  const { claims: raw_claims, ...others } = frozen(text);
  const email = own(raw_claims, 'email_verified');
  const verified = { email_verified: email === true, email_verified_lenient: email === true || email === 'true' };
  return kind({ claims: typed(raw_claims), ...verified, ...others, ...later, raw_claims });
}
