// A provider of a site: how the core knows it, and who answers what is asked for it.

import { policyText } from './context.js';
import { core } from './core.js';
import { Flights, bounded } from './flights.js';
import { callable, copied, flag, invalid, json, label, options, visited } from './options.js';
import { PROOFS, early, refused } from './proofs.js';
import { sent } from './sending.js';

/** How long whoever holds a key may take, in seconds. */
const KEY_TAKES = 60;

/** Of what a relying party takes, too. */
const SHARED = { __proto__: null, issuer: label, policy: copied, allow_insecure_loopback: flag };
const OWN = { __proto__: null, name: label, authorize: copied, transport: callable, verifier: callable };
const named = () => [OWN, SHARED, PROOFS].flatMap(Object.keys).join(' ');

export class SiteProvider {
  #read;
  #registration = Object.create(null);
  /** Further members of it, once the keys are at hand. */
  #registered;
  #proofs = Object.create(null);
  #environment;
  #fetching = new Flights();
  #proving;
  #prover;

  /** `environment` is the site's, with what this runtime offers. */
  constructor(given, environment) {
    const members = (name, value) => {
      if (PROOFS[name]) this.#proofs[name] = shared(PROOFS[name](value, name));
      else this.#registration[name] = value;
    };
    this.#read = options(environment.certified(given), { __proto__: null, ...OWN, ...SHARED }, 'a provider', members);
    if (this.#read.issuer === undefined) throw invalid('issuer', 'is missing');
    this.#registration = JSON.parse(json(this.#registration, 'the registration'));
    const { transport = environment.transport(), verifier = environment.verifier() } = this.#read;
    this.#environment = { __proto__: null, ...environment, transport, verifier };
    if (Object.keys(this.#proofs).length === 0) this.#registered = {};
  }

  /** What the site calls it. */
  get name() {
    return this.#read.name ?? 'default';
  }

  /** Its redirect URI, where the options name none. */
  returnTo(redirect_uri) {
    this.#registration.redirect_uri ??= redirect_uri;
  }

  /** Whether its keys are at hand. */
  get isReady() {
    return this.#registered !== undefined;
  }

  /** Finds out what the keys are. What failed is tried again by the next call. */
  async prepare() {
    if (this.isReady) return;
    const { keys } = this.#environment;
    this.#proving ??= keys(this.#proofs, this.#registration, refused).finally(() => (this.#proving = undefined));
    const { registered, answer } = await this.#proving;
    this.#registered = registered;
    this.#prover = answer;
  }

  /** The core's `site` with this provider. */
  joined(site) {
    const { issuer, policy, authorize = {}, allow_insecure_loopback = false } = this.#read;
    const registration = this.isReady
      ? { ...this.#registration, ...this.#registered }
      : early(this.#registration, this.#proofs);
    const { Joining } = core();
    const registered = json(registration, 'the registration');
    const joining = new Joining(this.name, issuer, allow_insecure_loopback, registered, policyText(policy), named());
    return site.withProvider(joining.authorizing(json(visited(authorize, 'return_to'), 'authorize')));
  }

  /** The options of a relying party that is the same client. */
  get options() {
    const own = Object.entries(this.#read).filter(([name]) => SHARED[name]);
    const { transport, verifier } = this.#environment;
    return { ...this.#registration, ...Object.fromEntries(own), ...this.#proofs, transport, verifier };
  }

  /** Answers what the core asks for this client. */
  answer(request) {
    if (request.kind === 'verify') return this.#environment.verifier(request);
    if (request.kind !== 'http') return bounded(KEY_TAKES, this.#prover(request));
    if (!request.coalesces) return sent(request, this.#environment);
    return this.#fetching.join(request.url, async (expect) => {
      expect(request.limits.timeout_secs);
      return sent(request, this.#environment);
    });
  }
}

/** Keys that come from functions come once, whoever uses them. */
function shared(proof) {
  return Array.isArray(proof) ? proof.map((key) => (typeof key === 'function' ? once(key) : key)) : proof;
}

function once(source) {
  let made;
  return () =>
    (made ??= (async () => source())().catch((error) => {
      made = undefined;
      throw error;
    }));
}
