// Compiled, never run: what the declarations promise, and what they must refuse.

import {
  Cache,
  CallbackParams,
  Client,
  MemoryStore,
  Provider,
  ProviderError,
  RelyingParty,
  RelyingPartyError,
  SessionStorageStore,
  errorCodes,
  fetchTransport,
  init,
  run,
  webVerifier,
} from 'relyingparty';
import type { Answer, ErrorCode, Session, Store, Transport } from 'relyingparty';
import { RelyingParty as Full } from 'relyingparty/full';
import { init as initFull } from 'relyingparty/full/manual';
import { init as initManual } from 'relyingparty/manual';
import { nodeTransport, nodeVerifier } from 'relyingparty/node';

const registration = { client_id: 'c', redirect_uri: 'https://app.example/cb' };

export async function login(): Promise<string> {
  const rp = new RelyingParty({
    issuer: 'https://op.example',
    ...registration,
    transport: nodeTransport({ ca_pem: '' }),
  });
  const { url, id, cookie_name, max_age } = await rp.authorize({
    prompt: 'login',
    max_age: 60,
    return_to: '/',
  });
  const session: Session = await rp.callback(url, id);
  const refreshed = await rp.refresh(session);
  const { claims } = await rp.userinfo(refreshed);
  const restored = await rp.restore(session.encoded);
  const expires: number | undefined = restored.expires_at;
  const iss: string = session.claims.iss;
  const email: unknown = claims.email;
  return [await rp.endSession(session, { state: 'x' }), cookie_name, max_age, expires, iss, email].join();
}

export async function sansIo(): Promise<Session> {
  await init();
  const cache = Cache.fromJson(new Cache().toJson());
  const transport: Transport = fetchTransport();
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

export const stores: Store[] = [new MemoryStore({ limit: 1 }), new SessionStorageStore()];
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
// @ts-expect-error: the manual entry has no module of its own
initManual();
// @ts-expect-error: a session is not made by hand
new Client(undefined, registration).refresh({ access_token: 'x' });
export function frozen(session: Session): void {
  // @ts-expect-error: a session is read-only
  session.access_token = 'x';
}
