// Entry point for runtimes with ways of their own to load WebAssembly: nothing works before `init(module)`.

import { core, load } from './core.js';
import { heldKeys } from './keys.js';
import { Portable } from './relyingparty.js';
import { defaultStore } from './stores.js';
import { webVerifier } from './verify.js';

export * from './public.js';
export { load as init };

export class RelyingParty extends Portable {
  static name = 'RelyingParty';

  constructor(options) {
    super(options, { __proto__: null, ready: core, keys: heldKeys, verifier: webVerifier, store: defaultStore });
  }
}
