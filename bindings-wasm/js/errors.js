import { hidden, member, own } from './bare.js';

const INSPECT = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom');

/** What the core refuses. Codes are the interface (`errorCodes()` lists them); messages may change. */
export class RelyingPartyError extends Error {
  /** `cause`, which may hold whatever a host's own errors hold, is there for who asks for it by name. */
  constructor({ message, code, category, retryable, details, decisions }, cause) {
    super(message);
    this.code = code;
    this.category = category;
    this.retryable = retryable;
    this.details = details;
    this.decisions = decisions;
    hidden(this, INSPECT, shown);
    if (cause !== undefined) hidden(this, 'cause', cause);
  }

  /** Where the documentation explains the code. */
  get help() {
    return `errors/${this.code}.md`;
  }

  // Written out, here and below: a minifier renames classes.
  get name() {
    return 'RelyingPartyError';
  }
}

/**
 * What `console.log` and an uncaught error print in Node: all but the `cause`, which Node would print with whatever a
 * host's HTTP client hung on it, such as the request's body.
 */
function shown(_depth, options, inspect) {
  const shown = new Error(this.message);
  shown.stack = this.stack;
  return inspect(Object.assign(shown, this), options);
}

export class CallbackError extends RelyingPartyError {
  get name() {
    return 'CallbackError';
  }
}

export class ConfigurationError extends RelyingPartyError {
  get name() {
    return 'ConfigurationError';
  }
}

export class MisuseError extends RelyingPartyError {
  get name() {
    return 'MisuseError';
  }
}

export class ProtocolError extends RelyingPartyError {
  get name() {
    return 'ProtocolError';
  }
}

export class TokenError extends RelyingPartyError {
  get name() {
    return 'TokenError';
  }
}

export class TransportError extends RelyingPartyError {
  get name() {
    return 'TransportError';
  }
}

/** The provider's own OAuth error. Its three members (absent when the provider sent none) are untrusted text: escape before showing. */
export class ProviderError extends RelyingPartyError {
  constructor(error, cause) {
    super(error, cause);
    Object.assign(this, own(error, 'server_error'));
  }

  get name() {
    return 'ProviderError';
  }
}

/** An error of the core, from the JSON text in which it crosses the boundary. Called by the WebAssembly module. */
export function errorFromJson(text) {
  const error = JSON.parse(text);
  const CLASSES = {
    __proto__: null,
    Callback: CallbackError,
    Configuration: ConfigurationError,
    Misuse: MisuseError,
    Protocol: ProtocolError,
    Provider: ProviderError,
    Token: TokenError,
    Transport: TransportError,
  };
  return new CLASSES[error.category](error);
}

/** What a message shows of a text from outside, and how much of it: the same as the core's. */
const UNSHOWN = /[^A-Za-z0-9 ._~:/?#@!$()*+,;=-]/gu;
const SHOWN = 512;

/** The codes of what goes wrong outside the core: before it is loaded, and in a store. */
export const HOST_CODES = ['module_unavailable', 'store_failed'];

/** The core's `invalid_configuration`, for the options that are never handed to it. */
export function invalid(name, reason, cause) {
  const message = 'the configuration cannot be used';
  return ofHost('invalid_configuration', message, { member: String(name).slice(0, SHOWN), reason }, false, cause);
}

/** The module cannot be loaded: a policy forbids it, it is not there, or nobody loaded it. */
export function moduleUnavailable(reason, cause) {
  const name = reason ?? nameOf(cause);
  const refused = /^(Compile|Eval|Link)Error$/.test(name);
  const message = refused
    ? 'the WebAssembly module cannot be compiled: where there is a Content-Security-Policy, its script-src needs wasm-unsafe-eval'
    : 'the WebAssembly module cannot be loaded';
  const again = reason === undefined && !refused;
  return ofHost('module_unavailable', message, { reason: name }, again, cause);
}

/** What a store threw, at `put` or `take`: an error of ours as it is. What a browser denies once it denies again. */
export function storeFailed(operation, in_page, reason, cause) {
  if (isOurs(cause)) return cause;
  const message = in_page
    ? 'the storage of this browser cannot be used: site data may be blocked, or the storage full'
    : 'the store of pending logins failed';
  return ofHost('store_failed', message, { operation, reason: reason ?? nameOf(cause) }, !in_page, cause);
}

function isOurs(error) {
  try {
    return error instanceof RelyingPartyError;
  } catch {
    // What a host throws may not even be looked at.
    return false;
  }
}

/** The code or the name of an error: nothing that it quotes. */
function nameOf(error) {
  try {
    if (typeof error !== 'object' || error === null) return typeof error;
    const words = ['code', 'name'].map((of) => member(error, of));
    return words.find((word) => typeof word === 'string' && /^\w{1,64}$/.test(word)) ?? 'object';
  } catch {
    return 'unreadable';
  }
}

function ofHost(code, message, details, retryable, cause) {
  const shown = Object.entries(details).map(([name, value]) => `${name}: [${value.replace(UNSHOWN, '\ufffd')}]`);
  return new ConfigurationError(
    {
      __proto__: null,
      message: `${message} (${shown.join(', ')})`,
      code,
      category: 'Configuration',
      retryable,
      details: Object.freeze(details),
      decisions: Object.freeze([]),
    },
    cause,
  );
}
