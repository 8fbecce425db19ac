// The standard claims (OIDC Core 5.1) are of their type or absent: the core's table (`token/standard.rs`), for an object whose
// members are read by name.

import { own } from './bare.js';

const TYPES = /* @__PURE__ */ typesOf({
  string:
    'name given_name family_name middle_name nickname preferred_username profile picture website email gender birthdate' +
    ' zoneinfo locale phone_number',
  boolean: 'email_verified phone_number_verified',
  time: 'updated_at',
  address: 'address',
});
const ADDRESS = /^(formatted|street_address|locality|region|postal_code|country)$/;
/** The end of the year 9999, in Unix seconds. */
const END_OF_TIME = 253_402_300_800;

/** The claims without the standard ones of another type: the same object where there are none. */
export function typed(claims) {
  const kept = only(claims, fits);
  const sent = own(kept, 'address');
  const address = sent && only(sent, (name, value) => !ADDRESS.test(name) || typeof value === 'string');
  return address === sent ? kept : Object.freeze({ ...kept, address });
}

function only(object, fits) {
  const odd = Object.keys(object).filter((name) => !fits(name, object[name]));
  if (odd.length === 0) return object;
  return Object.freeze(Object.fromEntries(Object.entries(object).filter(([name]) => !odd.includes(name))));
}

function fits(name, value) {
  const type = TYPES.get(name);
  if (type === undefined) return true;
  if (type === 'time') return typeof value === 'number' && value >= 0 && value < END_OF_TIME;
  return type === 'address' ? typeof value === 'object' && value !== null && !Array.isArray(value) : typeof value === type;
}

function typesOf(names) {
  return new Map(Object.entries(names).flatMap(([type, all]) => all.split(' ').map((name) => [name, type])));
}
