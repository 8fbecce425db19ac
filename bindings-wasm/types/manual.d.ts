import type { InitSource } from './index.js';

export * from './index.js';

/** Loads the WebAssembly module. Call it before anything else. Rejects with `module_unavailable`. */
export function init(source: InitSource): Promise<void>;
