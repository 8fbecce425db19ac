// Entry point for Node: the module is read from its file, at once.

import { readFileSync } from 'node:fs';

import { loadSync } from './core.js';
import { nodeVerifier } from './node_verify.js';
import { RelyingParty as Portable } from './relyingparty.js';
import { MemoryStore } from './stores.js';

export * from './public.js';

loadSync(readFileSync(new URL('./relyingparty.wasm', import.meta.url)));

/** For code that runs everywhere: here the module is loaded already. */
export async function init() {}

export class RelyingParty extends Portable {
  constructor(options) {
    super(options, { ready: init, verifier: nodeVerifier, store: (clock) => new MemoryStore({ clock }) });
  }
}
