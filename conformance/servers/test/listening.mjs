import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Waits until somebody listens at a port of this machine, as long as the process that is to do so runs. */
export async function listening(port, worker) {
  for (let tries = 0; tries < 1500; tries += 1) {
    if (worker?.exitCode) throw new Error(`a worker ended with ${worker.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
    socket.destroy();
    if (isThere) return;
    await pause(20);
  }
  throw new Error(`nobody listens at ${port}`);
}
