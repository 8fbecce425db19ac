// What operations work with beside their arguments.

import { Cache } from './cache.js';
import { core } from './core.js';
import { callable, copied, flag, instance, json, options } from './options.js';
import { systemClock } from './values.js';

/** Readers of what a relying party and the layer below it have in common. */
export const READERS = {
  __proto__: null,
  policy: copied,
  cache: /* @__PURE__ */ instance(Cache, 'a Cache'),
  clock: callable,
  allow_insecure_loopback: flag,
};

/**
 * The context, with its defaults: the policy as JSON text, a cache, a clock, whether plain http is taken. `more` reads
 * what only some take.
 */
export function contextOf(given = {}, more = undefined) {
  const {
    policy,
    cache = new Cache(),
    clock = systemClock,
    allow_insecure_loopback = false,
    ...others
  } = options(given, { __proto__: null, ...READERS, ...more }, 'the context');
  return { __proto__: null, policy: policyText(policy), cache, clock, allow_insecure_loopback, ...others };
}

/** A policy that leaves signatures to whom this build can: the host, or the core of `relyingparty/full`. */
export function policyText(policy) {
  return json({ __proto__: null, signatures: core().signatures(), ...policy }, 'policy');
}
