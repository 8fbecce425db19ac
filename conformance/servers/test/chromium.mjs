// A Chromium that takes the certificates of the tests, and a person who knows the provider's pages.

import { existsSync } from 'node:fs';
import process from 'node:process';

import { chromium } from 'playwright-core';

const PROGRAMS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

export function launch() {
  return chromium.launch({ executablePath: PROGRAMS.find((path) => path && existsSync(path)), args: QUIET });
}

/** A browser of its own, as it were: it has no cookie. */
export async function anew(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(15_000);
  return context;
}

/** Fills in the provider's forms until it leads back to `home`. */
export async function passProvider(page, home, name = 'alice') {
  await page.fill('input[name=login]', name);
  await page.fill('input[name=password]', 'x');
  await page.click('button[type=submit]');
  await confirm(page, home);
}

/** Consents, or logs out, where the provider asks. */
export async function confirm(page, home) {
  await page.waitForURL((url) => url.href.startsWith(home) || /\/interaction\/|\/session\/end/.test(url.pathname));
  const button = page.locator('button[value=yes], input[name=prompt][value=consent] ~ button[type=submit]');
  if (!page.url().startsWith(home)) await button.first().click();
  await page.waitForURL((url) => url.href.startsWith(home));
}
