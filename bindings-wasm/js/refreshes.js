// Refreshes in this process, of whatever relying party.

import { Flights, Recent } from './flights.js';

/** How long who still holds a session gets what it was refreshed to, in milliseconds, and for how many sessions. */
const REFRESHED_FOR = 10_000;
const REFRESHED = 1000;

const all = /* @__PURE__ */ new WeakMap();

/** Those that a transport sends: on their way, and done a moment ago. */
export function refreshesBy(transport) {
  if (!all.has(transport)) all.set(transport, { flights: new Flights(), recent: new Recent(REFRESHED_FOR, REFRESHED) });
  return all.get(transport);
}
