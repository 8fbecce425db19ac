// A page with a session, served beside the provider that it is registered at, and a browser with as many tabs as it takes.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

import { buildSync } from 'esbuild';
import { chromium } from 'playwright-core';

import { startProvider } from '../../../test/op.mjs';
import { CHROMIUM, QUIET } from './stage.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** One React: the package's link leads to a folder that has one of its own. */
const MODULES = fileURLToPath(new URL('../node_modules/', import.meta.url));

/**
 * `{ op, url, open(), signIn(), tokenRequests(), requests(), close(), … }`. `page` is the file of the page's script, which gets the
 * options; tokens live for `secs` seconds. `headers` are those of the page. `react` is what its packages' names end with.
 */
export async function setUpSession({ storage = 'localStorage', secs = 3600, page = `${HERE}session_page.js`, dpop = false, headers = {}, react = '' } = {}) {
  const op = await startProvider(`--access-token-secs=${secs}`);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const url = `${origin}/`;
  const client = await op.control('register', {
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    redirect_uris: [url],
    post_logout_redirect_uris: [url],
    dpop_bound_access_tokens: dpop,
  });
  const { client_id } = client;
  const registered = { issuer: op.issuer, client_id, redirect_uri: url, post_logout_redirect_uri: url };
  const options = { ...registered, storage, dpop, api_origins: [op.issuer] };
  const files = bundled(page, options, react);
  const csp = `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${op.issuer}`;
  const html = '<!doctype html><meta charset="utf-8"><title>-</title><main></main><script type="module" src="/main.js"></script>';
  server.on('request', (request, response) => {
    const { pathname } = new URL(request.url, origin);
    const file = files.get(pathname);
    const type = file ? 'text/javascript' : 'text/html';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': csp, ...headers });
    response.end(file ?? (pathname === '/blank' ? '<!doctype html><p>' : html));
  });
  const executablePath = CHROMIUM.find((path) => path && existsSync(path));
  const browser = await chromium.launch({
    executablePath,
    args: QUIET,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  const errors = [];
  const stage = {
    op,
    url,
    errors,
    context: await browser.newContext(),
    /** Another browser, as it were: without what was stored in the one before. */
    async renew() {
      await stage.context.close();
      stage.context = await browser.newContext();
    },
    /** A new tab. */
    async open(path = '/') {
      const page = await stage.context.newPage();
      page.on('pageerror', (error) => errors.push(error));
      page.setDefaultTimeout(15_000);
      await page.goto(new URL(path, url).href);
      return page;
    },
    /** A new tab, and in it from the page to the provider and back. */
    async signIn(path = '/') {
      const page = await stage.open(path);
      await evaluate(page, 'session.ready().then(() => void session.logIn())');
      await passForms(page);
      await status(page, 'signed_in');
      return page;
    },
    /** What came to the provider since the last call: methods and paths. */
    async requests() {
      const all = await op.control('requests');
      return all.filter(({ method }) => method !== 'OPTIONS').map(({ method, path }) => `${method} ${path}`);
    },
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
      op.stop();
    },
  };
  return stage;
}

/** The page's files by their paths. */
function bundled(page, options, react) {
  const { outputFiles } = buildSync({
    entryPoints: { main: page },
    outdir: '/',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    write: false,
    nodePaths: [MODULES],
    alias: { react: `${MODULES}react${react}`, 'react-dom': `${MODULES}react-dom${react}` },
    define: {
      OPTIONS: JSON.stringify(options),
      'process.env.ISSUER': JSON.stringify(options.issuer),
      'process.env.CLIENT_ID': JSON.stringify(options.client_id),
      'process.env.PAGE': JSON.stringify(options.redirect_uri),
      'process.env.NODE_ENV': '"development"',
    },
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

/** What an expression yields in the page; it may use `session`, `rp`, `states`. */
export const evaluate = (page, expression) => page.evaluate(`(async () => (${expression}))()`);

/** Waits until the page's session has a status. */
export const status = (page, wanted) =>
  page.waitForFunction((wanted) => globalThis.session?.get().status === wanted, wanted);

/** Fills in the provider's forms, as whoever knows no password does. */
export async function passForms(page, login = 'alice') {
  await page.waitForURL(/\/interaction\//);
  if (await page.locator('input[name=login]').count()) {
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', 'x');
    await page.click('button[type=submit]');
  }
  await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' });
  await page.click('button[type=submit]');
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
