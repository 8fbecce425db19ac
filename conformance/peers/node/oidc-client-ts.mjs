// oidc-client-ts. `OidcClient` is the part of it that needs no window: `UserManager` calls it before and after it
// navigates. Nothing is stubbed; without a window the library keeps its state in memory, and the page's address is
// handed to it.
// Switched on: a nonce for each login (there is none unless the application makes one), `loadUserInfo`.

import { OidcClient } from 'oidc-client-ts';

import { Unsupported, play } from './journey.mjs';

await play({
  async client({ issuer, registration, asks }) {
    const client = new OidcClient({
      authority: issuer,
      client_id: registration.client_id,
      client_secret: registration.client_secret,
      client_authentication: 'client_secret_basic',
      redirect_uri: registration.redirect_uri,
      post_logout_redirect_uri: registration.post_logout_redirect_uri,
      scope: (asks.scopes ?? ['openid']).join(' '),
      loadUserInfo: true,
    });
    await client.metadataService.getMetadata();
    return client;
  },

  authorize(client, { module, asks: { scopes, ...more } }) {
    // OpenID Connect Core 3.1.3.7 (6) allows it, and the Foundation's modules count it as skipped.
    if (module.includes('-invalid-sig-'))
      throw new Unsupported('no signature is checked: the token endpoint is trusted');
    if (more.response_mode === 'form_post')
      throw new Unsupported('a page cannot read what is posted');
    return client.createSigninRequest({ nonce: crypto.randomUUID(), ...more });
  },

  callback: (client, job, login, { url }) => client.processSigninResponse(url),

  // Asked for with the callback and with the refresh.
  userinfo: async () => {},

  refresh: (client, job, session) => client.useRefreshToken({ state: session }),

  endSession: (client, job, session) =>
    client.createSignoutRequest({ id_token_hint: session.id_token, state: 'goodbye' }),

  loggedOut: (client, job, logout, url) => client.processSignoutResponse(url),
});
