import express from 'express';
import { createClient } from 'redis';
import { Site } from 'relyingparty';
import { relyingparty, requireLogin } from 'relyingparty/express';
import { RedisSessionStore } from 'relyingparty/redis';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE_URL, SECRET, REDIS_URL } = process.env;
const client = REDIS_URL && (await createClient({ url: REDIS_URL }).connect());
const site = new Site({
  base_url: `${BASE_URL}/auth`,
  providers: [
    {
      issuer: ISSUER,
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      post_logout_redirect_uri: `${BASE_URL}/auth/logged-out`,
      allow_insecure_loopback: true,
    },
  ],
  sealing_keys: [Buffer.from(SECRET, 'hex')],
  ...(client && { store: new RedisSessionStore({ client }) }),
});

const app = express();
app.use(relyingparty(site));
app.get('/', (request, response) => {
  response.send('<p>For everybody</p>');
});
app.get('/private', requireLogin(), (request, response) => {
  const logOut = '<form method="post" action="/auth/logout"><button>Log out</button></form>';
  response.send(`<p>For ${request.oidc.session.claims.sub}</p>${logOut}`);
});
app.listen(process.env.PORT, '127.0.0.1');
