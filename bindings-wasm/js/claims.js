// The standard claims (OIDC Core 5.1) are of their type or absent: the core's table (`token/standard.rs`), for an object whose
// members are read by name.

import { own } from './bare.js';

const STRINGS =
  /^((given_|family_|middle_|nick)?name|preferred_username|profile|picture|website|email|gender|birthdate|zoneinfo|locale|phone_number)$/;
const BOOLEANS = /^(email|phone_number)_verified$/;
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
  const members = Object.entries(object);
  const kept = members.filter(([name, value]) => fits(name, value));
  return kept.length < members.length ? Object.freeze(Object.fromEntries(kept)) : object;
}

function fits(name, value) {
  const type = typeof value;
  if (STRINGS.test(name)) return type === 'string';
  if (BOOLEANS.test(name)) return type === 'boolean';
  if (name === 'updated_at') return type === 'number' && value >= 0 && value < END_OF_TIME;
  return name !== 'address' || (type === 'object' && value !== null && !Array.isArray(value));
}
