// oauth4webapi, as its examples have OpenID Connect with the authorization code flow: PKCE, state and nonce.
// Switched on: `requireIdToken`, `validateApplicationLevelSignature` (the signatures of the ID token and of UserInfo).
// `allowInsecureRequests` because the provider here has no TLS.

import * as oauth from 'oauth4webapi';

import { Unsupported, play } from './journey.mjs';

const INSECURE = { [oauth.allowInsecureRequests]: true };

await play({
  async client({ issuer, registration }) {
    const { client_secret, redirect_uri, ...client } = registration;
    const response = await oauth.discoveryRequest(new URL(issuer), INSECURE);
    const as = await oauth.processDiscoveryResponse(new URL(issuer), response);
    return { as, client, authentication: oauth.ClientSecretBasic(client_secret) };
  },

  async authorize({ as, client }, { registration, asks }) {
    const login = {
      code_verifier: oauth.generateRandomCodeVerifier(),
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
    };
    const { scopes = ['openid'], ...more } = asks;
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: registration.redirect_uri,
      response_type: 'code',
      scope: scopes.join(' '),
      code_challenge: await oauth.calculatePKCECodeChallenge(login.code_verifier),
      code_challenge_method: 'S256',
      state: login.state,
      nonce: login.nonce,
      ...more,
    });
    return { url, ...login };
  },

  async callback({ as, client, authentication }, { registration, asks }, login, { url, body }) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const back =
      body === undefined
        ? new URL(url)
        : new URLSearchParams(
            await oauth.formPostResponse(new Request(url, { method: 'POST', headers, body })),
          );
    const params = oauth.validateAuthResponse(as, client, back, login.state);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      params,
      registration.redirect_uri,
      login.code_verifier,
      INSECURE,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: login.nonce,
      requireIdToken: true,
      maxAge: asks.max_age,
    });
    await oauth.validateApplicationLevelSignature(as, response, INSECURE);
    return { ...tokens, sub: oauth.getValidatedIdTokenClaims(tokens).sub };
  },

  async userinfo({ as, client }, job, { access_token, sub }) {
    const response = await oauth.userInfoRequest(as, client, access_token, INSECURE);
    await oauth.processUserInfoResponse(as, client, sub, response);
    if (oauth.getContentType(response) === 'application/jwt')
      await oauth.validateApplicationLevelSignature(as, response, INSECURE);
  },

  async refresh({ as, client, authentication }, job, { refresh_token, sub }) {
    const response = await oauth.refreshTokenGrantRequest(
      as,
      client,
      authentication,
      refresh_token,
      INSECURE,
    );
    const tokens = await oauth.processRefreshTokenResponse(as, client, response);
    if (tokens.id_token) await oauth.validateApplicationLevelSignature(as, response, INSECURE);
    return { ...tokens, sub };
  },

  endSession({ as, client }, { registration }, session) {
    const url = new URL(as.end_session_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id,
      id_token_hint: session.id_token,
      post_logout_redirect_uri: registration.post_logout_redirect_uri,
      state: oauth.generateRandomState(),
    });
    return { url };
  },

  loggedOut(_, { must_notice }) {
    if (must_notice) throw new Unsupported('the library has no logout');
  },
});
