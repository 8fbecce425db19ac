import express from 'express';
import session from 'express-session';
import * as oidc from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL, SECRET } = process.env;
const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, {
  execute: [oidc.allowInsecureRequests],
});

const app = express();
app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));

const keep = (request, tokens) => {
  request.session.idToken = tokens.id_token ?? request.session.idToken;
  request.session.refreshToken = tokens.refresh_token ?? request.session.refreshToken;
  request.session.expiresAt = Date.now() + tokens.expires_in * 1000;
};

const requireLogin = async (request, response, next) => {
  if (!request.session.sub) {
    request.session.returnTo = request.originalUrl;
    return response.redirect('/login');
  }
  if (request.session.expiresAt < Date.now()) {
    keep(request, await oidc.refreshTokenGrant(config, request.session.refreshToken));
  }
  next();
};

app.get('/login', async (request, response) => {
  const login = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
  };
  request.session.login = login;
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${BASE_URL}/callback`,
    scope: 'openid profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(login.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: login.expectedState,
    nonce: login.expectedNonce,
  });
  response.redirect(url.href);
});
app.get('/callback', async (request, response) => {
  const { login, returnTo = '/' } = request.session;
  const url = new URL(request.originalUrl, BASE_URL);
  const tokens = await oidc.authorizationCodeGrant(config, url, { ...login, idTokenExpected: true });
  await new Promise((done, failed) => {
    request.session.regenerate((error) => (error ? failed(error) : done()));
  });
  request.session.sub = tokens.claims().sub;
  keep(request, tokens);
  response.redirect(returnTo);
});
app.get('/logout', (request, response, next) => {
  const url = oidc.buildEndSessionUrl(config, {
    post_logout_redirect_uri: `${BASE_URL}/`,
    id_token_hint: request.session.idToken,
  });
  request.session.destroy((error) => (error ? next(error) : response.redirect(url.href)));
});
app.get('/', (request, response) => {
  response.send('<p>For everybody</p>');
});
app.get('/private', requireLogin, (request, response) => {
  response.send(`<p>For ${request.session.sub}</p><a href="/logout">Log out</a>`);
});
app.listen(process.env.PORT, '127.0.0.1');
