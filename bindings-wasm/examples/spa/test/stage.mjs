// The page, built and served, the provider it is registered at, and a browser.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

import { startProvider } from '../../../test/op.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const CHROMIUM = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
export const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/**
 * `{ op, url, tab(), errors, close() }`: `tab` opens one more page of the one browser. With `dpop` the tokens are bound to
 * a key of the browser's.
 */
export async function setUp({ dpop = false } = {}) {
  const op = await startProvider();
  const url = `http://127.0.0.1:${await freePort()}/`;
  const client = await op.control('register', {
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    redirect_uris: [url],
    post_logout_redirect_uris: [url],
    dpop_bound_access_tokens: dpop,
  });
  const folder = mkdtempSync(join(tmpdir(), 'relyingparty-spa-'));
  const server = await serve(url, join(folder, 'dist'), {
    VITE_ISSUER: op.issuer,
    VITE_CLIENT_ID: client.client_id,
    VITE_PAGE: url,
    VITE_DPOP: String(dpop),
  });
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: CHROMIUM.find((path) => path && existsSync(path)),
    args: QUIET,
  });
  const errors = [];
  return {
    op,
    url,
    errors,
    /** A new tab, in the state of the page that `state` names. */
    async tab(state = 'signed-out') {
      const page = await context.newPage();
      page.on('pageerror', (error) => errors.push(error));
      page.setDefaultTimeout(10_000);
      await page.goto(url);
      await shows(page, state);
      return page;
    },
    async forgetEverything() {
      await context.clearCookies();
      for (const page of context.pages()) await page.close();
    },
    async close() {
      await context.close();
      await new Promise((resolve) => server.httpServer.close(resolve));
      op.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the page is in a state: `signed-in`, `signed-out`, `failed`. */
export async function shows(page, state) {
  await page.locator(`main[data-state='${state}']:not([aria-busy])`).waitFor();
}

/** From the page's button to the provider's first form. */
export async function startSignIn(page) {
  await page.click('#sign-in');
  await page.waitForURL(/\/interaction\//);
}

/** Fills in the provider's forms until the page is back. */
export async function passProvider(page, login = 'alice') {
  if (await page.locator('input[name=login]').count()) {
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', 'x');
    await page.click('button[type=submit]');
  }
  const consent = page.locator('input[name=prompt][value=consent]');
  await Promise.race([consent.waitFor({ state: 'attached' }), page.locator('#sub').waitFor()]);
  if (await consent.count()) await page.click('button[type=submit]');
  await shows(page, 'signed-in');
}

async function serve(url, outDir, env) {
  Object.assign(process.env, env);
  await build({ root: ROOT, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  return preview({
    root: ROOT,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port: Number(new URL(url).port), strictPort: true },
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
