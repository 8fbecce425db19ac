// A site, its provider in memory, and browsers that keep cookies.

import { ISSUER, NOW, entropy, idToken, jsonReply, memoryProvider } from './memory_provider.mjs';

export { ISSUER, NOW };
export const BASE = 'https://app.example/auth';
export const KEY = Uint8Array.from({ length: 32 }, (_, at) => at * 7);
const METADATA = { revocation_endpoint: `${ISSUER}/revoke`, end_session_endpoint: `${ISSUER}/logout` };

/** The options of a site with one provider, and what a test sets otherwise. */
export function siteOptions(provider, { providers, ...options } = {}) {
  const client = { issuer: ISSUER, client_id: 'client', client_secret: 'canary-client-secret' };
  const own = { ...client, post_logout_redirect_uri: `${BASE}/logged-out`, transport: provider.transport };
  return {
    base_url: BASE,
    providers: (providers ?? [{}]).map((one) => ({ ...own, ...one })),
    sealing_keys: [KEY],
    clock: () => provider.now,
    entropy: entropy(),
    ...options,
  };
}

/** A provider that rotates refresh tokens, each of which is good once; `now` is the time of all. */
export function rotatingProvider() {
  const provider = memoryProvider();
  const metadata = JSON.parse(Buffer.from(provider.replies.discovery().body));
  provider.replies.discovery = () => jsonReply({ ...metadata, ...METADATA });
  const whole = {
    ...provider,
    now: NOW,
    sub: 'alice',
    nonce: undefined,
    claims: {},
    good: undefined,
    refreshes: 0,
    lifetime: 300,
  };
  let given = 0;
  provider.replies.token = ({ body }) => {
    const form = new URLSearchParams(Buffer.from(body).toString());
    const isRefresh = form.get('grant_type') === 'refresh_token';
    if (isRefresh) {
      whole.refreshes += 1;
      if (form.get('refresh_token') !== whole.good) {
        whole.good = undefined;
        return jsonReply({ error: 'invalid_grant' }, 400);
      }
    }
    whole.good = `canary-refresh-${(given += 1)}`;
    const claims = { iat: whole.now, exp: whole.now + 300, sub: whole.sub, ...whole.claims };
    return jsonReply({
      access_token: `canary-access-${given}`,
      refresh_token: whole.good,
      token_type: 'Bearer',
      expires_in: whole.lifetime,
      id_token: idToken({ ...claims, ...(!isRefresh && { nonce: whole.nonce }) }),
    });
  };
  return whole;
}

/** A browser: it keeps cookies, and says where its requests come from. */
export class Browser {
  cookies = new Map();

  constructor(provider) {
    this.provider = provider;
  }

  request(method, url, { body, headers = {} } = {}) {
    const cookie = Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join('; ');
    return { method, url, headers: { ...(cookie && { cookie }), ...headers }, ...(body && { body }) };
  }

  keep(lines) {
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  async handle(site, method, url, more) {
    const handled = await site.handle(this.request(method, url, more));
    this.keep(handled.headers.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value));
    return { handled, location: handled.headers.find(([name]) => name === 'Location')?.[1] };
  }

  async visit(site, url = '/') {
    const visit = await site.visit(this.request('GET', url));
    this.keep(visit.set_cookies);
    return visit;
  }

  /** Begins a login: what the provider is to send the browser back to. */
  async begin(site, query = '') {
    const { handled, location } = await this.handle(site, 'GET', `/auth/login${query}`);
    if (!location) return { handled };
    const parameters = new URL(location).searchParams;
    this.provider.nonce = parameters.get('nonce');
    const { pathname } = new URL(parameters.get('redirect_uri'));
    const answer = new URLSearchParams({ code: 'canary-code', state: parameters.get('state'), iss: ISSUER });
    return { handled, location, back: `${pathname}?${answer}` };
  }

  /** Logs in: the answer to the callback. */
  async login(site, query) {
    const { back } = await this.begin(site, query);
    return this.handle(site, 'GET', back);
  }
}
