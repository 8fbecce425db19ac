// The entry point of `entry_web.js` in a build that has what servers need.

import { RelyingParty, init } from './entry_web.js';
import { siteWith } from './site_web.js';

export * from './entry_web.js';

export const Site = /* @__PURE__ */ siteWith({
  RelyingParty,
  ready: () => init(),
  keys: async (...given) => (await import('./keys.js')).heldKeys(...given),
});
