// Bundlers and the package as npm installs it, without a setting: what they make of a page logs in, in Chromium, at the
// certified provider; what they make of a program runs the first verbs, from a folder of its own.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { PRINTED, printed } from '../bundled.mjs';
import { startProvider } from '../op.mjs';
import { installPackage } from '../packed.mjs';
import { PAGES } from './pages.mjs';
import { PROGRAMS } from './programs.mjs';

/** Here, so that bundlers find what they need of their own in node_modules above. */
const WORK = fileURLToPath(new URL('built', import.meta.url));
const CHROMIUM = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
const TIMEOUT = { timeout: 300_000 };

let op;
let browser;
before(async () => {
  rmSync(WORK, { recursive: true, force: true });
  const installed = installPackage();
  mkdirSync(join(WORK, 'node_modules'), { recursive: true });
  const package_ = 'node_modules/relyingparty';
  cpSync(join(dirname(installed.tarball), package_), join(WORK, package_), { recursive: true });
  installed.remove();
  op = await startProvider();
  browser = await chromium.launch({ executablePath: CHROMIUM.find((path) => path && existsSync(path)), args: QUIET });
});
after(async () => {
  await browser?.close();
  op?.stop();
  rmSync(WORK, { recursive: true, force: true });
});

function folderFor(name) {
  const folder = join(WORK, name.replaceAll(/\W+/g, '-').toLowerCase());
  mkdirSync(folder);
  return folder;
}

/** Logs in at a page, whose tokens may be bound to a key: its title at the end. */
async function logIn(url, bound) {
  const client = await op.control('register', {
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    redirect_uris: [url],
    dpop_bound_access_tokens: bound,
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.stack));
  page.on('response', (response) => {
    if (response.status() >= 400) said.push(`${response.status()} ${response.url()}`);
  });
  try {
    await page.goto(`${url}?${new URLSearchParams({ issuer: op.issuer, client_id: client.client_id, bound })}`);
    await Promise.race([page.waitForURL(/\/interaction\//), failure(page)]);
    await page.fill('input[name=login]', 'alice');
    await page.fill('input[name=password]', 'x');
    await page.click('button[type=submit]');
    await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' });
    await page.click('button[type=submit]');
    await page.waitForFunction(() => /^(logged in|failed)/.test(document.title));
    return await page.title();
  } catch (error) {
    throw new Error(`${error.message}\n${said.join('\n')}`);
  } finally {
    await context.close();
  }
}

async function failure(page) {
  await page.waitForFunction(() => document.title.startsWith('failed')).catch(() => new Promise(() => {}));
  throw new Error(await page.title());
}

describe('a page that is made by', () => {
  for (const [name, make] of Object.entries(PAGES)) {
    test(`${name} logs in`, TIMEOUT, async () => {
      const site = await make(folderFor(name));
      try {
        assert.equal(await logIn(site.url, false), 'logged in: alice, Bearer');
        assert.equal(await logIn(site.url, true), 'logged in: alice, DPoP');
      } finally {
        await site.close();
      }
    });
  }
});

describe('a program that is made by', () => {
  for (const [name, make] of Object.entries(PROGRAMS)) {
    test(`${name} runs the first verbs`, TIMEOUT, async () => {
      const { file, ...how } = await make(folderFor(name));
      assert.equal(printed(file, how), PRINTED);
    });
  }
});
