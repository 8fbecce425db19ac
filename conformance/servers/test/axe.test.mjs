// axe finds nothing on any page that is shipped: of the demo, the providers to develop against, the examples, the documentation.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { setUp } from '../../../bindings-wasm/examples/spa/test/stage.mjs';
import { freePort } from '../../../bindings-wasm/test/redis_server.mjs';
import { found } from './axe.mjs';
import { anew, launch } from './chromium.mjs';
import { listening } from './listening.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILT = process.env.RP_TEST_BUILT ?? join(ROOT, 'target/debug');
const DOCS = process.env.RP_TEST_DOCS ?? join(ROOT, 'target/docs-site');
const PYTHON = process.env.RP_TEST_PYTHON ?? 'python3';
/** The client that every issuer of `cargo conformance serve` knows. */
const CLIENT = { client_id: 'relying-party', client_secret: 'a-client-secret-that-everybody-may-read' };

const started = [];
const folder = mkdtempSync(join(tmpdir(), 'relyingparty-pages-'));
let browser;
let context;
let page;
let provider;
before(async () => {
  browser = await launch();
  context = await anew(browser);
  page = await context.newPage();
  provider = await firstUrl(join(BUILT, 'conformance'), ['serve', '--port', '0']);
});
after(async () => {
  await browser?.close();
  for (const one of started) one.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a program that says where it is, or that will be at a port. */
function start(program, args, env = {}) {
  const one = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(one);
  return one;
}

/** The URL in the first line that has one, and this in it. */
async function firstUrl(program, args, what = '') {
  const one = start(program, args);
  for await (const line of createInterface({ input: one.stdout })) {
    const url = line.includes(what) && /https?:\/\/[^\s/]+/.exec(line)?.[0];
    if (url) {
      one.stdout.resume();
      return url;
    }
  }
  throw new Error(`${program} says no URL`);
}

/** Nothing is wrong with the page that is open, in light and in dark. */
async function isFine(title, isLoaded = true) {
  if (title) assert.match(await page.title(), title);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    if (!isLoaded) await page.reload();
    assert.deepEqual(await found(page), [], `${colorScheme}: ${page.url()}`);
  }
}

async function opens(url, title) {
  await page.goto(url);
  await isFine(title);
}

describe('the demo', () => {
  let demo;
  before(async () => (demo = await firstUrl(join(BUILT, 'demo'), ['--port', '0'], 'Relying party')));
  const begin = async () => {
    await page.goto(demo);
    await page.click('a:text-is("Log in")');
    await page.locator('input[name=login]').waitFor();
  };

  test('its start page, its provider, the trace of a login, and the pages after a logout', async () => {
    await opens(demo, /Log in/);
    await begin();
    await isFine(/Sign in/);
    await page.click('button[value=allow]');
    await page.waitForURL(`${demo}/**`);
    await isFine(/Logged in/);
    await page.locator('details').evaluateAll((all) => all.forEach((one) => (one.open = true)));
    await isFine();
  });

  test('a login that failed', async () => {
    await context.clearCookies();
    await begin();
    await page.click('button[value=deny]');
    await page.waitForURL(`${demo}/**`);
    await isFine(/failed/);
  });
});

describe('the provider to develop against', () => {
  const authorize = (module, more) => {
    const query = { client_id: CLIENT.client_id, response_type: 'code', scope: 'openid profile', redirect_uri: 'http://127.0.0.1:1/cb', ...more };
    return `${provider}/${module}/authorize?${new URLSearchParams(query)}`;
  };

  test('a request that leads nowhere', () => opens(authorize('oidcc-client-test', { redirect_uri: 'https://elsewhere.example/' }), /Not possible/));

  test('a logout', () => opens(`${provider}/oidcc-client-test/end_session`, /Signed out/));
});

/** An example: how it is started at a port, and what it calls its login. */
const EXAMPLES = {
  'Starlette': {
    start(port, issuer) {
      const settings = join(folder, 'starlette.json');
      writeFileSync(settings, JSON.stringify({ ...CLIENT, issuer, redirect_uri: `http://127.0.0.1:${port}/auth/login` }));
      return [PYTHON, [join(ROOT, 'bindings-python/examples/webapp.py'), settings]];
    },
  },
  'Express': {
    start(port, issuer) {
      const given = { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: CLIENT.client_id, OIDC_CLIENT_SECRET: CLIENT.client_secret };
      const own = { APP_URL: `http://127.0.0.1:${port}`, PORT: String(port), SESSION_KEY: randomBytes(32).toString('hex') };
      return [process.execPath, [join(ROOT, 'bindings-wasm/examples/server.mjs')], { ...given, ...own }];
    },
  },
  'axum': {
    start(port, issuer) {
      const settings = join(folder, 'axum.json');
      writeFileSync(settings, JSON.stringify({ ...CLIENT, issuer, redirect_uri: `http://127.0.0.1:${port}/auth/callback` }));
      return [join(BUILT, 'examples/site_axum'), [settings]];
    },
    // What failed is a line of text.
    failed: false,
  },
};

for (const [name, { start: how, failed = true }] of Object.entries(EXAMPLES)) {
  describe(`the example of ${name}`, () => {
    const run = async (module) => {
      const port = await freePort();
      const [program, args, env] = how(port, `${provider}/${module}`);
      const one = start(program, args, env);
      one.stdout.resume();
      await listening(port, one);
      return `http://127.0.0.1:${port}/`;
    };

    test('its pages for nobody and for a user', async () => {
      await context.clearCookies();
      const home = await run('oidcc-client-test');
      await opens(home);
      await page.click('a');
      await page.waitForURL(`${home}**`);
      await isFine();
      await page.goto(home);
      await isFine();
    });

    test('its page for a login that failed', { skip: !failed && 'it has none' }, async () => {
      await context.clearCookies();
      const home = await run('oidcc-client-test-invalid-iss');
      await page.goto(home);
      await page.click('a');
      await page.locator('text=/again/i').waitFor();
      await isFine();
    });
  });
}

test('the example of a single page, signed out and in', async () => {
  const { tab, close } = await setUp();
  try {
    page = await tab();
    await isFine();
  } finally {
    await close();
    page = await context.newPage();
  }
});

describe('the documentation', () => {
  for (const file of ['index', 'how-to/behind-a-proxy', 'errors/nonce_mismatch', 'reference/verbs', 'reference/errors', 'security/attacks']) {
    test(`${file}.html`, async () => {
      await page.goto(pathToFileURL(join(DOCS, `${file}.html`)).href);
      // It looks at the scheme when it is loaded.
      await isFine(undefined, false);
    });
  }
});
