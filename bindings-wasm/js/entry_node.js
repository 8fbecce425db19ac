// Entry point for Node: the module is read from its file when it is first needed, at once.

import { readFileSync } from 'node:fs';

import { loadOnUse } from './core.js';
import { nodeVerifier } from './node_verify.js';
import { RelyingParty as Portable } from './relyingparty.js';
import { MemoryStore } from './stores.js';

export * from './public.js';

loadOnUse(() => readFileSync(new URL('./relyingparty.wasm', import.meta.url)));

/** For code that runs everywhere: here nobody has to wait for the module. */
export async function init() {}

export class RelyingParty extends Portable {
  constructor(options) {
    super(options, { ready: init, verifier: nodeVerifier, store: (clock) => new MemoryStore({ clock }) });
  }
}
