// Entry point for browsers and whatever else has `fetch`: the module is fetched from beside this file when it is
// first needed.

import { load } from './core.js';
import { RelyingParty as Portable } from './relyingparty.js';
import { defaultStore } from './stores.js';
import { webVerifier } from './verify.js';

export * from './public.js';

/** Loads the module. `RelyingParty` does so itself; before the sans-IO layer is used, await it. */
export function init(source = new URL('./relyingparty.wasm', import.meta.url)) {
  return load(source);
}

export class RelyingParty extends Portable {
  constructor(options) {
    super(options, { ready: () => init(), verifier: webVerifier, store: defaultStore });
  }
}
