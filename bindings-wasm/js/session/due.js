// When a token is to be renewed. Times are in Unix seconds, by the browser's clock, which may be wrong or be put right meanwhile.

import { LONGEST_PAUSE } from './keeper.js';

/** How long a timer runs, in seconds. */
const SHORTEST_TIMER = 0.05;
const LONGEST_TIMER = 3600;
/** When to look again at a session that could not be read, in seconds. */
const UNREAD_PAUSE = 10;
/** How far a clock may go back, in seconds, before it says nothing of how long a token lives. */
const JUMP = 60;

export const livesAt = ({ expires_at }, now) => expires_at === undefined || now < expires_at;

/** When: before its end, but not in the first three quarters of its life, and not in the pause after a failure. */
export function renewalAt({ session: { expires_at, refresh_token }, record: { got_at, retry_at } }, margin_secs, now) {
  if (expires_at === undefined || !refresh_token) return Infinity;
  const margin = Math.min(margin_secs, Math.max(expires_at - got_at, 0) / 4);
  // A pause that nobody can have meant was noted by a clock that was wrong.
  const pause = retry_at - now > 2 * LONGEST_PAUSE ? 0 : retry_at;
  const due = now < got_at - JUMP ? now : expires_at - margin;
  return Math.max(due, pause);
}

export const isDue = (held, margin_secs, now) => Boolean(held?.session) && now >= renewalAt(held, margin_secs, now);

/** How long until there is something to do: to renew, to read again, to say that a token has expired. Nothing if there never is. */
export function secondsToChange(held, margin_secs, now, notBefore) {
  const next = held.session ? nextChange(held, margin_secs, now, notBefore) : now + UNREAD_PAUSE;
  return next === Infinity ? undefined : Math.min(Math.max(next - now, SHORTEST_TIMER), LONGEST_TIMER);
}

function nextChange(held, margin_secs, now, notBefore) {
  const { expires_at = Infinity } = held.session;
  const renewal = Math.max(renewalAt(held, margin_secs, now), notBefore);
  return now < expires_at ? Math.min(renewal, expires_at) : renewal;
}
