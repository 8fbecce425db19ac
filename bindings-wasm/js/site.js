// A web application's whole login over requests as data: the routes below one URL, and the session of every other request.

import { Cache } from './cache.js';
import { READERS as CONTEXT } from './context.js';
import { atHand, core } from './core.js';
import { listener } from './events.js';
import { pause } from './flow.js';
import { handleOf } from './handles.js';
import { incomingOf } from './incoming.js';
import { callable, copied, invalid, json, label, options } from './options.js';
import { sealingKeys, taken } from './sealing.js';
import { sessionStoreOf } from './session_stores.js';
import { shown } from './shown.js';
import { carried, handled, visited } from './site_flow.js';
import { SiteProvider } from './site_provider.js';
import { bytes, secondsOf, systemClock, urlText } from './values.js';

/** Options that the relying parties of a site have, too. */
const SHARED = {
  __proto__: null,
  sealing_keys: sealingKeys,
  clock: callable,
  entropy: callable,
  sleep: callable,
  on_event: callable,
};
const READERS = {
  __proto__: null,
  base_url: label,
  providers: list,
  store: sessionStoreOf,
  policy: copied,
  cache: CONTEXT.cache,
  ...SHARED,
};
const NEEDED = ['base_url', 'providers', 'sealing_keys'];

/** The login of a web application. Each entry point has a `Site` of its own. */
export class PortableSite {
  #read;
  #policy;
  #cache;
  #environment;
  /** What flows ask; with its providers, by name and in order, as they were when a flow began. */
  #host;
  #parties = new Map();
  /** The core's, once it is loaded and the keys of all providers are at hand. */
  #site;
  #preparing;

  /** @internal `environment` is the entry point's: how to load the module, and what this runtime offers. */
  constructor(given, environment) {
    const read = (this.#read = options(given, READERS));
    for (const name of NEEDED) if (read[name] === undefined) throw invalid(name, 'is missing');
    const { store, policy = {} } = read;
    if (Object.hasOwn(policy, 'store')) throw invalid('policy', 'has the member store: give the option store instead');
    this.#policy = json({ __proto__: null, ...policy, store: store !== undefined }, 'policy');
    this.#cache = read.cache;
    const tell = (channel) => listener(channel, environment.listener?.(channel), read.on_event);
    this.#environment = { __proto__: null, ...environment, listener: tell };
    const providers = read.providers.map((one) => new SiteProvider(one, this.#environment));
    for (const provider of providers) provider.returnTo(this.#callback(provider, providers.length > 1));
    this.#host = {
      __proto__: null,
      store,
      sleep: read.sleep ?? pause,
      listener: tell,
      cache: () => handleOf(this.cache, core().Cache, 'a Cache'),
      now: () => secondsOf(read.clock ?? systemClock),
      providers: new Map(providers.map((provider) => [provider.name, provider])),
    };
    shown(this, () => `${this.constructor.name} at ${read.base_url}`);
    // What cannot work is refused now, where the module is at hand.
    if (atHand()) this.#make(providers);
  }

  /** What is remembered of the providers. */
  get cache() {
    return (this.#cache ??= new Cache());
  }

  /** The URL below which the routes are. */
  get base_url() {
    return this.#read.base_url;
  }

  /** Whether a URL's path is below that of the base URL, of which proxies may have taken something off the front. */
  handles(url) {
    const [path, base] = [urlText(url, 'the URL'), this.#read.base_url].map(pathOf);
    const tails = Array.from(base.matchAll(/\//g), ({ index }) => base.slice(index));
    return (tails.length > 0 ? tails : ['']).some((tail) => path.startsWith(`${tail}/`));
  }

  /** Answers a request to one of the routes below the base URL. */
  async handle(incoming) {
    const site = this.#site ?? (await this.#prepared());
    return carried(site.handle(incomingOf(incoming), ...this.#fresh()), handled, this.#host);
  }

  /** Whose request this is. */
  async visit(incoming) {
    const site = this.#site ?? (await this.#prepared());
    return carried(site.visit(incomingOf(incoming), ...this.#fresh()), visited, this.#host);
  }

  /** The relying party of the provider of this name, or of the first: for what is no login of a browser's. */
  relyingParty(name = this.#host.providers.keys().next().value) {
    const provider = this.#host.providers.get(name);
    if (!provider) throw invalid('name', 'is that of no provider of this site');
    if (!this.#parties.has(name)) {
      const own = Object.entries(this.#read).filter(([name]) => SHARED[name]);
      const options = { ...provider.options, ...Object.fromEntries(own), cache: this.cache };
      this.#parties.set(name, new this.#environment.RelyingParty(options));
    }
    return this.#parties.get(name);
  }

  /** Adds a provider while the site runs. */
  async addProvider(given) {
    const provider = new SiteProvider(given, this.#environment);
    await this.#prepared();
    await provider.prepare();
    provider.returnTo(this.#callback(provider, this.#host.providers.size > 0));
    this.#replace(provider.joined(this.#site), [...this.#host.providers.values(), provider]);
  }

  /** Takes a provider off while the site runs. Its sessions are nobody's from now on. */
  removeProvider(name) {
    const over = label(name, 'name');
    const providers = Array.from(this.#host.providers.values()).filter((provider) => provider.name !== over);
    this.#parties.delete(over);
    this.#replace(this.#site?.withoutProvider(over), providers);
  }

  #callback({ name }, several) {
    return `${this.#read.base_url}/callback${several ? `/${name}` : ''}`;
  }

  #replace(site, providers) {
    this.#site?.free();
    this.#site = site;
    this.#host = { ...this.#host, providers: new Map(providers.map((provider) => [provider.name, provider])) };
  }

  async #prepared() {
    this.#preparing ??= this.#prepare().finally(() => (this.#preparing = undefined));
    await this.#preparing;
    return this.#site;
  }

  async #prepare() {
    if (this.#site) return;
    await this.#environment.ready();
    await Promise.all(Array.from(this.#host.providers.values(), (provider) => provider.prepare()));
    this.#make(this.#host.providers.values());
  }

  /** Makes the core's site, for good if the keys of all providers are at hand. */
  #make(providers) {
    let site = new (core().Site)(this.#read.base_url, taken(this.#read.sealing_keys), this.#policy);
    let isReady = true;
    for (const provider of providers) {
      const before = site;
      site = provider.joined(before);
      before.free();
      isReady &&= provider.isReady;
    }
    if (isReady) this.#site = site;
    else site.free();
  }

  /** Entropy, cache and time of one flow. */
  #fresh() {
    const { entropy = drawn } = this.#read;
    return [bytes(entropy(32), 'entropy'), this.#host.cache(), this.#host.now()];
  }
}

const drawn = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length));

/** The path of a URL, or of what is no more than a path with its query. */
const pathOf = (url) => url.replace(/^[^/?#]*\/\/[^/?#]*/, '').replace(/[?#].*/s, '');

function list(value, name) {
  if (Array.isArray(value)) return Array.from(value);
  throw invalid(name, 'is not a list of providers');
}
