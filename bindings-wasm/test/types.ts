// Compiled, never run: what the declarations promise, and what they must refuse.

import {
  Cache,
  CallbackParams,
  Client,
  LoginCookies,
  MemorySessionStore,
  MemoryStore,
  Provider,
  ProviderError,
  RelyingParty,
  RelyingPartyError,
  SessionStorageStore,
  Site,
  clearCookie,
  dpopKeyStore,
  errorCodes,
  fetchTransport,
  generateDpopKey,
  init,
  run,
  webVerifier,
} from 'relyingparty';
import type { Answer, ErrorCode, ProvingAnswer, Session, SessionStore, Store, Transport } from 'relyingparty';
import { RelyingParty as Full } from 'relyingparty/full';
import { init as initFull } from 'relyingparty/full/manual';
import { relyingparty, requireLogin } from 'relyingparty/express';
import { relyingparty as plugin, requireLogin as required } from 'relyingparty/fastify';
import { type FetchSite, fetchSite } from 'relyingparty/fetch';
import { init as initManual } from 'relyingparty/manual';
import { getSession, handlers, middleware } from 'relyingparty/next';
import { nodeTransport, nodeVerifier, tokenFile } from 'relyingparty/node';
import { RedisSessionStore } from 'relyingparty/redis';
import { Protected, SessionProvider, useSession } from 'relyingparty/react';
import type { UsedSession } from 'relyingparty/react';
import { SessionError, createSession, watchProviderSession } from 'relyingparty/session';
import type { PageSession, SessionState } from 'relyingparty/session';
import { sessionStore } from 'relyingparty/svelte';
import { sessionPlugin, useSession as useVueSession } from 'relyingparty/vue';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import expressApplication from 'express';
import fastify from 'fastify';
import type { Redis } from 'ioredis';
import type { RedisClientType } from 'redis';

const registration = { client_id: 'c', redirect_uri: 'https://app.example/cb' };

export async function login(): Promise<string> {
  const rp: RelyingParty = await RelyingParty.create({
    issuer: 'https://op.example',
    ...registration,
    transport: nodeTransport({ ca_pem: '', proxy: 'http://proxy.example:3128', proxy_from_environment: false }),
  });
  const { url, id, cookie_name, max_age } = await rp.authorize({
    prompt: 'login',
    max_age: 60,
    return_to: '/',
  });
  const session: Session = await rp.callback(url, id);
  const refreshed = await rp.refresh(session, { scopes: ['openid'], resource: 'urn:a', extra: { a: 'b' } });
  const dropped: string | undefined = (await rp.authorize({ return_to: undefined })).return_to_dropped;
  const other: RelyingParty = await RelyingParty.create({ issuer: url, client_id: id, redirect_uri: url });
  await other.callback({ href: url }, dropped, { resource: [] });
  await other.callback(new URL(url), null);
  const { claims } = await rp.userinfo(refreshed);
  const restored = await rp.restore(session.encoded);
  const expires: number | undefined = restored.expires_at;
  const iss: string = session.claims.iss;
  const email: string | undefined = claims.email;
  const verified: boolean | undefined = session.claims.email_verified;
  const updated: number | undefined = claims.updated_at;
  const city: string | undefined = claims.address?.locality;
  const groups: unknown = session.claims['groups'];
  const sent: unknown = session.raw_claims['email'];
  // @ts-expect-error: a claim may be absent
  const name: string = claims.name;
  const typed = [email, verified, updated, city, groups, sent, name];
  const { url: away, fields, state } = await rp.logOut(session, { logout_hint: 'x' });
  await rp.loggedOut(new URL(away), fields?.['state'] ?? state);
  await rp.revoke(session);
  await rp.revoke(session.id_token, 'access_token');
  // @ts-expect-error: the hint is for a token alone
  await rp.revoke(session, 'access_token');
  const { session_id, subject, remember_until } = await rp.logoutToken('');
  const ended: [string | undefined, string | undefined, number] = [session_id, subject, remember_until];
  const ending: string | undefined = (await rp.frontChannelLogout(url)).session_id ?? session.session_state ?? ended[0];
  return [await rp.endSession(session, { state: ending ?? 'x' }), cookie_name, max_age, expires, iss, typed].join();
}

