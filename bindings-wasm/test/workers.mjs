// An application in two processes on one Redis, behind one name: whichever of them is asked.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort, startRedis } from './redis_server.mjs';

const PROGRAM = fileURLToPath(new URL('worker.mjs', import.meta.url));
/** Milliseconds within which a provider ends a session. */
const WITHIN = 20_000;

/** Starts both, for a client whose application is at `base_url`: `{ origins, stop() }`. */
export async function startWorkers(base_url, provider) {
  const redis = await startRedis();
  const key = randomBytes(32).toString('base64');
  const ports = [Number(new URL(base_url).port), await freePort()];
  const workers = ports.map((port) =>
    spawn(process.execPath, [PROGRAM, JSON.stringify({ port, redis: redis.url, key, base_url, provider })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const stop = async () => {
    for (const worker of workers) if (worker.exitCode === null && worker.kill('SIGKILL')) await once(worker, 'exit');
    await redis.stop();
  };
  const ended = workers.map((worker) => once(worker, 'exit').then(() => Promise.reject(new Error('a worker ended'))));
  const all = Promise.all(ended);
  all.catch(() => {});
  try {
    await Promise.race([Promise.all(workers.map(({ stdout }) => once(stdout, 'data'))), all]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { origins: ports.map((port) => `http://127.0.0.1:${port}`), stop };
}

/** Whether what `pages()` yields becomes one page, this one, before long. */
export async function become(pages, page) {
  const until = performance.now() + WITHIN;
  for (;;) {
    const found = await pages();
    if (found.every((one) => one === page)) return true;
    if (performance.now() > until) return false;
    await pause(100);
  }
}
