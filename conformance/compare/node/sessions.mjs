// Whose request it is: ours beside the peers that read a session from a request.

import { dirname, join } from 'node:path';

import { reader, siteOf } from './our_site.mjs';
import { alone, pair, skip } from './rounds.mjs';

const REDIS = ['Node, express-session, Redis', 'both with Redis, express-session'];

export async function sessions(group, work, rounds) {
  const ours = reader(siteOf(work), work, work.session.cookie);
  if (!work.peers) return alone(group, 'Node', rounds, ours);
  const { expressSession, ironSession } = await import('./session_peers.mjs');
  await pair(group, 'Node, iron-session', rounds, ours, await ironSession(work));

  const { startRedis } = await import('./redis_server.mjs');
  const redis = await startRedis().catch((error) => REDIS.forEach((row) => skip(group, row, error.message)));
  if (!redis) return;
  const { createClient } = await import('redis');
  const client = await createClient({ url: redis.url }).connect();
  const theirs = await expressSession(work, client);
  await pair(group, REDIS[0], rounds, ours, theirs);
  await pair(group, REDIS[1], rounds, await stored(work, client), theirs);
  client.destroy();
  redis.stop();
}

/** Ours with its sessions in the same Redis. */
async function stored(work, client) {
  const { RedisSessionStore } = await import(join(dirname(process.env.RELYINGPARTY), 'redis.js'));
  const store = new RedisSessionStore({ client });
  const { entry, cookie } = work.session.stored;
  await store.add(entry);
  return reader(siteOf(work, { store }), work, cookie);
}
