// Entry point for browsers and whatever else has `fetch`: the module is a chunk of JavaScript, loaded when it is first
// needed.

import { load } from './core.js';
import { moduleUnavailable } from './errors.js';
import { Portable } from './relyingparty.js';
import { second } from './second.js';
import { defaultStore } from './stores.js';
import { unpack } from './unpack.js';
import { webVerifier } from './verify.js';

export * from './public.js';

const packed = async () => unpack((await import('./module.js')).default);
/** What the page loads: where a relying party proves itself with keys, what can do so. */
let needed = packed;

/** Loads the module. `RelyingParty` does so itself; before the sans-IO layer is used, await it. */
export function init(source = needed) {
  return load(source);
}

async function keys(...given) {
  const loaded = await import('./keys.js').catch((cause) => {
    throw moduleUnavailable(undefined, cause);
  });
  return loaded.heldKeys(...given);
}

export class RelyingParty extends Portable {
  static name = 'RelyingParty';

  constructor(options) {
    super(options, {
      __proto__: null,
      ready: () => init(),
      proves: () => (needed = second ?? packed),
      keys,
      verifier: webVerifier,
      store: defaultStore,
    });
  }
}
