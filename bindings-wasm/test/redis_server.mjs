// A Redis of one's own, on a free port of 127.0.0.1.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts `redis-server` (Debian: `apt-get install redis-server`): `{ port, url, stop() }`. */
export async function startRedis() {
  const port = await freePort();
  const program = process.env.RP_TEST_REDIS ?? 'redis-server';
  const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
  const server = spawn(program, ['--port', String(port), ...options], { stdio: 'ignore' });
  const failed = new Promise((_, reject) => {
    server.once('error', (cause) => reject(new Error(`${program} cannot be started`, { cause })));
    server.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  failed.catch(() => {});
  await Promise.race([failed, listening(port)]);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      server.kill();
      await once(server, 'exit');
    },
  };
}

async function listening(port) {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').catch(() => {})]).catch(() => false);
    socket.destroy();
    if (isThere === true) return;
    await pause(20);
  }
}
