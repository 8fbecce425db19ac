import { member } from './bare.js';
import { Cache } from './cache.js';
import { CallbackParams } from './callback_params.js';
import { fetchWith, requested } from './calls.js';
import { Client } from './client.js';
import { atHand } from './core.js';
import { CallbackError } from './errors.js';
import { listener } from './events.js';
import { fetchTransport } from './fetch.js';
import { Flights, bounded } from './flights.js';
import { pause, run } from './flow.js';
import { alone } from './judging.js';
import { loggedOut } from './logout.js';
import { copied, invalid, json, options, record, storeOf } from './options.js';
import { READERS, named } from './party_options.js';
import { PROOFS, checkModule, early, proving, published, refused } from './proofs.js';
import { Provider } from './provider.js';
import { refreshes } from './refreshes.js';
import { sent } from './sending.js';
import { SessionSeal } from './session_seal.js';
import { sessionHandle } from './sessions.js';
import { checkSetup } from './setup.js';
import { shown } from './shown.js';
import { systemClock, urlText } from './values.js';

/** How long a store may take, in seconds, before who waits for it to answer asks it too. */
const STORE_TAKES = 10;
/** How long whoever holds a key may take, in seconds. */
const KEY_TAKES = 60;

let ofFetch;

/**
 * One provider, one registration, and what it takes to talk: each verb of the protocol is a plain call. Each entry point
 * has a `RelyingParty` of its own.
 */
export class Portable {
  #context;
  #issuer;
  #registration = Object.create(null);
  #keys;
  #seal;
  #environment;
  #proofs = Object.create(null);
  #proves;
  #proving;
  #prover;
  #judged = false;
  #client;
  #fetching = new Flights();
  #callbacks = new Flights();

  /** @internal `environment` is the entry point's: how to load the module, and what this runtime offers. */
  constructor(given, environment) {
    const registered = (name, value) => {
      if (PROOFS[name]) this.#proofs[name] = PROOFS[name](value, name);
      else this.#registration[name] = value;
    };
    const read = options(given, READERS, 'the options', registered);
    const { issuer, cache, clock = systemClock, policy = {}, allow_insecure_loopback = false } = read;
    if (issuer === undefined) throw invalid('issuer', 'is missing');
    this.#issuer = issuer;
    this.#context = { __proto__: null, policy, cache, clock, allow_insecure_loopback };
    this.#registration = JSON.parse(json(this.#registration, 'the registration'));
    this.#keys = read.sealing_keys;
    this.#environment = {
      __proto__: null,
      ready: environment.ready,
      keys: environment.keys,
      transport: read.transport ?? environment.transport?.() ?? (ofFetch ??= fetchTransport()),
      verifier: read.verifier ?? environment.verifier(),
      store: read.store ?? storeOf(environment.store(clock), 'store'),
      entropy: read.entropy ?? ((length) => globalThis.crypto.getRandomValues(new Uint8Array(length))),
      sleep: read.sleep ?? pause,
      listener: (channel) => listener(channel, environment.listener?.(channel), read.on_event),
    };
    shown(this, () => `${this.constructor.name} ${this.#registration.client_id} at ${issuer}`);
    this.#proves = proving({ ...this.#registration, ...this.#proofs }, policy);
    if (this.#proves) environment.proves?.();
    if (atHand()) this.#judge();
  }

  /** A relying party whose module is loaded and whose options were judged: what cannot work rejects now. */
  static async create(options) {
    const made = new this(options);
    await made.#prepared();
    return made;
  }

