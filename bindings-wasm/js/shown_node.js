// What Node's console prints of an object: itself, by its name.

import { hidden } from './bare.js';

const INSPECT = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom');

/** Has `console.log` print the object as `<what()>`. */
export function shown(object, what) {
  return hidden(object, INSPECT, () => `<${what()}>`);
}
