import { Cache } from './cache.js';
import { core } from './core.js';
import { Flow } from './flow.js';
import { handleOf, hold } from './handles.js';
import { frozen, json, systemClock } from './values.js';

/** A provider whose metadata passed every check. */
export class Provider {
  /** The flow that fetches the issuer's metadata, unless the cache has it. Yields a `Provider`. */
  static discover(
    issuer,
    { policy, allow_insecure_loopback = false, cache = new Cache(), clock = systemClock } = {},
  ) {
    const behind = handleOf(cache, core().Cache, 'a Cache');
    const flow = core().Provider.discover(
      issuer,
      allow_insecure_loopback,
      json(withSignatures(policy)),
      behind,
      clock(),
    );
    return new Flow(flow, { cache, clock }, (provider) => hold(new Provider(), provider));
  }

  /** The flow that fetches the provider's keys now. Yields what became of each. */
  refreshKeys({ policy, cache = new Cache(), clock = systemClock } = {}) {
    return new Flow(this.#handle.refreshKeys(json(withSignatures(policy))), { cache, clock });
  }

  /** The provider's metadata. */
  get metadata() {
    return frozen(this.#handle.metadata());
  }

  get #handle() {
    return handleOf(this, core().Provider, 'a Provider');
  }
}

/** A policy that leaves signatures to whom this build can: the host, or the core of `relyingparty/full`. */
export function withSignatures(policy) {
  return { signatures: core().signatures(), ...policy };
}
