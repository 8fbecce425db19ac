// A web application: a public page, one for users, their claims from the provider, and a logout. Run it as the README says.
//
// With REDIS_URL its sessions are in Redis: then any number of these processes are one application.

import express from 'express';
import { Site } from 'relyingparty';
import { relyingparty, requireLogin } from 'relyingparty/express';
import { RedisSessionStore } from 'relyingparty/redis';

const { APP_URL = 'http://localhost:3000', PORT = '3000', SESSION_KEY = '', REDIS_URL } = process.env;
const { OIDC_ISSUER = '', OIDC_CLIENT_ID = '', OIDC_CLIENT_SECRET = '' } = process.env;

async function sharedSessions() {
  const { createClient } = await import('redis');
  const client = createClient({ url: REDIS_URL });
  client.on('error', (error) => console.error('Redis:', error.message));
  return new RedisSessionStore({ client: await client.connect() });
}

const site = new Site({
  base_url: `${APP_URL}/auth`,
  providers: [
    {
      issuer: OIDC_ISSUER,
      client_id: OIDC_CLIENT_ID,
      client_secret: OIDC_CLIENT_SECRET,
      post_logout_redirect_uri: `${APP_URL}/auth/logged-out`,
      allow_insecure_loopback: true, // only for a provider on this machine over http
      // A refresh token is for sessions that a store keeps. Many grant it only with consent.
      ...(REDIS_URL && { scopes: ['openid', 'profile', 'email', 'offline_access'], authorize: { prompt: 'consent' } }),
    },
  ],
  sealing_keys: [Buffer.from(SESSION_KEY, 'hex')],
  ...(REDIS_URL && { store: await sharedSessions() }),
  on_event: (channel, event) => {
    if (channel === 'relyingparty:site') console.log(event.kind, event.code ?? '');
  },
});

const app = express();

const failed = (error, _request, response) =>
  response.type('html').send(page(`<h1>That did not work</h1><p>${escaped(error.message)}</p><a href="/">Begin again</a>`));

app.use(relyingparty(site, { failed }));

app.get('/', ({ oidc }, response) => {
  const link = oidc.session ? '<a href="/me">Your page</a>' : `<a href="${escaped(oidc.login_url)}">Log in</a>`;
  response.send(page(`<h1>Welcome</h1>${link}`));
});

app.get('/me', requireLogin(), async ({ oidc }, response) => {
  const { claims } = await site.relyingParty(oidc.provider).userinfo(oidc.session);
  const logout = '<form method="post" action="/auth/logout"><button>Log out</button></form>';
  response.send(page(`<h1>Hello ${escaped(claims.name ?? claims.sub)}</h1>${logout}`));
});

app.listen(Number(PORT));

function page(content) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Example</title><main>${content}</main></html>`;
}

function escaped(text) {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
