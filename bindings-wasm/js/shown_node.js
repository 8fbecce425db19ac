// What Node's console prints of an object: itself, by its name.

import { hidden } from './bare.js';

const INSPECT = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom');

/** Has `console.log` print the object as `<what()>`. */
export function shown(object, what) {
  return hidden(object, INSPECT, () => `<${what()}>`);
}

/** Has `console.log` print the object's members behind its name. */
export function named(object, name) {
  return hidden(object, INSPECT, (depth, options, inspect) =>
    depth < 0 ? `[${name}]` : `${name} ${inspect({ ...object }, options)}`,
  );
}
