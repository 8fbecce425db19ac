// Replays cases with the npm package's layer without I/O: `node replay.mjs [--full] FILE...`.
//
// For each file one line of JSON: `name`, `result` (`pass`, `fail` or `skipped`), and for the latter two a
// `reason`. The format of the files is described in conformance/README.md. The package's build for Node leaves
// signatures to `node:crypto`; with `--full` it is the build that checks them itself. Private keys are `node:crypto`'s in both.

import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';

const FULL = process.argv[2] === '--full';
const PACKAGE = '../../../bindings-wasm/dist';
const { Cache, CallbackParams, Client, LoginCookies, Provider, RelyingPartyError, Site, loggedOut } = await import(
  `${PACKAGE}/${FULL ? 'full' : 'node'}/entry_node.js`
);
const { nodeVerifier } = await import(`${PACKAGE}/node/node.js`);

/** The library did not do what the case says. */
class Difference extends Error {}
/** This runner cannot play the case. */
class Skipped extends Error {}
/** The host lets the request to this endpoint wait. */
class Waits extends Error {}

const verify = nodeVerifier();

/** A host's memory between calls. */
class Player {
  constructor({ issuer, registration, policy, now }) {
    Object.assign(this, { issuer, registration, policy, now });
    this.cache = new Cache();
    this.ids = new Map();
    this.stored = new Map();
    this.codes = new Map();
    this.sessions = new Map();
    this.waiting = new Map();
    this.own = new Map();
  }

  get context() {
    return { policy: this.policy, cache: this.cache, clock: () => this.now };
  }

  async play(step) {
    this.now = step.now ?? this.now;
    const call = CALLS[step.call];
    if (!call) throw new Skipped(`no call ${step.call}`);
    const host = new Host(this, step.exchanges ?? [], 'pending' in step.outcome);
    const outcome = await call(this, step, host).then((ok) => ({ ok }), refusal);
    if (host.exchanges.length) throw new Difference('a request was not made');
    compare(step.outcome, outcome);
  }

  makeClient() {
    const registration = { ...this.registration };
    for (const member of ['signing_keys', 'dpop_keys'])
      if (Array.isArray(registration[member])) registration[member] = registration[member].map((key) => this.hold(key));
    this.client = new Client(this.provider, registration, this.context);
  }

  /** A key as the client takes it: this package signs with none itself. Those with a private half are signed with here. */
  hold({ d, alg, kid, use, ...jwk }) {
    if (d === undefined) return { alg, ...(kid && { kid }), ...jwk };
    const name = `${kid} of the package`;
    this.own.set(name, createPrivateKey({ key: { ...jwk, d }, format: 'jwk' }));
    return { name, alg, ...(kid && { kid }), jwk };
  }

  /** Carries a flow to a session. */
  async keep({ login }, host, flow) {
    let session;
    try {
      session = await host.run(flow);
    } catch (error) {
      if (error instanceof Waits) this.waiting.set(login, flow);
      throw error;
    }
    this.sessions.set(login, session);
    const { raw_claims: claims, scope, token_type } = session;
    const { access_token = null, refresh_token = null, expires_at = null, return_to = null, session_state } = session;
    const { authorization_details = null } = session;
    const tokens = { token_type, access_token, refresh_token, authorization_details };
    return { claims, scope, ...tokens, expires_at, return_to, session_state, noted: noted(session) };
  }
}

/** What was not as it is specified: the decisions of these names. */
function noted({ decisions }) {
  const names = ['left_out', 'leniency'];
  const some = decisions.filter(({ check }) => names.includes(check));
  return some.map(({ check, expected, found }) => [check, expected, found]);
}

