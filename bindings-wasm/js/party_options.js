// The options of a relying party that are no members of its registration.

import { READERS as CONTEXT } from './context.js';
import { callable, label, storeOf } from './options.js';
import { PROOFS } from './proofs.js';
import { sealingKeys } from './sealing.js';

const OWN_READERS = {
  __proto__: null,
  issuer: label,
  transport: callable,
  verifier: callable,
  store: storeOf,
  entropy: callable,
  sealing_keys: sealingKeys,
  sleep: callable,
  on_event: callable,
};
/** Readers of them. */
export const READERS = /* @__PURE__ */ Object.assign(OWN_READERS, CONTEXT);

/** The names of all options that are not the registration's. */
export const named = () => [READERS, PROOFS].flatMap(Object.keys).join(' ');
