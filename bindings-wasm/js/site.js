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
import { Turns } from './turns.js';
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
const readers = () => ({
  __proto__: null,
  base_url: label,
  providers: list,
  store: sessionStoreOf,
  policy: copied,
  cache: CONTEXT.cache,
  ...SHARED,
});
const NEEDED = ['base_url', 'providers', 'sealing_keys'];

/** The login of a web application. Each entry point has a `Site` of its own. */
export class PortableSite {
  #read;
  #policy;
  #cache;
  #environment;
  #providers;
  /** What flows ask; with its providers by name, as they were when a flow began. */
  #host;
  #parties = new Map();
  /** The core's, once it is loaded and the keys of all providers are at hand. */
  #site;
  /** The core's, as far as it is known before: it knows its routes. */
  #early;
  #preparing;

  /** @internal `environment` is the entry point's: how to load the module, and what this runtime offers. */
  constructor(given, environment) {
    const read = (this.#read = options(given, readers()));
    for (const name of NEEDED) if (read[name] === undefined) throw invalid(name, 'is missing');
    const { store, policy = {} } = read;
    if (Object.hasOwn(policy, 'store')) throw invalid('policy', 'has the member store: give the option store instead');
    this.#policy = json({ __proto__: null, ...policy, store: store !== undefined }, 'policy');
    this.#cache = read.cache;
    const tell = (channel) => listener(channel, environment.listener?.(channel), read.on_event);
    this.#environment = { __proto__: null, ...environment, listener: tell };
    this.#providers = read.providers.map((one) => new SiteProvider(one, this.#environment));
    for (const provider of this.#providers) provider.returnTo(this.#callback(provider, this.#providers.length > 1));
    this.#host = {
      __proto__: null,
      store,
      turns: new Turns(),
      sleep: read.sleep ?? pause,
      listener: tell,
      cache: () => handleOf(this.cache, core().Cache, 'a Cache'),
      now: () => secondsOf(read.clock ?? systemClock),
      providers: byName(this.#providers),
    };
    shown(this, () => `${this.constructor.name} at ${read.base_url}`);
    // What cannot work is refused now, where the module is at hand.
    if (atHand()) this.#make();
  }

  /** What is remembered of the providers. */
  get cache() {
    return (this.#cache ??= new Cache());
  }

  /** The URL below which the routes are. */
  get base_url() {
    return this.#read.base_url;
  }

  /** Loads the module and has the keys at hand: `handle` and `visit` do so themselves. */
  async ready() {
    if (!this.#site) await this.#prepared();
  }

  /** Whether a URL is that of a route: then the request is one for `handle`. */
  handles(url) {
    const site = this.#site ?? (this.#early ??= this.#made());
    return site.handles(urlText(url, 'the URL'));
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
  relyingParty(name = this.#providers[0]?.name) {
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
    provider.returnTo(this.#callback(provider, this.#providers.length > 0));
    this.#replace(provider.joined(this.#site), [...this.#providers, provider]);
  }

  /** Takes a provider off while the site runs. Its sessions are nobody's from now on. */
  removeProvider(name) {
    const over = label(name, 'name');
    this.#parties.delete(over);
    this.#replace(this.#site?.withoutProvider(over), this.#providers.filter(({ name }) => name !== over));
  }

  #callback({ name }, several) {
    return `${this.#read.base_url}/callback${several ? `/${name}` : ''}`;
  }

  #replace(site, providers) {
    for (const before of [this.#site, this.#early]) before?.free();
    this.#early = undefined;
    this.#site = site;
    this.#providers = providers;
    this.#host = { __proto__: null, ...this.#host, providers: byName(providers) };
  }

  async #prepared() {
    this.#preparing ??= this.#prepare().finally(() => (this.#preparing = undefined));
    await this.#preparing;
    return this.#site;
  }

  async #prepare() {
    if (this.#site) return;
    await this.#environment.ready();
    await Promise.all(this.#providers.map((provider) => provider.prepare()));
    this.#make();
  }

  /** Makes the core's site, for good if the keys of all providers are at hand. */
  #make() {
    const site = this.#made();
    if (this.#providers.every(({ isReady }) => isReady)) this.#site = site;
    else this.#early = site;
  }

  #made() {
    let site = new (core().Site)(this.#read.base_url, taken(this.#read.sealing_keys), this.#policy);
    for (const provider of this.#providers) {
      const before = site;
      site = provider.joined(before);
      before.free();
    }
    return site;
  }

  /** Entropy, cache and time of one flow. */
  #fresh() {
    const { entropy = drawn } = this.#read;
    return [bytes(entropy(32), 'entropy'), this.#host.cache(), this.#host.now()];
  }
}

const byName = (providers) => new Map(providers.map((provider) => [provider.name, provider]));

/** Random bytes that are asked for together, which takes as long as asking for a few, and how many of them are used. */
const BLOCK = 1_024;
let block;
let used = BLOCK;

/** Random bytes that nobody else gets: in the block they are erased. */
function drawn(length) {
  if (used + length > BLOCK) {
    block = globalThis.crypto.getRandomValues(block ?? new Uint8Array(BLOCK));
    used = 0;
  }
  const draw = block.slice(used, used + length);
  block.fill(0, used, (used += length));
  return draw;
}

function list(value, name) {
  if (Array.isArray(value)) return Array.from(value);
  throw invalid(name, 'is not a list of providers');
}