export async function sansIo(): Promise<Session> {
  await init();
  const cache = Cache.fromJson(new Cache().toJson());
  const certified = nodeTransport({ client_cert: '', client_key: new Uint8Array(), client_key_passphrase: '' });
  const shows: boolean | undefined = certified.has_client_cert;
  const transport: Transport = shows ? certified : fetchTransport();
  const verify = nodeVerifier() ?? webVerifier();
  const answer: Answer = (request) => (request.kind === 'http' ? transport(request) : verify(request));
  const provider = await run(Provider.discover('https://op.example', { cache }), answer);
  const { usable } = await run(provider.refreshKeys({ cache }), answer);
  const client = new Client(provider, registration, {
    cache,
    clock: () => usable.length,
    policy: { allowed_skew_secs: 10 },
  });
  const { pending } = client.authorize({}, new Uint8Array(32));
  return run(client.exchange(client.callback(pending, CallbackParams.parse('?code=x'))), answer);
}

export async function server(request: { url: string; cookie?: string }): Promise<string[]> {
  const rp = new RelyingParty({
    issuer: 'https://op.example',
    ...registration,
    sealing_keys: [new Uint8Array(32)],
    policy: { accept_unsealed_sessions: true },
  });
  const cookies = new LoginCookies(request.cookie);
  const { set_cookie } = await rp.authorize();
  const session = await rp.callback(request.url, cookies);
  const stored: string = await rp.encode(session);
  const ended = cookies.ended(CallbackParams.parseFormPost('')).concat(cookies.surplus());
  return [set_cookie, stored, ...ended.map(clearCookie)];
}

export async function keys(): Promise<readonly unknown[]> {
  const options = { issuer: 'https://op.example', ...registration };
  const pair = await generateDpopKey();
  const kms = { sign: async (input: Uint8Array) => input, alg: 'PS256', kid: 'k', jwk: { kty: 'RSA' } };
  const rp = new RelyingParty({
    ...options,
    signing_keys: [
      pair.privateKey,
      { key: pair, kid: 'a', alg: 'ES256' },
      createPrivateKey('pem'),
      { key: generateKeyPairSync('ed25519').privateKey, kid: 'b' },
      { kty: 'EC', crv: 'P-256', x: '', y: '', d: '' },
      createPrivateKey('pem').export({ format: 'jwk' }),
      '-----BEGIN PRIVATE KEY-----',
      kms,
      { key: kms, kid: 'other' },
      async () => createPrivateKey('pem'),
    ],
    dpop_keys: [dpopKeyStore(), pair, dpopKeyStore({ name: 'x' })],
    client_assertion_audience: 'token_endpoint',
    token_endpoint_auth_method: 'private_key_jwt',
  });
  new RelyingParty({ ...options, client_assertion: tokenFile('/var/run/secrets/tokens/op') });
  // @ts-expect-error: a key that somebody else holds has an algorithm
  new RelyingParty({ ...options, signing_keys: [{ sign: async (input: Uint8Array) => input }] });
  // @ts-expect-error: an assertion is a function, so that each is fresh
  new RelyingParty({ ...options, client_assertion: 'token' });
  const { keys } = await rp.jwks();
  return [...keys, (await rp.callback('?code=x', 'id')).dpop_jkt];
}

export async function signing(client: Client, session: Session): Promise<Session> {
  const answer: ProvingAnswer = async (request) => {
    if (request.kind === 'sign') return { signature: request.signing_input.subarray(0, request.alg.length) };
    if (request.kind === 'assertion') return { assertion: request.audience };
    return { unreachable: request.kind };
  };
  const entropy = client.needsEntropy() ? new Uint8Array(32) : undefined;
  return run(entropy ? client.refresh(session, {}, entropy) : client.refresh(session), answer);
}

export async function steps(rp: RelyingParty, session: Session): Promise<unknown> {
  const { decisions } = await rp.authorize({ response_mode: 'form_post.jwt', authorization_details: [{ type: 'payment', amount: '1' }] });
  const { status, headers, body, challenge } = await rp.call(session, { url: new URL('https://api.example'), headers: { a: 'b' } });
  const { grant } = await rp.refreshToken('x', 'alice');
  await rp.call(grant, { method: 'PATCH', url: 'https://api.example', headers: [['a', 'b']], body: new Uint8Array() });
  const limits = { max_response_bytes: 1, timeout_secs: 1 };
  const get: typeof fetch = rp.fetchAs(session, limits);
  // @ts-expect-error: a token has a holder
  rp.fetchAs('access-token');
  // @ts-expect-error: a method that HTTP has not
  await rp.call(session, { url: 'https://api.example', method: 'get', limits });
  // @ts-expect-error: each detail has a type
  await rp.authorize({ authorization_details: [{ amount: '1' }] });
  const wanted: string | undefined = challenge?.acr_values;
  const type: string | undefined = session.authorization_details?.[0]?.type;
  return [decisions, status, headers, body.length, wanted, type, grant.authorization_details, await get('https://api.example')];
}

