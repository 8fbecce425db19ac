export * from './calls.js';
export * from './claims.js';
export * from './errors.js';
export * from './host.js';
export * from './keys.js';
export * from './logout.js';
export * from './options.js';
export * from './policy.js';
export * from './relyingparty.js';
export * from './sans_io.js';
export * from './session_stores.js';
export * from './sessions.js';
export * from './site.js';
export * from './stores.js';

/** Where the WebAssembly module comes from. */
export type InitSource = string | URL | Response | BufferSource | WebAssembly.Module;

/**
 * Loads the WebAssembly module: the one that comes with the package, or one from a URL, a response, bytes or a compiled module.
 * In Node it is not needed; in a browser `RelyingParty` calls it. Rejects with `module_unavailable`; a later call tries again.
 */
export function init(source?: InitSource): Promise<void>;
