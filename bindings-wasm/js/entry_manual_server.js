// The entry point of `entry_manual.js` in a build that has what servers need.

import { core } from './core.js';
import { RelyingParty } from './entry_manual.js';
import { heldKeys } from './keys.js';
import { siteWith } from './site_web.js';

export * from './entry_manual.js';

export const Site = /* @__PURE__ */ siteWith({ RelyingParty, ready: core, keys: heldKeys });
