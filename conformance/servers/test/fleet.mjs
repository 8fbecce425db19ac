// An application as it is run: two processes behind a proxy that ends TLS, the provider, and where sessions are kept.

import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { startProvider } from '../../../bindings-wasm/test/op.mjs';
import { freePort, startRedis } from '../../../bindings-wasm/test/redis_server.mjs';
import { listening } from './listening.mjs';
import { startProxy } from './proxy.mjs';

const HERE = fileURLToPath(new URL('../applications/', import.meta.url));
/** `ca.pem`, and `cert.pem` and `key.pem` of 127.0.0.1 and localhost. */
const TLS = process.env.RP_TEST_TLS;
export const CA = readFileSync(join(TLS, 'ca.pem'));
// What is started from here trusts it: the workers of Node, and the provider, which sends logout tokens.
process.env.NODE_EXTRA_CA_CERTS = join(TLS, 'ca.pem');

const PYTHON = process.env.RP_TEST_PYTHON ?? 'python3';
const AXUM = process.env.RP_TEST_AXUM ?? fileURLToPath(new URL('../../../target/debug/examples/in_axum', import.meta.url));
/** How long an access token lives: the margin of sessions is 0. */
export const ACCESS_TOKEN_SECS = 6;

/** How one worker of each application is started, and what is to be run before. */
export const APPLICATIONS = {
  FastAPI: { command: [PYTHON, join(HERE, 'in_fastapi.py')] },
  Flask: { command: [PYTHON, join(HERE, 'in_flask.py')] },
  Django: { command: [PYTHON, join(HERE, 'in_django.py')], before: ['migrate'] },
  Express: { command: [process.execPath, join(HERE, 'in_express.mjs')] },
  Fastify: { command: [process.execPath, join(HERE, 'in_fastify.mjs')] },
  'relyingparty/fetch': { command: [process.execPath, join(HERE, 'in_hono.mjs')] },
  axum: { command: [AXUM] },
};

/** Both kinds of proxies, and both places for sessions. */
export const SETUPS = [
  { proxy: 'strips', stored: true },
  { proxy: 'passes', stored: false },
];

export class Fleet {
  prefix = '/some/app';
  #application;
  #environment;
  #folder = mkdtempSync(join(tmpdir(), 'relyingparty-fleet-'));
  #workers = [];
  #stops = [];

  /** Starts an application of `APPLICATIONS`, behind a proxy that `strips` its path or `passes` it. */
  static async start(name, { proxy, stored }) {
    const fleet = new Fleet();
    try {
      await fleet.#start(APPLICATIONS[name], proxy, stored);
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  async #start(application, proxy, stored) {
    const tls = ['--tls-cert', join(TLS, 'cert.pem'), '--tls-key', join(TLS, 'key.pem')];
    const ports = [await freePort(), await freePort(), await freePort()];
    const [port, ...workers] = ports;
    // Another site than the application's, as browsers count.
    const options = [...tls, '--host', 'localhost', '--post-methods', '--access-token-secs', String(ACCESS_TOKEN_SECS)];
    this.provider = await startProvider(...options);
    this.#stops.push(() => this.provider.stop());
    this.redis = stored && (await startRedis());
    if (this.redis) this.#stops.push(() => this.redis.stop());
    this.origin = `https://127.0.0.1:${port}`;
    this.home = `${this.origin}${this.prefix}`;
    this.auth = `${this.home}/auth`;
    const client = await this.provider.control('register', {
      redirect_uris: [`${this.auth}/callback`],
      post_logout_redirect_uris: [`${this.auth}/logged-out`],
      backchannel_logout_uri: `${this.auth}/backchannel-logout`,
      backchannel_logout_session_required: true,
    });
    this.#application = application;
    this.#environment = {
      ...process.env,
      ORIGIN: this.origin,
      PREFIX: this.prefix,
      PROXY: proxy,
      FOLDER: this.#folder,
      CA_FILE: join(TLS, 'ca.pem'),
      SESSION_KEY: randomBytes(32).toString('hex'),
      OIDC_ISSUER: this.provider.issuer,
      OIDC_CLIENT_ID: client.client_id,
      OIDC_CLIENT_SECRET: client.client_secret,
      ...(this.redis && { REDIS_URL: `${this.redis.url}/0` }),
    };
    this.#workers = workers.map((port) => ({ port }));
    if (application.before) this.#run(application.before);
    await this.#startWorkers();
    const given = { folder: this.#folder, port, workers, prefix: this.prefix, strips: proxy === 'strips', tls: TLS };
    const nginx = await startProxy(given);
    this.#stops.push(() => nginx.stop());
    await listening(port);
  }

  #run(args) {
    const [program, ...first] = this.#application.command;
    const options = { env: { ...this.#environment, PORT: '0' }, stdio: 'inherit' };
    const { status } = spawnSync(program, [...first, ...args], options);
    if (status !== 0) throw new Error(`${[...first, ...args].join(' ')} ended with ${status}`);
  }

  async #startWorkers() {
    const [program, ...args] = this.#application.command;
    for (const worker of this.#workers) {
      const env = { ...this.#environment, PORT: String(worker.port) };
      worker.process = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
      await once(worker.process, 'spawn');
    }
    await Promise.all(this.#workers.map(({ port, process }) => listening(port, process)));
  }

  async #killWorkers() {
    const running = this.#workers.map(({ process }) => process).filter((worker) => worker && worker.exitCode === null && !worker.signalCode);
    await Promise.all(running.map((worker) => (worker.kill('SIGKILL'), once(worker, 'exit'))));
  }

  /** Kills both workers, and starts them anew: nothing is left of their memory. */
  async restart() {
    await this.#killWorkers();
    await this.#startWorkers();
  }

  async stop() {
    await this.#killWorkers();
    for (const stop of this.#stops.reverse()) await stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
