// The example of a web application, as one process and as two over one Redis.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Browser, startProvider } from './op.mjs';
import { freePort, startRedis } from './redis_server.mjs';

const EXAMPLE = fileURLToPath(new URL('../examples/server.mjs', import.meta.url));

let provider;
let redis;
before(async () => ([provider, redis] = await Promise.all([startProvider(), startRedis()])));
after(async () => {
  provider?.stop();
  await redis?.stop();
});

for (const processes of [1, 2]) {
  test(`${processes} of it: logs in, shows claims, logs out`, async (t) => {
    const ports = [await freePort(), await freePort()].slice(0, processes);
    const [home, other = home] = ports.map((port) => `http://localhost:${port}`);
    const { client_id, client_secret } = await provider.control('register', {
      redirect_uris: [`${home}/auth/callback`],
      post_logout_redirect_uris: [`${home}/auth/logged-out`],
    });
    const env = {
      ...process.env,
      ...{ APP_URL: home, OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: client_id, OIDC_CLIENT_SECRET: client_secret },
      SESSION_KEY: randomBytes(32).toString('hex'),
      ...(processes > 1 && { REDIS_URL: redis.url }),
    };
    for (const PORT of ports) {
      const server = fork(EXAMPLE, { env: { ...env, PORT }, silent: true });
      t.after(() => server.kill());
      for (let tries = 0; !(await fetch(`http://localhost:${PORT}`).catch(() => undefined)); tries += 1) {
        assert.ok(tries < 100, 'it does not start');
        await pause(100);
      }
    }
    const browser = new Browser();
    assert.match((await browser.open(home)).text, /<a href="[^"]+\/auth\/login\?return_to=%2F">Log in/);
    const back = await browser.login(`${home}/auth/login?return_to=/me`, `${home}/auth/callback`);
    assert.equal((await browser.open(back)).location, '/me');
    for (const at of [home, other]) assert.match((await browser.open(`${at}/me`)).text, /Hello Alice Example/);
    const logout = await browser.open(`${other}/auth/logout`, {}, { 'sec-fetch-site': 'same-origin' });
    assert.equal((await browser.open(home)).text.includes('Your page'), false);
    const returned = await browser.logout(logout.location, `${home}/auth/logged-out`);
    assert.equal((await browser.open(returned)).location, '/');
    const denied = await new Browser().open(back);
    assert.equal(denied.status, 400);
    assert.match(denied.text, /That did not work.*no login is in progress/);
  });
}
