// Who listens to what is done, by `node:diagnostics_channel`.

import { channel } from 'node:diagnostics_channel';

const channels = /* @__PURE__ */ new Map();

/** How to tell those who listen to the channel, if anybody does. */
export function listener(name) {
  if (!channels.has(name)) channels.set(name, channel(name));
  const listened = channels.get(name);
  return listened.hasSubscribers ? (event) => listened.publish(event) : undefined;
}
