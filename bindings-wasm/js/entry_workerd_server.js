// The entry point of `entry_workerd.js` in a build that has what servers need.

import { RelyingParty, init } from './entry_workerd.js';
import { heldKeys } from './keys.js';
import { siteWith } from './site_web.js';

export * from './entry_workerd.js';

export const Site = /* @__PURE__ */ siteWith({ RelyingParty, ready: init, keys: heldKeys });