const CALLS = {
  async discover(player, { issuer = player.issuer }, host) {
    player.provider = await host.run(Provider.discover(issuer, player.context));
    return { issuer: player.provider.issuer, noted: noted(player.provider) };
  },
  async client(player, { registration = player.registration, policy = player.policy }) {
    Object.assign(player, { registration, policy });
    player.makeClient();
    return {};
  },
  async authorize(player, { login, request, in_steps, ...step }, host) {
    const { client } = player;
    const started = in_steps
      ? await host.run(client.authorizeInSteps(request, drawn(step)))
      : client.authorize(request, drawn(step));
    const { url, id, cookie_name, pending } = started;
    player.ids.set(login, id);
    player.stored.set(login, pending);
    return { url, id, cookie_name };
  },
  async callback(player, step, host) {
    const params =
      'form' in step ? CallbackParams.parseFormPost(step.form) : CallbackParams.parse(step.query);
    const own = player.ids.get(step.login);
    let [id, reason] = [own];
    if ('cookies' in step || 'id' in step) {
      const held = 'cookies' in step ? new LoginCookies(step.cookies) : step.id;
      ({ id, reason } = params.loginId(held ?? undefined, player.registration.redirect_uri));
      if (id === undefined) params.unclaimed(reason, step.told);
    }
    const kept = id === own ? player.stored.get(step.login) : undefined;
    const pending = 'stored' in step ? step.stored : kept;
    if (pending == null) params.unclaimed(reason, step.told);
    const { client } = player;
    const code = step.in_steps
      ? await host.run(client.signedCallback(pending, params))
      : client.callback(pending, params);
    player.codes.set(step.login, code);
    return {};
  },
  async exchange(player, step, host) {
    const code = player.codes.get(step.login);
    return player.keep(step, host, player.client.exchange(code, step.request, drawn(step)));
  },
  async refresh(player, step, host) {
    const session = player.sessions.get(step.login);
    return player.keep(step, host, player.client.refresh(session, step.request, drawn(step)));
  },
  async restore(player, step, host) {
    const stored = step.stored ?? player.sessions.get(step.login).encoded;
    return player.keep(step, host, player.client.restore(stored));
  },
  async resume(player, step, host) {
    return player.keep(step, host, player.waiting.get(step.login));
  },
  async userinfo(player, { login, ...step }, host) {
    const info = await host.run(player.client.userinfo(player.sessions.get(login), drawn(step)));
    return { claims: info.raw_claims, noted: noted(info) };
  },
  async call(player, { login, request, ...step }, host) {
    const answer = await host.run(player.client.call(player.sessions.get(login), request, drawn(step)));
    const { status, body, challenge } = answer;
    const { scheme, error = null, scope = null, acr_values = null, max_age = null } = challenge ?? {};
    const wanted = challenge && { challenge: { scheme, error, scope, acr_values, max_age } };
    return { status, body: Buffer.from(body).toString(), ...wanted };
  },
  async jwks(player) {
    return player.client.jwks();
  },
  async verify(player, { id_token, expectations }, host) {
    const verified = await host.run(player.client.verify(id_token, expectations));
    return { claims: verified.raw_claims, noted: noted(verified) };
  },
  async end_session(player, { login, request }) {
    const hint = login === undefined ? {} : { id_token_hint: player.sessions.get(login).id_token };
    return { url: player.client.endSession({ ...request, ...hint }) };
  },
  async log_out(player, { login, request, entropy }) {
    const session = login && player.sessions.get(login);
    const logout = player.client.logOut(request, Buffer.from(entropy, 'hex'), session);
    const { url, fields = null, state = null } = logout;
    return { url, fields, state };
  },
  async logged_out(player, { query, expected }) {
    loggedOut(query, expected ?? undefined);
    return {};
  },
  async logout_token(player, { logout_token }, host) {
    const { subject = null, session_id = null, ...token } = await host.run(player.client.logoutToken(logout_token));
    return { ...token, subject, session_id };
  },
  async front_channel_logout(player, { query }) {
    const { issuer = null, session_id = null } = player.client.frontChannelLogout(query);
    return { issuer, session_id };
  },
  async revoke(player, { login, token, token_type_hint }, host) {
    await host.run(player.client.revoke(login ? player.sessions.get(login) : token, token_type_hint));
    return {};
  },
  async parameters(player, { query }) {
    const params = CallbackParams.parse(query);
    return { cookie_name: params.cookie_name ?? null, state: params.get('state') ?? null };
  },
  async refresh_keys(player, step, host) {
    const { usable, dropped } = await host.run(player.provider.refreshKeys(player.context));
    return { usable: usable.length, dropped: dropped.length };
  },
  async site(player, { base_url, sealing_keys, site_policy: { store, ...policy }, providers }) {
    player.desk = new Desk(player);
    const { cache } = player;
    // Each request comes to a process of its own: within one, visits wait for each other.
    player.process = () => new Site({
      base_url,
      sealing_keys: sealing_keys.map((key) => Buffer.from(key, 'hex')),
      policy,
      ...(store && { store: player.desk.store }),
      cache,
      clock: () => player.now,
      entropy: () => player.drawn,
      sleep: async () => {},
      providers: providers.map(({ name, issuer = player.issuer, registration = player.registration, authorize = {} }) => ({
        ...registration,
        ...{ name, issuer, authorize, policy: player.policy, transport: (request) => player.desk.asked(observe(request)) },
      })),
    });
    // What cannot work is refused when it is first used, if the module was not loaded before.
    player.drawn = randomBytes(32);
    await player.process().visit({ method: 'GET', url: '/', headers: {} });
    return {};
  },
  async handle(player, step, host) {
    return player.desk.serve(player, step, host, (request) => player.process().handle(request));
  },
  async visit(player, step, host) {
    return player.desk.serve(player, step, host, (request) => player.process().visit(request));
  },
  async go_on(player, { flow }, host) {
    return player.desk.goOn(flow, host);
  },
  async cache(player, { stored }) {
    player.cache = stored === null ? new Cache() : Cache.fromJson(stored);
    if (player.client) player.makeClient();
    return {};
  },
};

