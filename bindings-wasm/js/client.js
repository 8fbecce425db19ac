import { answered, apiRequest } from './calls.js';
import { contextOf } from './context.js';
import { core, proves } from './core.js';
import { Flow } from './flow.js';
import { handleOf, hold, takeHandle } from './handles.js';
import { ended, frontChannel, leaving, logoutToken, revoked } from './logout.js';
import { invalid, json, visited } from './options.js';
import { checkModule, proving, published } from './proofs.js';
import { sealer, sealing, sealingKeys } from './sealing.js';
import { claims, grantHandle, refreshed, sessionHandle, yielded } from './sessions.js';
import { bytes, discreet, frozen, optionalText, secondsOf, text } from './values.js';

const begun = /* @__PURE__ */ discreet('Login', ['id', 'pending', 'set_cookie', 'cookie', 'url', 'request_object']);

const started = (flow) => begun(frozen(flow.text()));
const codeOf = (code) => hold(new AuthorizationCode(code.decisions()), code);

/** Proof that an authorization response belongs to its login. Good for one exchange. */
export class AuthorizationCode {
  static name = 'AuthorizationCode';
  #decisions;

  constructor(decisions) {
    this.#decisions = decisions;
    Object.freeze(this);
  }

  /** What was checked to get here. */
  get decisions() {
    return frozen(this.#decisions);
  }
}

/** One registration at one provider: the verbs of the protocol, each a value or a flow. */
export class Client {
  static name = 'Client';
  #context;

  constructor(provider, registration, context) {
    const behind = handleOf(provider, core().Provider, 'a Provider');
    const { sealing_keys, ...others } = contextOf(context, { __proto__: null, sealing_keys: sealingKeys });
    this.#context = { __proto__: null, ...others };
    const registered = json(registration, 'the registration');
    checkModule(proving(registration));
    const client = new (core().Client)(behind, registered, others.policy);
    hold(this, sealing(client, sealing_keys));
  }

  /** Whether the cache holds the metadata that this client was made with, and they are fresh. */
  isCurrent() {
    return this.#handle.isCurrent(this.#cache, this.#now);
  }

  /** Starts a login: where to send the browser, and the pending login to keep for its return. */
  authorize(request = {}, entropy) {
    const asked = json(visited(request, 'return_to'), 'the request');
    const login = this.#handle.authorize(asked, bytes(entropy, 'entropy'), this.#now);
    return begun(frozen(login));
  }

