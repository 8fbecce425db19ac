import { Cache } from './cache.js';
import { CallbackParams } from './callback_params.js';
import { Client, sessionHandle } from './client.js';
import { fetchTransport } from './fetch.js';
import { run } from './flow.js';
import { Provider } from './provider.js';
import { callable, optionalText, record, systemClock } from './values.js';

/** One provider, one registration, and what it takes to talk: each verb of the protocol is a plain call. */
export class RelyingParty {
  #options;
  #context;
  #registration;
  #environment;
  #client;
  #fetching = new Map();
  #refreshing = new WeakMap();

  /** @internal `environment` is the entry point's: how to load the module, and what this runtime offers. */
  constructor(options, environment) {
    const {
      issuer,
      policy,
      allow_insecure_loopback,
      cache,
      clock = systemClock,
      transport,
      verifier,
      store,
      entropy,
      ...registration
    } = record(options, 'the options');
    this.#options = { issuer, policy, allow_insecure_loopback };
    this.#context = { cache, clock: callable(clock, 'clock') };
    this.#registration = registration;
    this.#environment = {
      ready: environment.ready,
      transport: callable(transport ?? fetchTransport(), 'transport'),
      verifier: callable(verifier ?? environment.verifier(), 'verifier'),
      store: checkedStore(store ?? environment.store(clock)),
      entropy: callable(entropy ?? systemEntropy, 'entropy'),
    };
  }

  /** What is remembered of the provider. */
  get cache() {
    return (this.#context.cache ??= new Cache());
  }

  /** Starts a login and puts it into the store. Send the browser to `url`. */
  async authorize(request) {
    const client = await this.#discovered();
    const login = client.authorize(request, this.#environment.entropy(32));
    const { id, handle, pending, expires_at, max_age } = login;
    await this.#environment.store.put({ id, handle, pending, expires_at, max_age });
    return login;
  }

  /** The name of the cookie that holds the `id` for `callback`, if this is the browser that started the login. */
  async cookieName(url) {
    await this.#environment.ready();
    return CallbackParams.parse(url).cookie_name;
  }

  /** Ends the login whose `id` the browser holds, with the URL (or query) that the provider sent it to. */
  async callback(url, id) {
    await this.#environment.ready();
    return this.#finish(CallbackParams.parse(url), id);
  }

  /** The same for `response_mode=form_post`, with the body that the provider had the browser post. */
  async callbackFormPost(body, id) {
    await this.#environment.ready();
    return this.#finish(CallbackParams.parseFormPost(body), id);
  }

  /** New tokens for a session's refresh token, which is good for one use: concurrent calls are one. */
  async refresh(session) {
    await this.#environment.ready();
    sessionHandle(session);
    return once(this.#refreshing, session, async () =>
      this.#run((await this.#discovered()).refresh(session)),
    );
  }

  /** The claims of the UserInfo endpoint about the session's end user. */
  async userinfo(session) {
    return this.#run((await this.#discovered()).userinfo(session));
  }

  /** The claims of an ID token from elsewhere, once every check passed. */
  async verify(idToken, expectations) {
    return this.#run((await this.#discovered()).verify(idToken, expectations));
  }

  /** The session that was stored as its `encoded` text. */
  async restore(encoded) {
    return this.#run((await this.#discovered()).restore(encoded));
  }

  /** Where to send the browser to log out at the provider. */
  async endSession(session, request) {
    await this.#environment.ready();
    if (session !== undefined) sessionHandle(session);
    const asked = request === undefined ? {} : record(request, 'the request');
    const hint = session === undefined ? {} : { id_token_hint: session.id_token };
    return (await this.#discovered()).endSession({ ...hint, ...asked });
  }

  async #finish(params, id) {
    optionalText(id, 'id');
    const client = await this.#discovered();
    const { store } = this.#environment;
    // A browser without the cookie has no login here, whatever the store goes by. A page's own store is the page's.
    const here = typeof id === 'string' || (id === undefined && store.in_page === true);
    const pending = here ? await store.take({ id, handle: params.handle }) : undefined;
    return this.#run(client.exchange(client.callback(pending, params)));
  }

  /** The client of the provider as its metadata is now: the cache knows when to ask again. */
  async #discovered() {
    await this.#environment.ready();
    if (this.#client?.isCurrent()) return this.#client;
    const context = { ...this.#context, cache: this.cache, ...given({ policy: this.#options.policy }) };
    const provider = await this.#run(
      Provider.discover(this.#options.issuer, { ...given(this.#options), ...context }),
    );
    return (this.#client = new Client(provider, this.#registration, context));
  }

  #run(flow) {
    return run(flow, (request) => this.#answer(request));
  }

  #answer(request) {
    if (request.kind === 'verify') return this.#environment.verifier(request);
    if (!request.coalesces) return this.#environment.transport(request);
    return once(this.#fetching, request.url, async () => this.#environment.transport(request));
  }
}

/** Work in flight under one name is done once: whoever asks meanwhile gets the same answer. */
function once(inFlight, name, work) {
  if (!inFlight.has(name)) {
    const flight = work();
    const landed = () => void inFlight.delete(name);
    inFlight.set(name, flight);
    // A turn later, so that it is over only when whoever asked first has taken the answer in: until the cache has it,
    // whoever looks there and finds nothing finds the flight.
    queueMicrotask(() => flight.then(landed, landed));
  }
  return inFlight.get(name);
}

/** The options that were given. */
function given(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function checkedStore(store) {
  callable(store.put, 'store.put');
  callable(store.take, 'store.take');
  return store;
}

function systemEntropy(length) {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}
