// openid-client, as its README has the authorization code flow: PKCE, state and nonce.
// Switched on: `enableNonRepudiationChecks` (the ID token's signature), `idTokenExpected`.
// `allowInsecureRequests` because the provider here has no TLS.

import * as oidc from 'openid-client';

import { Unsupported, play } from './journey.mjs';

await play({
  client(job) {
    const { client_id, client_secret, redirect_uri, ...registration } = job.registration;
    return oidc.discovery(
      new URL(job.issuer),
      client_id,
      registration,
      oidc.ClientSecretBasic(client_secret),
      { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
    );
  },

  async authorize(config, { registration, asks }) {
    const checks = {
      pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
      idTokenExpected: true,
      maxAge: asks.max_age,
    };
    const { scopes = ['openid'], ...more } = asks;
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: registration.redirect_uri,
      scope: scopes.join(' '),
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...more,
    });
    return { url, checks };
  },

  async callback(config, job, { checks }, { url, body }) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const back =
      body === undefined ? new URL(url) : new Request(url, { method: 'POST', headers, body });
    const tokens = await oidc.authorizationCodeGrant(config, back, checks);
    return { tokens, sub: tokens.claims().sub };
  },

  userinfo: (config, job, { tokens, sub }) => oidc.fetchUserInfo(config, tokens.access_token, sub),

  async refresh(config, job, { tokens, sub }) {
    return { tokens: await oidc.refreshTokenGrant(config, tokens.refresh_token), sub };
  },

  endSession(config, { registration }, { tokens }) {
    const url = oidc.buildEndSessionUrl(config, {
      post_logout_redirect_uri: registration.post_logout_redirect_uri,
      id_token_hint: tokens.id_token,
      state: oidc.randomState(),
    });
    return { url };
  },

  loggedOut(config, { must_notice }) {
    if (must_notice) throw new Unsupported('the state of a logout is left to the application');
  },
});