  /** Checks an authorization response against the pending login that its browser holds. */
  callback(pending, params) {
    const behind = handleOf(params, core().CallbackParams, 'CallbackParams');
    return codeOf(this.#handle.callback(optionalText(pending, 'the pending login'), behind, this.#now));
  }

  /** Whether the requests of logins are pushed or signed: then `authorizeInSteps` starts them. */
  authorizesInSteps() {
    return proves() && this.#handle.authorizesInSteps();
  }

  /** The flow that starts a login whose request is pushed or signed. Yields what `authorize` does. */
  authorizeInSteps(request, entropy) {
    const asked = json(visited(request, 'return_to'), 'the request');
    checkModule(!proves() && 'authorizeInSteps');
    const drawn = bytes(entropy, 'entropy');
    return this.#flow(this.#handle.authorizeInSteps(asked, drawn, this.#cache, this.#now), started);
  }

  /** The flow that takes a response in any mode, and verifies its signature if it is signed. Yields what `callback` does. */
  signedCallback(pending, params) {
    const behind = handleOf(params, core().CallbackParams, 'CallbackParams');
    const stored = optionalText(pending, 'the pending login');
    checkModule(!proves() && 'signedCallback');
    return this.#flow(this.#handle.callbackInSteps(stored, behind, this.#cache, this.#now), (flow) => codeOf(flow.code()));
  }

  /** Whether requests of this client prove something: then the verbs that make them take `entropy`. */
  needsEntropy() {
    return proves() && this.#handle.needsEntropy();
  }

  /** The public halves of the client's signing keys: the document for its `jwks_uri`. */
  jwks() {
    return published(this.#handle);
  }

  /** What to put back into the store: a login that is not this client's, or that the response does not belong to. */
  putBack(pending, params) {
    const behind = handleOf(params, core().CallbackParams, 'CallbackParams');
    const handle = this.#handle.others(text(pending, 'the pending login'), behind);
    if (handle === undefined) return undefined;
    const { id, started_at, lifetime } = JSON.parse(pending);
    const expires_at = started_at + lifetime;
    const max_age = Math.floor(expires_at - this.#now);
    return { __proto__: null, id, handle, pending, expires_at, max_age };
  }

  /** The flow that exchanges the code and validates the ID token. Yields a session. */
  exchange(code, request = {}, entropy = undefined) {
    const asked = json(request, 'the request');
    this.#prove(entropy);
    const behind = takeHandle(code, core().AuthorizationCode, 'an AuthorizationCode');
    return this.#flow(this.#handle.exchange(behind, asked), yielded);
  }

  /** The flow that takes a session's refresh token for new tokens. Yields a session. */
  refresh(current, request = {}, entropy = undefined) {
    const behind = sessionHandle(current);
    const asked = json(request, 'the request');
    this.#prove(entropy);
    return this.#flow(this.#handle.refresh(behind, asked), yielded);
  }

  /** The flow that takes a refresh token which another library got. Yields a grant, and a session where one is proved. */
  refreshToken(refreshToken, sub, request = {}, entropy = undefined) {
    const [token, expected] = [text(refreshToken, 'the refresh token'), text(sub, 'sub')];
    const asked = json(request, 'the request');
    const handle = this.#handle;
    if (!handle.refreshToken) throw invalid('refreshToken', 'is not in this build: Node’s and relyingparty/full have it');
    this.#prove(entropy);
    return this.#flow(handle.refreshToken(token, expected, asked), refreshed);
  }

  /** The flow that fetches the claims of the UserInfo endpoint. */
  userinfo(current, entropy = undefined) {
    const behind = sessionHandle(current);
    this.#prove(entropy);
    return this.#flow(this.#handle.userinfo(behind), claims);
  }

  /** The flow that calls an API with the access token of a session or a grant. Yields its response, whatever the status. */
  call(holder, request, entropy = undefined) {
    const grant = grantHandle(holder);
    const behind = grant ?? sessionHandle(holder);
    if (!proves()) throw invalid('call', 'is not in this module: import relyingparty/full, or set api_origins');
    const asked = apiRequest(request);
    this.#prove(entropy);
    const handle = this.#handle;
    return this.#flow(grant ? handle.callWithGrant(grant, asked) : handle.call(behind, asked), answered);
  }

  /** The flow that validates an ID token from elsewhere. Yields its claims. */
  verify(idToken, ...given) {
    // Expectations that are there and undefined are checks that nobody makes.
    const expectations = given.length > 0 ? given[0] : {};
    const [token, expected] = [text(idToken, 'the ID token'), json(expectations, 'the expectations')];
    return this.#flow(this.#handle.verify(token, expected, this.#cache, this.#now), claims);
  }

  /** The session as text that nobody without the sealing keys can read or make. */
  seal(current, entropy) {
    const behind = sessionHandle(current);
    sealer();
    return this.#handle.seal(behind, bytes(entropy, 'entropy'));
  }

  /** The flow that makes a session again of its sealed text, or of its `encoded` one. */
  restore(encoded) {
    const stored = text(encoded, 'the stored session');
    return this.#flow(this.#handle.restore(stored, this.#cache, this.#now), yielded);
  }

  /** Where to send the browser to log out at the provider: of the session, which has to be this client's. */
  endSession(request = {}, current = undefined) {
    const asked = json(request, 'the request');
    if (current === undefined) return this.#handle.endSession(asked);
    return this.#handle.endSessionOf(sessionHandle(current), asked);
  }

  /** Begins a logout at the provider: a URL, or a form where that would be too long, and the `state` for `loggedOut`. */
  logOut(request = {}, entropy, current = undefined) {
    return leaving(this.#handle, json(request, 'the request'), current, bytes(entropy, 'entropy'));
  }

  /** The flow that verifies a logout token. Yields what it says. */
  logoutToken(token) {
    return this.#flow(ended(this.#handle, token, this.#cache, this.#now), logoutToken);
  }

  /** What a front-channel logout request says. */
  frontChannelLogout(url) {
    return frontChannel(this.#handle, url);
  }

  /** The flow that revokes a token, or the one that a session or a grant has. Yields nothing. */
  revoke(what, hint = undefined, entropy = undefined) {
    return this.#flow(revoked(this.#handle, what, hint, () => this.#prove(entropy)), () => {});
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

  /** Gives the next verb what it proves itself with. A module that proves nothing has no use for it. */
  #prove(entropy) {
    if (entropy !== undefined && proves()) this.#handle.prove(bytes(entropy, 'entropy'), this.#cache, this.#now);
  }

  #flow(handle, read) {
    return new Flow(handle, this.#context, read);
  }
}
