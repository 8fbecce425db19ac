import { RedisStore } from 'connect-redis';
import express from 'express';
import openid from 'express-openid-connect';
import { createClient } from 'redis';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL, SECRET, REDIS_URL } = process.env;
const client = REDIS_URL && (await createClient({ url: REDIS_URL }).connect());
const app = express();
app.use(
  openid.auth({
    issuerBaseURL: ISSUER,
    baseURL: BASE_URL,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    secret: SECRET,
    authRequired: false,
    idpLogout: true,
    authorizationParams: { response_type: 'code' },
    backchannelLogout: client ? { store: new RedisStore({ client }) } : false,
  }),
);
app.get('/', (request, response) => {
  response.send('<p>For everybody</p>');
});
app.get('/private', openid.requiresAuth(), async (request, response) => {
  if (request.oidc.accessToken.isExpired()) await request.oidc.accessToken.refresh();
  response.send(`<p>For ${request.oidc.user.sub}</p><a href="/logout">Log out</a>`);
});
app.listen(process.env.PORT, '127.0.0.1');
