// A Redis of one's own, on a free port of 127.0.0.1.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Starts `redis-server`: `{ url, stop() }`. Fails where there is none. */
export async function startRedis() {
  const port = await freePort();
  const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--port', String(port)];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = () => server.kill();
  process.once('exit', stop);
  await Promise.race([ready(server), failed(server)]);
  return { url: `redis://127.0.0.1:${port}`, stop };
}

async function ready(server) {
  for await (const chunk of server.stdout.iterator({ destroyOnReturn: false }))
    if (String(chunk).includes('Ready to accept connections')) break;
  // What it says later is nobody's.
  server.stdout.resume();
}

async function failed(server) {
  const [code] = await once(server, 'exit');
  throw new Error(`redis-server ended with ${code}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
