// Refreshes in this process, of whatever relying party: a refresh token is spent once, whoever sends it over what.

import { Flights, Recent } from './flights.js';

/** How long who still holds a session gets what it was refreshed to, in milliseconds, and for how many sessions. */
const REFRESHED_FOR = 10_000;
const REFRESHED = 1000;

let all;

/** Those that are on their way, and those that are done a moment ago. */
export const refreshes = () =>
  (all ??= { __proto__: null, flights: new Flights(), recent: new Recent(REFRESHED_FOR, REFRESHED) });
