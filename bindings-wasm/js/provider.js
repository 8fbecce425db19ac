import { contextOf } from './context.js';
import { core } from './core.js';
import { Flow } from './flow.js';
import { handleOf, hold } from './handles.js';
import { frozen, secondsOf, text } from './values.js';

/** A provider whose metadata passed every check. */
export class Provider {
  static name = 'Provider';

  /** The flow that fetches the issuer's metadata, unless the cache has it. Yields a `Provider`. */
  static discover(issuer, options) {
    const { policy, cache, clock, allow_insecure_loopback } = contextOf(options);
    const flow = core().Provider.discover(
      text(issuer, 'issuer'),
      allow_insecure_loopback,
      policy,
      handleOf(cache, core().Cache, 'a Cache'),
      secondsOf(clock),
    );
    return new Flow(flow, { __proto__: null, cache, clock }, (done) => hold(new Provider(), done.provider()));
  }

  /** The provider of a metadata document that the host already has, as JSON text. */
  static fromMetadata(issuer, json, options) {
    const { policy, allow_insecure_loopback } = contextOf(options);
    const document = text(json, 'the metadata');
    return hold(
      new Provider(),
      core().Provider.fromMetadata(text(issuer, 'issuer'), allow_insecure_loopback, policy, document),
    );
  }

  /** The flow that fetches the provider's keys now. Yields what became of each. */
  refreshKeys(options) {
    const { policy, cache, clock } = contextOf(options);
    return new Flow(this.#handle.refreshKeys(policy), { __proto__: null, cache, clock });
  }

  /** The issuer, exactly as it was asked for. */
  get issuer() {
    return this.#handle.issuer();
  }

  /** The provider's metadata. */
  get metadata() {
    return frozen(this.#handle.metadata());
  }

  /** What was checked to get here. */
  get decisions() {
    return frozen(this.#handle.decisions());
  }

  get #handle() {
    return handleOf(this, core().Provider, 'a Provider');
  }
}
