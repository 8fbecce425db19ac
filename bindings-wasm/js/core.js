// The WebAssembly module, once it is loaded.

import * as wasm from './wasm.js';

let loading;
let loaded = false;
let read = () => {
  throw new TypeError('relyingparty is not loaded yet: await init() first');
};

/** The module's exports. */
export function core() {
  if (!loaded) loadSync(read());
  return wasm;
}

/** Loads the module when it is first needed, from the bytes that `from` gives at once. */
export function loadOnUse(from) {
  read = from;
}

/** Loads the module from its bytes or its compiled form, at once. */
export function loadSync(module) {
  wasm.initSync({ module });
  loaded = true;
}

/** Loads the module from a URL, a response, bytes or its compiled form; the first call decides which. */
export function load(source) {
  loading ??= wasm.default({ module_or_path: source }).then(
    () => void (loaded = true),
    (error) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}

/** The codes that errors may carry. */
export const errorCodes = () => core().errorCodes();
