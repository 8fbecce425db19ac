// The WebAssembly module, once it is loaded.

import { HOST_CODES, errorFromJson, moduleUnavailable } from './errors.js';
import { glue } from './glue.js';
import { here } from './here.js';

let wasm;
let loading;

/** The module's exports. */
export function core() {
  if (!wasm) loadSync();
  return wasm;
}

/** Whether clients can prove themselves with keys by this module. */
export const proves = () => core().proves();

/** Whether the module is there, or can be at once. */
export const atHand = () => wasm !== undefined || here !== undefined;

/** Loads the module from its bytes or its compiled form, at once: from those at hand unless others are given. */
export function loadSync(module) {
  if (module === undefined && !here) throw moduleUnavailable('not loaded yet: await init() first');
  try {
    const made = glue(errorFromJson);
    made.initSync({ module: module ?? here() });
    wasm = made;
  } catch (cause) {
    throw moduleUnavailable(undefined, cause);
  }
}

/**
 * Loads the module from a URL, a response, bytes or its compiled form, or from what a function yields of these; the
 * first call decides which.
 */
export function load(source) {
  loading ??= instantiated(source).then(
    (made) => void (wasm ??= made),
    (cause) => {
      loading = undefined;
      throw moduleUnavailable(undefined, cause);
    },
  );
  return loading;
}

async function instantiated(source) {
  const made = glue(errorFromJson);
  await made.init({ module_or_path: typeof source === 'function' ? source() : source });
  return made;
}

/** The codes that errors may carry. */
export const errorCodes = () => [...core().errorCodes(), ...HOST_CODES];
