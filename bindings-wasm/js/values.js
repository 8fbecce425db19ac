// How values cross the boundary: as JSON text, both ways.

/** A JSON text as a value that is frozen all the way down. `JSON.parse` makes `__proto__` a member like any other. */
export function frozen(text) {
  return JSON.parse(text, (_name, value) => (typeof value === 'object' ? Object.freeze(value) : value));
}

/**
 * A frozen copy whose `secrets` are there for who asks by name, and which `console.log`, `JSON.stringify` and
 * spreading pass over: a log is no place for them.
 */
export function discreet(value, secrets) {
  const copy = { ...value };
  for (const name of secrets) {
    if (name in copy) Object.defineProperty(copy, name, { enumerable: false });
  }
  return Object.freeze(copy);
}

/** Options as JSON text; what is undefined is not there. */
export function json(options = {}) {
  return JSON.stringify(options);
}

/** The time in Unix seconds. */
export function systemClock() {
  return Math.floor(Date.now() / 1000);
}
