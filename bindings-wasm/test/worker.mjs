// One process of an application in Express, on a Redis that others share: `node worker.mjs OPTIONS`, which says `ready`.

import process from 'node:process';

import express from 'express';
import { Redis } from 'ioredis';

import { relyingparty } from '../dist/adapters/express.js';
import { Site } from '../dist/node/entry_node.js';
import { RedisSessionStore } from '../dist/node/redis.js';

const { port, redis, key, base_url, provider } = JSON.parse(process.argv[2]);
const site = new Site({
  base_url,
  providers: [{ ...provider, post_logout_redirect_uri: `${base_url}/logged-out`, allow_insecure_loopback: true }],
  sealing_keys: [Buffer.from(key, 'base64')],
  store: new RedisSessionStore({ client: new Redis(redis) }),
});
const app = express();
app.use(relyingparty(site));
app.get('/', ({ oidc: { session } }, response) => response.send(session ? `Hello ${session.claims.sub}` : 'Hello nobody'));
app.listen(port, '127.0.0.1', () => console.log('ready'));