/** Where a site's requests come to: each is answered as the case says, or waits until the case goes on. */
class Desk {
  #waiting = new Map();
  #host;
  #flow;
  #stopped;

  constructor() {
    const ask = (name) => async (question) => {
      const { stored, unreachable, ...entry } = await this.asked({ store: { name, ...question } });
      if (unreachable !== undefined) throw new Error(unreachable);
      if (stored === undefined) return entry;
      return stored === 'nothing' ? undefined : stored === 'done';
    };
    const names = { deleteLabelled: 'delete_labelled' };
    const methods = ['get', 'add', 'put', 'take', 'delete', 'deleteLabelled', 'lock', 'unlock'];
    this.store = Object.fromEntries(methods.map((method) => [method, ask(names[method] ?? method)]));
  }

  /** The answer to what a site asks. */
  async asked(actual) {
    const own = this.#flow;
    while (this.#host.exchanges.length === 0 && this.#host.waits) {
      const goesOn = new Promise((resolve) => this.#waiting.set(own.name, { resolve, own }));
      this.#stopped(new Waits(actual.store?.name ?? actual.endpoint));
      await goesOn;
    }
    return this.#host.next(actual);
  }

  serve(player, { request: { form, headers = [], ...request }, flow, entropy }, host, answer) {
    player.drawn = Buffer.from(entropy, 'hex');
    const own = { name: flow };
    const begin = () => (own.done = answer({ ...request, headers, ...(form !== undefined && { body: form }) }));
    return this.#carry(own, host, begin);
  }

  goOn(name, host) {
    const { resolve, own } = this.#waiting.get(name);
    this.#waiting.delete(name);
    return this.#carry(own, host, resolve);
  }

  async #carry(own, host, go) {
    this.#host = host;
    this.#flow = own;
    const stopped = new Promise((_, reject) => (this.#stopped = reject));
    go();
    const found = await Promise.race([own.done, stopped]);
    if (host.failed) throw host.failed;
    return site(found);
  }
}

/** What a site makes of a request, as cases have it. */
function site({ status, headers, body, event, session, provider = null, set_cookies, error }) {
  if (body) throw new Skipped('no case has a form');
  const happened = event
    ? {
        kind: event.kind,
        ...(event.provider && { provider: event.provider }),
        ...(event.session && { session: seen(event.session) }),
        ...(event.kind === 'logged_out' && { session: seen(event.session), error: event.error?.code ?? null }),
        ...(event.error && { error: event.error.code }),
      }
    : null;
  if (status !== undefined) return { status, headers, form: null, event: happened };
  return { session: seen(session), provider, set_cookies, event: happened, error: error?.code ?? null };
}

/** What tells sessions apart. */
function seen(session) {
  if (!session) return null;
  const { claims, access_token = null, refresh_token = null } = session;
  return { sub: claims.sub, access_token, refresh_token };
}

/** Answers as the case says. */
class Host {
  constructor(player, exchanges, waits) {
    Object.assign(this, { player, exchanges: [...exchanges], waits });
  }

  async run(flow) {
    for (let { request } = flow; request; { request } = flow) flow.resume(await this.answer(request));
    return flow.result;
  }

  async answer(request) {
    if (request.kind === 'verify') return verify(request);
    if (request.kind === 'wait') {
      this.player.now = request.until;
      return { waited: true };
    }
    const own = request.kind === 'sign' && this.player.own.get(request.key);
    if (own) return { signature: sign(null, request.signing_input, own) };
    if (this.exchanges.length === 0 && this.waits && request.kind === 'http') throw new Waits(request.endpoint);
    return this.next(observe(request));
  }

  /** The next answer, if it is to this. What a site's host throws it takes for an answer: so it is kept. */
  next(actual) {
    const exchange = this.exchanges.shift();
    const { expect, now, respond } = exchange ?? {};
    if (!isDeepStrictEqual(expect, actual)) {
      const expected = exchange ? `expected the request ${JSON.stringify(expect)}, got` : 'unexpected request';
      this.failed = new Difference(`${expected} ${JSON.stringify(actual)}`);
      throw this.failed;
    }
    this.player.now = now ?? this.player.now;
    return reply(respond);
  }
}

/** What the host is asked, as cases have it. */
function observe(request) {
  const { kind } = request;
  if (kind === 'sign') {
    const { key, alg, purpose, signing_input } = request;
    return { sign: { key, alg, purpose, signing_input: Buffer.from(signing_input).toString() } };
  }
  if (kind === 'assertion') return { assertion: { type: request.assertion_type, audience: request.audience } };
  const { endpoint, method, url, headers, body, limits, client_certificate } = request;
  const text = body ? Buffer.from(body).toString() : '';
  return plain({ endpoint, method, url, headers, body: text, limits, client_certificate });
}

/** The randomness of a call, if it has some. */
function drawn({ entropy }) {
  return entropy === undefined ? undefined : Buffer.from(entropy, 'hex');
}

/** The answer as the package takes it. */
function reply({ status, headers, body, final_url, signature, ...other }) {
  if (signature !== undefined) return { signature: Buffer.from(signature, 'base64url') };
  if (status === undefined) return other;
  const bytes = Buffer.concat([body].flat().map(octets));
  return { status, headers, body: bytes, ...(final_url && { url: final_url }) };
}

/** A part of a body: text, repeated text, or bytes. */
function octets(part) {
  if (typeof part === 'string') return Buffer.from(part);
  return 'hex' in part ? Buffer.from(part.hex, 'hex') : Buffer.from(part.repeat.repeat(part.times));
}

function refusal(error) {
  if (error instanceof Waits) return { pending: error.message };
  if (!(error instanceof RelyingPartyError)) throw error;
  const { code, details } = error;
  return { error: { code, details, ...(error.error !== undefined && { server_error: error.error }) } };
}

/** An outcome by its kind; an error by its code, values and details by those that are named. */
function compare(expected, outcome) {
  const actual = plain(outcome);
  const asNamed = (named, found) =>
    Object.entries(named).every(([name, value]) => isDeepStrictEqual(value, found[name]));
  let same = isDeepStrictEqual(expected, actual);
  if (expected.ok && actual.ok) same = asNamed(expected.ok, actual.ok);
  if (expected.error && actual.error) {
    const { details: named = {}, ...error } = expected.error;
    const { details, ...found } = actual.error;
    same = isDeepStrictEqual(error, found) && asNamed(named, details);
  }
  if (!same) {
    throw new Difference(`expected the outcome ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}

/** As JSON has it. */
function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

/** The line about a case. */
async function replay(replayed) {
  const player = new Player(replayed);
  for (const [index, step] of replayed.steps.entries()) {
    try {
      await player.play(step);
    } catch (error) {
      const result = error instanceof Skipped ? 'skipped' : 'fail';
      return { name: replayed.name, result, reason: `step ${index + 1}: ${error.message}` };
    }
  }
  return { name: replayed.name, result: 'pass' };
}

for (const file of process.argv.slice(FULL ? 3 : 2)) {
  console.log(JSON.stringify(await replay(JSON.parse(readFileSync(file, 'utf8')))));
}
