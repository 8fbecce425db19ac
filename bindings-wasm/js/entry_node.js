// Entry point for Node: the module comes with the code as text, and is there at once when it is first needed.

import { listener } from './node_channels.js';
import { certified } from './node_certificate.js';
import { nodeKeys } from './node_keys.js';
import { nodeTransport } from './node_transport.js';
import { nodeVerifier } from './node_verify.js';
import { Portable } from './relyingparty.js';
import { PortableSite } from './site.js';
import { MemoryStore } from './stores.js';

export * from './public.js';

/** One for all: its agents keep what they know. */
let transport;
const initial = () => (transport ??= nodeTransport());

/** For code that runs everywhere: here nobody has to wait for the module. */
export async function init() {}

const environment = {
  __proto__: null,
  ready: init,
  transport: initial,
  keys: nodeKeys,
  verifier: nodeVerifier,
  store: (clock) => new MemoryStore({ clock }),
  listener,
};

export class RelyingParty extends Portable {
  static name = 'RelyingParty';

  constructor(options) {
    super(certified(options, initial), environment);
  }
}

export class Site extends PortableSite {
  static name = 'Site';

  constructor(options) {
    super(options, { __proto__: null, ...environment, RelyingParty, certified: (given) => certified(given, initial) });
  }
}