export async function stepsWithoutIo(client: Client, params: CallbackParams, answer: Answer, draw: Uint8Array): Promise<number> {
  const login = client.authorizesInSteps() ? await run(client.authorizeInSteps({}, draw), answer) : client.authorize({}, draw);
  const { pending } = login;
  const code = params.is_signed ? await run(client.signedCallback(pending, params), answer) : client.callback(pending, params);
  const session = await run(client.exchange(code), answer);
  return (await run(client.call(session, { url: 'https://api.example' }, draw), answer)).status;
}

export const fapi = new RelyingParty({
  issuer: 'https://op.example',
  ...registration,
  policy: { preset: 'fapi2_message_signing' },
  require_pushed_authorization_requests: true,
  require_signed_request_object: true,
  authorization_signed_response_alg: 'PS256',
  api_origins: ['https://api.example'],
});

/** As Express declares it. */
interface Express {
  cookie(
    name: string,
    value: string,
    options: { path?: string; httpOnly?: boolean; secure?: boolean; sameSite?: boolean | 'lax' | 'none'; maxAge?: number },
  ): this;
}

export async function express(response: Express, rp: RelyingParty): Promise<Express> {
  const { cookie } = await rp.authorize();
  return response.cookie(...cookie);
}

/** What a host without `RelyingParty` does for a callback. */
export async function taken(client: Client, store: Store, cookies: LoginCookies, query: string): Promise<string> {
  const params = CallbackParams.parse(query);
  const { handle } = params;
  const { id, reason } = params.loginId(cookies, registration.redirect_uri);
  if (!id || !handle) return params.unclaimed(reason, handle && (await store.whyMissing?.({ handle })));
  const pending = (await store.take({ id, handle })) ?? params.unclaimed(reason);
  const others = client.putBack(pending, params);
  if (others) await store.put(others);
  return pending;
}

export function explain(error: unknown): ErrorCode | undefined {
  if (error instanceof ProviderError) return error.error === 'access_denied' ? error.code : undefined;
  if (!(error instanceof RelyingPartyError)) return undefined;
  switch (error.code) {
    case 'no_pending_login':
      return errorCodes()[0];
    // @ts-expect-error: not a code
    case 'no_such_code':
      return undefined;
    default:
      return error.details['expected'] === 'x' ? error.code : undefined;
  }
}

export const stores: Store[] = [
  new MemoryStore({ limit: 1 }),
  new SessionStorageStore(),
  new SessionStorageStore({ storage: () => localStorage }),
  { put() {}, take: () => null },
  { put() {}, take: () => null, async used() {}, whyMissing: async () => 'expired' },
];
export const loaders: Promise<void>[] = [
  initManual(new Uint8Array()),
  initFull(new URL('https://app.example/x.wasm')),
];
export const full: RelyingParty = new Full({ issuer: 'https://op.example', ...registration });

// @ts-expect-error: the redirect URI is not optional
new RelyingParty({ issuer: 'https://op.example', client_id: 'c' });
// @ts-expect-error: a misspelt option
new RelyingParty({ issuer: 'https://op.example', ...registration, alow_insecure_loopback: true });
// @ts-expect-error: what is left out is left out, never undefined
new RelyingParty({ issuer: 'https://op.example', ...registration, client_secret: process.env['SECRET'] });
// @ts-expect-error: expectations that are undefined are none
full.verify('token', undefined);
// @ts-expect-error: a policy that is undefined is none
Provider.discover('https://op.example', { policy: undefined });
full satisfies RelyingParty;
new RelyingParty({
  issuer: 'https://op.example',
  ...registration,
  on_event: (...[channel, event]) =>
    void (channel === 'relyingparty:request' ? event.status?.toFixed() : event.passed === true),
});
// @ts-expect-error: the manual entry has no module of its own
initManual();
// @ts-expect-error: a session is not made by hand
new Client(undefined, registration).refresh({ access_token: 'x' });
export function frozen(session: Session): void {
  // @ts-expect-error: a session is read-only
  session.access_token = 'x';
}

