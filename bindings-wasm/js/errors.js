/** What the core refuses. Codes are the interface (`errorCodes()` lists them); messages may change. */
export class RelyingPartyError extends Error {
  constructor({ message, code, category, details, decisions }) {
    super(message);
    this.code = code;
    this.category = category;
    this.details = details;
    this.decisions = decisions;
  }
}

export class CallbackError extends RelyingPartyError {}
export class ConfigurationError extends RelyingPartyError {}
export class MisuseError extends RelyingPartyError {}
export class ProtocolError extends RelyingPartyError {}
export class TokenError extends RelyingPartyError {}
export class TransportError extends RelyingPartyError {}

/** The provider's own OAuth error. Its three members (absent when the provider sent none) are untrusted text: escape before showing. */
export class ProviderError extends RelyingPartyError {
  constructor({ server_error, ...error }) {
    super(error);
    Object.assign(this, server_error);
  }
}

const CLASSES = {
  Callback: CallbackError,
  Configuration: ConfigurationError,
  Misuse: MisuseError,
  Protocol: ProtocolError,
  Provider: ProviderError,
  Token: TokenError,
  Transport: TransportError,
};

// By key, not by `Function.name`: a minifier renames classes.
for (const [category, errorClass] of [['RelyingParty', RelyingPartyError], ...Object.entries(CLASSES)]) {
  Object.defineProperty(errorClass.prototype, 'name', { value: `${category}Error`, configurable: true });
}

/** An error of the core, from the JSON text in which it crosses the boundary. Called by the WebAssembly module. */
export function errorFromJson(text) {
  const error = JSON.parse(text);
  return new CLASSES[error.category](error);
}
