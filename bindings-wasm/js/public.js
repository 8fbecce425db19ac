// What every entry point exports beside `init` and `RelyingParty`.

export { Cache } from './cache.js';
export { CallbackParams } from './callback_params.js';
export { Client } from './client.js';
export { errorCodes } from './core.js';
export { dpopKeyStore, generateDpopKey } from './dpop_keys.js';
export {
  CallbackError,
  ConfigurationError,
  MisuseError,
  ProtocolError,
  ProviderError,
  RelyingPartyError,
  TokenError,
  TransportError,
} from './errors.js';
export { fetchTransport } from './fetch.js';
export { run } from './flow.js';
export { Provider } from './provider.js';
export * from './server.js';
export { MemoryStore, SessionStorageStore } from './stores.js';
export { webVerifier } from './verify.js';
