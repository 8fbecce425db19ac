// Entry point for runtimes with ways of their own to load WebAssembly: nothing works before `init(module)`.

import { core, load } from './core.js';
import { RelyingParty as Portable } from './relyingparty.js';
import { defaultStore } from './stores.js';
import { webVerifier } from './verify.js';

export * from './public.js';
export { load as init };

export class RelyingParty extends Portable {
  constructor(options) {
    super(options, { ready: core, verifier: webVerifier, store: defaultStore });
  }
}
