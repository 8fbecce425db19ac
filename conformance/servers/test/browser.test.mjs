// Logins in Chromium, at an application of each language behind nginx: real cookies, tabs, history, scripts and policies.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { found } from './axe.mjs';
import { anew, confirm, launch, passProvider } from './chromium.mjs';
import { Fleet } from './fleet.mjs';

const FLEETS = [
  ['FastAPI', { proxy: 'strips', stored: true }],
  ['Express', { proxy: 'passes', stored: true }],
  ['axum', { proxy: 'strips', stored: true }],
];
/** A name that makes the ID token too long for a logout by URL. */
const LONG = 'a'.repeat(250);

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

for (const [name, setup] of FLEETS) {
  describe(`${name} in Chromium`, () => {
    let fleet;
    let context;
    let page;
    before(async () => (fleet = await Fleet.start(name, setup)));
    after(() => fleet?.stop());

    const story = (title, tell, options) =>
      test(title, async () => {
        context = await anew(browser, options);
        page = await context.newPage();
        try {
          await tell();
        } finally {
          await context.close();
        }
      });
    const home = () => `${fleet.home}/`;
    const hello = (tab = page) => tab.locator('h1').textContent();
    /** From the application's page to the provider's form. */
    const begin = async (tab = page) => {
      await tab.goto(home());
      await tab.click('text=Log in');
      await tab.waitForURL(/\/interaction\//);
    };
    const login = async (login) => {
      await begin();
      await passProvider(page, fleet.home, login);
    };
    const logout = async () => {
      await page.click('text=Log out');
      await confirm(page, home());
      assert.equal(page.url(), home());
      assert.equal(await hello(), 'Hello nobody');
    };
    /** The callbacks that the browser is led to. */
    const callbacks = () => {
      const seen = [];
      page.on('request', (request) => request.url().startsWith(`${fleet.auth}/callback`) && seen.push(request.url()));
      return seen;
    };

    story('a login ends at the page that was asked for, with a cookie of this host alone', async () => {
      await page.goto(`${fleet.home}/private?x=1`);
      await passProvider(page, fleet.home);
      assert.deepEqual([page.url(), await hello()], [`${fleet.home}/private?x=1`, 'Hello alice']);
      const cookies = (await context.cookies(fleet.origin)).filter((cookie) => cookie.name.includes('rp-'));
      assert.deepEqual(cookies.map(({ name }) => name), ['__Host-rp-session']);
      const [{ secure, httpOnly, path, sameSite }] = cookies;
      assert.deepEqual({ secure, httpOnly, path, sameSite }, { secure: true, httpOnly: true, path: '/', sameSite: 'Lax' });
    });

    story('two tabs log in at once', async () => {
      const other = await context.newPage();
      await begin();
      await begin(other);
      await passProvider(page, fleet.home);
      await passProvider(other, fleet.home);
      assert.deepEqual([await hello(), await hello(other)], ['Hello alice', 'Hello alice']);
    });

    story('the back button and a callback that is opened again lead to the application', async () => {
      const seen = callbacks();
      await login();
      for (let steps = 0; steps < 5 && page.url() !== home(); steps += 1) await page.goBack();
      assert.equal(page.url(), home());
      await page.reload();
      assert.equal(await hello(), 'Hello alice');
      assert.equal(seen.length, 1);
      for (let times = 0; times < 2; times += 1) {
        await page.goto(seen[0]);
        assert.deepEqual([page.url(), await hello()], [home(), 'Hello alice']);
      }
      const stranger = await anew(browser);
      const refused = await (await stranger.newPage()).goto(seen[0]);
      assert.equal(refused.status(), 400);
      assert.deepEqual((await stranger.cookies(fleet.origin)).filter(({ name }) => name.includes('session')), []);
      await stranger.close();
    });

    story('a logout here is one at the provider', async () => {
      await login();
      await logout();
      await begin();
      await page.locator('input[name=login]').waitFor();
    });

    story('a logout at the provider is one here', async () => {
      await login();
      const other = await context.newPage();
      await other.goto(`${fleet.provider.issuer}/session/end`);
      await other.click('button[value=yes]');
      await other.waitForURL(/\/session\/end\/success/);
      await page.goto(home());
      assert.equal(await hello(), 'Hello nobody');
      assert.deepEqual(await found(page), []);
    });

    const posted = async () => {
      await login(LONG);
      await fleet.provider.control('requests');
      const refused = [];
      page.on('console', (message) => message.location().url.startsWith(fleet.origin) && refused.push(message.text()));
      const answered = page.waitForResponse(`${fleet.auth}/logout`);
      await page.click('text=Log out');
      const headers = (await answered).headers();
      assert.match(headers['content-security-policy'], /default-src 'none'; script-src 'sha256-/);
      return { refused };
    };
    const ended = async () => {
      await confirm(page, home());
      assert.equal(await hello(), 'Hello nobody');
      const asked = await fleet.provider.control('requests');
      assert.ok(asked.some(({ method, path }) => method === 'POST' && path === '/session/end'));
    };

    story('a logout too long for a URL is a page that posts itself, as its policy allows', async () => {
      const { refused } = await posted();
      await ended();
      assert.deepEqual(refused, []);
    });

    story('the page of such a logout has a button where no script runs', async () => {
      await posted();
      // axe is a script, too: it looks at a copy.
      const other = await anew(browser);
      const copy = await other.newPage();
      await copy.setContent((await page.content()).replace(/<script>.*?<\/script>/s, ''));
      assert.deepEqual(await found(copy), []);
      await other.close();
      await page.click('text=Continue');
      await ended();
    }, { javaScriptEnabled: false });

    story('a login that is denied ends on a page that says so, and another one succeeds', async () => {
      await begin();
      const answered = page.waitForResponse((response) => response.url().startsWith(`${fleet.auth}/callback`));
      await page.click('text=[ Cancel ]');
      assert.equal((await answered).status(), 403);
      assert.match(await page.locator('pre').textContent(), /access_denied|provider_error/);
      await login();
      assert.equal(await hello(), 'Hello alice');
    });
  });
}
