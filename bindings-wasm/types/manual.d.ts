import type { InitSource } from './index.js';

export * from './index.js';

/** Loads the WebAssembly module. Nothing works before it. */
export function init(source: InitSource): Promise<void>;
