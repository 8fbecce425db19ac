import { contextOf } from './context.js';
import { core } from './core.js';
import { Flow } from './flow.js';
import { handleOf, hold, takeHandle } from './handles.js';
import { bytes, discreet, frozen, json, optionalText, secondsOf, text } from './values.js';

/** Proof that an authorization response belongs to its login. Good for one exchange. */
export class AuthorizationCode {
  constructor(decisions) {
    this.decisions = decisions;
    Object.freeze(this);
  }
}

/** One registration at one provider: the verbs of the protocol, each a value or a flow. */
export class Client {
  #context;

  constructor(provider, registration, context) {
    const behind = handleOf(provider, core().Provider, 'a Provider');
    this.#context = contextOf(context);
    const { policy } = this.#context;
    hold(this, new (core().Client)(behind, json(registration, 'the registration'), policy));
  }

  /** Whether the cache holds the metadata that this client was made with, and they are fresh. */
  isCurrent() {
    return this.#handle.isCurrent(this.#cache, this.#now);
  }

  /** Starts a login: where to send the browser, and the pending login to keep for its return. */
  authorize(request = {}, entropy) {
    const login = this.#handle.authorize(json(request, 'the request'), bytes(entropy, 'entropy'), this.#now);
    return discreet(frozen(login), ['id', 'pending', 'url']);
  }

  /** Checks an authorization response against the pending login that its browser holds. */
  callback(pending, params) {
    const behind = handleOf(params, core().CallbackParams, 'CallbackParams');
    const code = this.#handle.callback(optionalText(pending, 'the pending login'), behind, this.#now);
    return hold(new AuthorizationCode(frozen(code.decisions())), code);
  }

  /** The flow that exchanges the code and validates the ID token. Yields a session. */
  exchange(code) {
    return this.#flow(
      this.#handle.exchange(takeHandle(code, core().AuthorizationCode, 'an AuthorizationCode')),
      session,
    );
  }

  /** The flow that takes a session's refresh token for new tokens. Yields a session. */
  refresh(current) {
    return this.#flow(this.#handle.refresh(sessionHandle(current)), session);
  }

  /** The flow that fetches the claims of the UserInfo endpoint. */
  userinfo(current) {
    return this.#flow(this.#handle.userinfo(sessionHandle(current)));
  }

  /** The flow that validates an ID token from elsewhere. Yields its claims. */
  verify(idToken, expectations = {}) {
    const [token, expected] = [text(idToken, 'the ID token'), json(expectations, 'the expectations')];
    return this.#flow(this.#handle.verify(token, expected, this.#cache, this.#now));
  }

  /** The flow that makes a session again of its `encoded` text. */
  restore(encoded) {
    const stored = text(encoded, 'the stored session');
    return this.#flow(this.#handle.restore(stored, this.#cache, this.#now), session);
  }

  /** Where to send the browser to log out at the provider. */
  endSession(request = {}) {
    return this.#handle.endSession(json(request, 'the request'));
  }

  get #handle() {
    return handleOf(this, core().Client, 'a Client');
  }

  get #cache() {
    return handleOf(this.#context.cache, core().Cache, 'a Cache');
  }

  get #now() {
    return secondsOf(this.#context.clock);
  }

  #flow(handle, read) {
    return new Flow(handle, this.#context, read);
  }
}

/** What is behind a session. */
export function sessionHandle(current) {
  return handleOf(current, core().Session, 'a session (one read from a store has to be restored first)');
}

/** A session as JavaScript has it: its values to read, the proof behind it. */
function session(handle) {
  const secrets = ['id_token', 'access_token', 'refresh_token', 'other_members', 'encoded'];
  return hold(discreet(frozen(handle.view()), secrets), handle);
}
