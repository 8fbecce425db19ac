// What operations work with beside their arguments.

import { Cache } from './cache.js';
import { core } from './core.js';
import { handleOf } from './handles.js';
import { callable, json, record, systemClock } from './values.js';

/** The context, with its defaults: the policy as JSON text, a cache, a clock. */
export function contextOf(options = {}) {
  const { policy, cache = new Cache(), clock = systemClock } = record(options, 'the context');
  handleOf(cache, core().Cache, 'a Cache');
  return { policy: policyText(policy), cache, clock: callable(clock, 'clock') };
}

/** A policy that leaves signatures to whom this build can: the host, or the core of `relyingparty/full`. */
function policyText(policy = {}) {
  return json({ signatures: core().signatures(), ...record(policy, 'policy') }, 'policy');
}