export async function sites(given: IncomingMessage, redis: Redis, nodeRedis: RedisClientType): Promise<void> {
  const store: SessionStore = new RedisSessionStore({ client: redis, prefix: 'app:' });
  new RedisSessionStore({ client: nodeRedis });
  // @ts-expect-error: no client
  new RedisSessionStore({ client: {} });
  const site = new Site({
    base_url: 'https://app.example/auth',
    providers: [{ issuer: 'https://op.example', client_id: 'c', name: 'op', authorize: { prompt: 'consent' } }],
    sealing_keys: [new Uint8Array(32)],
    store,
    policy: { idle_secs: 60 },
    on_event: (...event) => {
      if (event[0] === 'relyingparty:site') console.log(event[1].kind, event[1].code);
    },
  });
  // @ts-expect-error: the store is an option of the site
  new Site({ base_url: '', providers: [], sealing_keys: [], policy: { store: true } });
  // @ts-expect-error: the clock is the site's
  await site.addProvider({ issuer: '', client_id: '', clock: () => 0 });
  const { method = '', url = '', headers } = given;
  const handled = await site.handle({ method, url, headers, body: 'a=b' });
  if (handled.event?.kind === 'logged_in') console.log(handled.event.provider, handled.event.session.claims.sub);
  if (handled.event?.kind === 'failed') console.log(handled.event.error.code);
  const visit = await site.visit({ method, url, headers: new Headers() });
  const named: string | undefined = visit.session?.claims.sub;
  await site.relyingParty('op').userinfo(visit.session ?? nobody());
  const memory = new MemorySessionStore({ clock: () => 0 });
  memory.add({ key: named ?? '', value: '', expires_at: 0, labels: [] }) satisfies boolean;

  const app = expressApplication();
  app.use(relyingparty(site, { failed: (error, _request, response) => response.send(error.code) }));
  app.get('/', requireLogin(), (request, response) => void response.send(request.oidc.session?.claims.sub));
  await fastify().register(plugin, { site });
  fastify().get('/', { preHandler: required }, async (request) => request.oidc.login_url);
  const login: FetchSite = fetchSite(site, { failed: (error, _request, status) => new Response(error.code, { status }) });
  const answered: Response | undefined = await login(new Request('https://app.example/auth/login'));
  (await login.visit(new Request(''))).keep(answered ?? new Response());
  const { GET, POST } = handlers(site);
  [await GET(new Request('')), await POST(new Request(''))] satisfies Response[];
  (await getSession(site)).session?.claims.sub satisfies string | undefined;
  middleware(site, { required: ({ url }) => url.endsWith('/private') });
}

function nobody(): never {
  throw new Error();
}

export async function page(rp: RelyingParty): Promise<string> {
  const session: PageSession = createSession({ rp, storage: 'localStorage', margin_secs: 30 });
  // @ts-expect-error there is no such storage
  createSession({ rp, storage: 'cookie' });
  const stop: () => void = watchProviderSession({
    check_session_iframe: 'https://op.example/check',
    client_id: rp.client_id,
    session_state: 's',
    changed: (answer: 'changed' | 'error') => console.log(answer),
  });
  stop();
  // @ts-expect-error it is made by the library alone
  new SessionError('signed_out');
  const state: SessionState = await session.ready();
  if (state.status === 'signed_in') return state.claims.sub + state.session.access_token;
  // @ts-expect-error nobody may be signed in
  state.claims.sub;
  const { code } = state.error as SessionError;
  if (code === 'storage_unavailable') await session.logInWithPopup({}, { features: 'popup' });
  sessionStore(session).subscribe(({ status }) => status === 'paused');
  sessionPlugin(session).install;
  useVueSession(session).state.value.status;
  const fallback = ({ logIn }: UsedSession) => (void logIn({ prompt: 'login' }), null);
  SessionProvider({ session, children: Protected({ fallback }) });
  const { status, fetch, reason } = useSession({ suspense: true });
  return `${status} ${reason} ${(await fetch('https://api.example')).status}`;
}
