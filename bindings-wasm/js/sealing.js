// The keys that sessions are sealed with. The core judges them; here they are copied, and handed to it.

import { own } from './bare.js';
import { core } from './core.js';
import { invalid } from './options.js';
import { bytes } from './values.js';

/** As much as the core has to see of too many keys, and of one that is too long. */
const ENOUGH_KEYS = 9;
const ENOUGH_BYTES = 33;

/** Reads the option: a list of `Uint8Array`, as they are now. */
export function sealingKeys(value, name) {
  if (!Array.isArray(value)) throw invalid(name, 'is not a list of Uint8Array');
  const length = Math.min(value.length, ENOUGH_KEYS);
  return Array.from({ __proto__: null, length }, (_, at) => {
    try {
      return bytes(own(value, at), name).slice(0, ENOUGH_BYTES);
    } catch {
      throw invalid(name, 'is not a list of Uint8Array');
    }
  });
}

/** A client of the core, with these keys if there are any. It takes the place of `client`. */
export function sealing(client, keys) {
  return keys === undefined ? client : client.withSealingKeys(taken(keys));
}

/** The keys as the core takes them, once. */
export function taken(keys) {
  const given = new (sealer().SealingKeys)();
  for (const key of keys) given.add(key);
  return given;
}

/** The core with its classes that seal, which the module for browsers does without. */
export function sealer() {
  if (core().SealingKeys) return core();
  throw invalid('sealing_keys', 'are not in this build: Node’s and relyingparty/full have them');
}