  /** What is remembered of the provider. */
  get cache() {
    return (this.#context.cache ??= new Cache());
  }

  /** Goes on with what another page or process remembered of the provider, unless it remembers something itself. */
  async recall(json) {
    await this.#environment.ready();
    this.#context.cache ??= Cache.fromJson(json);
  }

  get issuer() {
    return this.#issuer;
  }

  get client_id() {
    return this.#registration.client_id;
  }

  get redirect_uri() {
    return this.#registration.redirect_uri;
  }

  /** How the set-up stands, before anybody logs in: each thing that a login needs, and what to do about it. */
  async check() {
    await this.#prepared();
    const { policy, clock, allow_insecure_loopback } = this.#context;
    const context = { __proto__: null, policy, clock, cache: this.cache, allow_insecure_loopback };
    return this.#run(() => checkSetup(this.#issuer, this.#registration, context));
  }

  /** The public halves of the `signing_keys`: the document for the client's `jwks_uri`. */
  async jwks() {
    await this.#prepared();
    return alone(this.#issuer, this.#registration, this.#context, published);
  }

  /** Starts a login and puts it into the store. Send the browser to `url`. */
  async authorize(...given) {
    // A request that is there and undefined is demands that nobody makes.
    const [request] = given.length > 0 ? given : [{}];
    const client = await this.#discovered();
    const asked = record(request, 'the request');
    const drawn = this.#environment.entropy(32);
    const login = client.authorizesInSteps()
      ? await this.#run(() => client.authorizeInSteps(asked, drawn))
      : client.authorize(asked, drawn);
    const { id, handle, pending, expires_at, max_age } = login;
    await this.#environment.store.put({ id, handle, pending, expires_at, max_age });
    return login;
  }

  /** The name of the cookie that holds the `id` for `callback`, if this is the browser that started the login. */
  async cookieName(url) {
    await this.#environment.ready();
    this.#judge();
    try {
      return CallbackParams.parse(url).cookieNameAt(this.#registration.redirect_uri);
    } catch (error) {
      if (error instanceof CallbackError) return undefined;
      throw error;
    }
  }

  /**
   * Ends the login whose `id`, or `LoginCookies`, the browser holds, with the URL (or query) that the provider sent it to.
   * Browsers that load pages ahead send it more than once: the same callback, while it is being answered, is one.
   */
  async callback(url, held, request) {
    await this.#environment.ready();
    const response = urlText(url, 'the callback’s URL');
    return this.#finish(CallbackParams.parse(response), held, request, `?${response}`);
  }

  /** The same for `response_mode=form_post`, with the body that the provider had the browser post. */
  async callbackFormPost(body, held, request) {
    await this.#environment.ready();
    return this.#finish(CallbackParams.parseFormPost(body), held, request, body);
  }

  /** New tokens for a session's refresh token, which is good for one use: concurrent calls are one, here and in all. */
  async refresh(session, request = {}) {
    await this.#environment.ready();
    sessionHandle(session);
    const asked = copied(request, 'the request');
    // Who judges otherwise what comes asks for something else.
    const what = json({ asked, policy: this.#context.policy }, 'the request');
    const client = await this.#discovered();
    for (let current = session; ; ) {
      const refreshed = await this.#refreshed(client, current, asked, what);
      if (refreshed.what === what) return refreshed.fresh;
      // Its token was spent on what somebody else asked for: what it became is asked.
      current = refreshed.fresh;
    }
  }

  /** What a session becomes, and what that was asked for: once for all who ask at the same time. */
  async #refreshed(client, session, asked, what) {
    // Whose session it is, is asked for each.
    const flow = client.refresh(session, asked, this.#fresh(client));
    const spent = session.refresh_token;
    const { flights, recent } = refreshes();
    const name = JSON.stringify([this.#issuer, this.#registration.client_id, spent]);
    const whole = name + session.id_token;
    const before = recent.get(whole);
    if (before) return before;
    const refreshing = async (expect) => {
      try {
        const done = { __proto__: null, what, fresh: await this.#run(() => flow, expect) };
        // Where tokens rotate, the old one must not be used again; where they do not, asking again is asking anew.
        if (done.fresh.refresh_token !== spent) recent.set(whole, done);
        return done;
      } catch (error) {
        return { __proto__: null, what, error };
      }
    };
    const late = () => Promise.reject(new Error('this session is being refreshed, and it takes too long'));
    const overdue = async () => ({ __proto__: null, what, fresh: await run(flow, late) });
    const done = await flights.join(name, refreshing, overdue);
    if (!done.error) return done;
    if (done.what === what) throw done.error;
    // What was wrong with what somebody else asked for says nothing of this.
    return this.#refreshed(client, session, asked, what);
  }

  /** Tokens for a refresh token of this client's that another library got, about the end user `sub`. */
  async refreshToken(refreshToken, sub, request) {
    const client = await this.#discovered();
    return this.#run(() => client.refreshToken(refreshToken, sub, request, this.#fresh(client)));
  }

  /** The claims of the UserInfo endpoint about the session's end user. */
  async userinfo(session) {
    const client = await this.#discovered();
    return this.#run(() => client.userinfo(session, this.#fresh(client)));
  }

  /** What an API answers, whatever the status, to a request with the access token of a session or a grant. */
  async call(holder, request) {
    return this.#call(holder, request);
  }

  async #call(holder, request, signal) {
    // As it is now: its body may be another by the time that it is sent.
    const asked = requested(request);
    const client = await this.#discovered();
    return this.#run(() => client.call(holder, asked, this.#fresh(client)), undefined, signal);
  }

  /** A `fetch` that sends the access token of a session or a grant, to whom it is for and nobody else. */
  fetchAs(holder, limits) {
    return fetchWith((request, signal) => this.#call(holder, request, signal), limits);
  }

  /** The claims of an ID token from elsewhere, once every check passed. */
  async verify(idToken, ...expectations) {
    const client = await this.#discovered();
    return this.#run(() => client.verify(idToken, ...expectations));
  }

  /** The session as text that nobody without the `sealing_keys` can read or make. */
  async encode(session) {
    await this.#environment.ready();
    this.#judge();
    sessionHandle(session);
    if (this.#seal === undefined) throw invalid('sealing_keys', 'are not set');
    return this.#seal.seal(session, this.#environment.entropy(32));
  }

  /** The session that was stored as its sealed text, or as its `encoded` one. */
  async restore(encoded) {
    await this.#environment.ready();
    this.#judge();
    const opened = this.#seal?.open(encoded);
    if (opened) return opened;
    const client = await this.#discovered();
    return this.#run(() => client.restore(encoded));
  }

  /** Where to send the browser to log out at the provider. */
  async endSession(session, ...given) {
    await this.#environment.ready();
    if (session !== undefined) sessionHandle(session);
    const asked = record(given.length > 0 ? given[0] : {}, 'the request');
    return (await this.#discovered()).endSession(asked, session);
  }

  /** Begins a logout at the provider: a URL, or a form where that would be too long, and the `state` for `loggedOut`. */
  async logOut(session, ...given) {
    await this.#environment.ready();
    if (session !== undefined) sessionHandle(session);
    const asked = record(given.length > 0 ? given[0] : {}, 'the request');
    return (await this.#discovered()).logOut(asked, this.#environment.entropy(32), session);
  }

  /** Rejects unless the browser comes back from the logout that it began. */
  async loggedOut(url, expected) {
    await this.#environment.ready();
    loggedOut(url, expected);
  }

  /** What a logout token says, once every check passed. */
  async logoutToken(token) {
    const client = await this.#discovered();
    return this.#run(() => client.logoutToken(token));
  }

  /** What a front-channel logout request says. */
  async frontChannelLogout(url) {
    return (await this.#discovered()).frontChannelLogout(url);
  }

  /** Revokes a token, or the one that a session or a grant has. */
  async revoke(what, hint) {
    const client = await this.#discovered();
    return this.#run(() => client.revoke(what, hint, this.#fresh(client)));
  }

  async #finish(params, held, request, response) {
    this.#judge();
    const { store } = this.#environment;
    // A browser without the cookie has no login here, whatever the store goes by; a page's own store is the page's. A
    // store is asked for what has the form of an id, and for nothing that a visitor made up.
    const { id, reason } = params.loginId(held, this.#registration.redirect_uri, store.in_page);
    if (id === undefined) return this.#unclaimed(params, reason);
    const client = await this.#discovered();
    const end = async (expect) => {
      expect?.(STORE_TAKES);
      return this.#end(client, params, id, reason, request, expect);
    };
    // What else the token request asks for is the caller's own: shared with nobody.
    if (request !== undefined) return end();
    return this.#callbacks.join(JSON.stringify([id, response]), end, end);
  }

  async #end(client, params, id, reason, request, expect) {
    const { store } = this.#environment;
    const { handle } = params;
    // In a page there may be no id.
    const pending = await store.take({ id: id || undefined, handle });
    if (typeof pending !== 'string') return this.#unclaimed(params, reason);
    const signed = params.is_signed;
    let taken;
    let failed;
    try {
      taken = signed ? client.signedCallback(pending, params) : client.callback(pending, params);
    } catch (error) {
      failed = error;
    }
    // A login that somebody else waits for waits on, as it was.
    const others = (signed || failed) && client.putBack(pending, params);
    if (!others) await store.used({ handle });
    else if (others.max_age > 0) await store.put(others);
    const exchange = (code) => client.exchange(code, request, this.#fresh(client));
    const exchanged = (carry) => (signed ? carry(taken).then(exchange) : exchange(taken));
    return this.#run(failed ? () => raise(failed) : exchanged, expect);
  }

  /** Says why no login waits. Of one that was used or expired the store may know, whatever the browser holds. */
  async #unclaimed(params, reason) {
    const { handle } = params;
    const told = handle && (await this.#environment.store.whyMissing({ handle }));
    return this.#run(() => params.unclaimed(reason, told));
  }

  /** The client of the provider as its metadata is now: the cache knows when to ask again. */
  async #discovered() {
    await this.#prepared();
    if (this.#client?.isCurrent()) return this.#client;
    const { policy, clock, allow_insecure_loopback } = this.#context;
    const context = { __proto__: null, policy, clock, cache: this.cache };
    const provider = await this.#run(() =>
      Provider.discover(this.#issuer, { __proto__: null, ...context, allow_insecure_loopback }),
    );
    return (this.#client = new Client(provider, this.#registration, context));
  }

  /** What a verb needs for requests that prove something. Nothing is drawn for others. */
  #fresh(client) {
    return client.needsEntropy() ? this.#environment.entropy(32) : undefined;
  }

  /** Loads the module, judges the options, and has the keys at hand if there are any. */
  async #prepared() {
    await this.#environment.ready();
    this.#judge();
    if (!this.#proves || this.#prover) return;
    this.#proving ??= this.#prove().finally(() => (this.#proving = undefined));
    await this.#proving;
  }

  /** Finds out what the keys are. What failed is tried again by the next call. */
  async #prove() {
    const { registered, answer } = await this.#environment.keys(this.#proofs, this.#registration, refused);
    Object.assign(this.#registration, registered);
    this.#proofs = Object.create(null);
    this.#judged = false;
    this.#judge();
    this.#prover = answer;
  }

  /** Refuses options that cannot work with whatever provider, before any is asked. */
  #judge() {
    if (this.#judged) return;
    checkModule(this.#proves);
    alone(this.#issuer, early(this.#registration, this.#proofs), this.#context, () => {}, named());
    if (this.#keys !== undefined) {
      const { policy, allow_insecure_loopback } = this.#context;
      const how = { __proto__: null, policy, allow_insecure_loopback, sealing_keys: this.#keys };
      this.#seal = new SessionSeal(this.#issuer, this.#registration.client_id, how);
    }
    this.#judged = true;
  }

  /**
   * Carries the flow that `start` yields to its end, and tells who listens what was checked. `start` is given what carries
   * a flow that comes before it; then it yields a promise. An aborted `signal` stops the request that is under way.
   */
  async #run(start, expect, signal) {
    const tell = this.#environment.listener('relyingparty:decision');
    let found;
    try {
      const sleep = (seconds) => {
        expect?.(seconds);
        return this.#environment.sleep(seconds);
      };
      const carry = (flow) => run(flow, (request) => this.#answer(request, expect, signal), sleep);
      const flow = start(carry);
      return (found = await carry(flow instanceof Promise ? await flow : flow));
    } catch (error) {
      found = error;
      throw error;
    } finally {
      if (tell) for (const decision of member(found, 'decisions') ?? []) tell({ ...decision });
    }
  }

  #answer(request, expect, signal) {
    signal?.throwIfAborted();
    if (request.kind === 'verify') return this.#environment.verifier(request);
    if (request.kind !== 'http') {
      expect?.(KEY_TAKES);
      return bounded(KEY_TAKES, this.#prover(request));
    }
    const { timeout_secs } = request.limits;
    expect?.(timeout_secs);
    if (!request.coalesces) return sent(request, this.#environment, signal);
    return this.#fetching.join(request.url, async (expect) => {
      expect(timeout_secs);
      return sent(request, this.#environment);
    });
  }
}

function raise(error) {
  throw error;
}
