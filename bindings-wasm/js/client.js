import { Cache } from './cache.js';
import { CallbackParams } from './callback_params.js';
import { core } from './core.js';
import { Flow } from './flow.js';
import { handleOf, hold, takeHandle } from './handles.js';
import { withSignatures } from './provider.js';
import { discreet, frozen, json, systemClock } from './values.js';

/** Proof that an authorization response belongs to its login. Good for one exchange. */
export class AuthorizationCode {}

/** One registration at one provider: the verbs of the protocol, each a value or a flow. */
export class Client {
  #context;

  constructor(provider, registration, { policy, cache = new Cache(), clock = systemClock } = {}) {
    const behind = handleOf(provider, core().Provider, 'a Provider');
    hold(this, new (core().Client)(behind, json(registration), json(withSignatures(policy))));
    this.#context = { cache, clock };
  }

  /** Starts a login: where to send the browser, and the pending login to keep for its return. */
  authorize(request, entropy) {
    return discreet(frozen(this.#handle.authorize(json(request), entropy, this.#now)), ['id', 'pending']);
  }

  /** Checks an authorization response against the pending login that its browser holds. */
  callback(pending, params) {
    const behind = handleOf(params, core().CallbackParams, 'CallbackParams');
    return hold(new AuthorizationCode(), this.#handle.callback(pending, behind, this.#now));
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
  verify(idToken, expectations) {
    return this.#flow(this.#handle.verify(idToken, json(expectations), this.#cache, this.#now));
  }

  /** The flow that makes a session again of its `encoded` text. */
  restore(encoded) {
    return this.#flow(this.#handle.restore(encoded, this.#cache, this.#now), session);
  }

  /** Where to send the browser to log out at the provider. */
  endSession(request) {
    return this.#handle.endSession(json(request));
  }

  get #handle() {
    return handleOf(this, core().Client, 'a Client');
  }

  get #cache() {
    return handleOf(this.#context.cache, core().Cache, 'a Cache');
  }

  get #now() {
    return this.#context.clock();
  }

  #flow(handle, read) {
    return new Flow(handle, this.#context, read);
  }
}

/** A session as JavaScript has it: its values to read, the proof behind it. */
function session(handle) {
  const tokens = ['id_token', 'access_token', 'refresh_token', 'encoded'];
  return hold(discreet(frozen(handle.view()), tokens), handle);
}

function sessionHandle(current) {
  return handleOf(current, core().Session, 'a session (one read from a store has to be restored first)');
}
