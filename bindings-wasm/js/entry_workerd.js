// Entry point for Cloudflare's workerd: the module is an import, compiled when the worker is deployed.

import { loadSync } from './core.js';
import { heldKeys } from './keys.js';
import { Portable } from './relyingparty.js';
import module from './relyingparty.wasm';
import { MemoryStore } from './stores.js';
import { webVerifier } from './verify.js';

export * from './public.js';

loadSync(module);

/** For code that runs everywhere: here the module is loaded already. */
export async function init() {}

export class RelyingParty extends Portable {
  static name = 'RelyingParty';

  constructor(options) {
    super(options, {
      __proto__: null,
      ready: init,
      keys: heldKeys,
      verifier: webVerifier,
      store: (clock) => new MemoryStore({ clock }),
    });
  }
}
