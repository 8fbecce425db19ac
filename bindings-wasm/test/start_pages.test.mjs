// The pages of docs/start: what they print, started as they say, logs in.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Browser, startProvider } from './op.mjs';
import { freePort } from './redis_server.mjs';

const PAGES = fileURLToPath(new URL('../../docs/start/', import.meta.url));
const snippet = (page) => /^```js\n([^]*?)^```/m.exec(readFileSync(`${PAGES}${page}.md`, 'utf8'))[1];

describe('an application of one file', () => {
  const folder = mkdtempSync(fileURLToPath(new URL('.start-pages-', import.meta.url)));
  let provider;
  before(async () => {
    provider = await startProvider();
  });
  after(() => {
    provider?.stop();
    rmSync(folder, { recursive: true });
  });

  for (const page of ['express', 'fastify', 'fetch', 'node']) {
    test(page, async (t) => {
      const port = await freePort();
      const home = `http://localhost:${port}`;
      const { client_id, client_secret } = await provider.control('register', {
        redirect_uris: [`${home}/auth/callback`],
      });
      const here = [
        ['https://app.example', home],
        ['https://op.example', provider.issuer],
        ["'my-client',", `'${client_id}', allow_insecure_loopback: true,`],
        ...(page === 'node' ? [] : [['3000', `${port}`]]),
      ];
      const code = here.reduce((text, [printed, own]) => {
        assert.ok(text.includes(printed), `${page} has no ${printed}`);
        return text.replace(printed, own);
      }, snippet(page));
      const file = join(folder, `${page}.mjs`);
      writeFileSync(file, code);
      const own = { OIDC_CLIENT_SECRET: client_secret, SESSION_KEY: randomBytes(32).toString('hex'), PORT: `${port}` };
      const server = spawn(process.execPath, [file], { env: { ...process.env, ...own }, stdio: ['ignore', 'ignore', 'inherit'] });
      t.after(() => server.kill());
      for (let tries = 0; !(await fetch(home).catch(() => false)); tries += 1) {
        assert.ok(tries < 100, 'it does not start');
        await pause(100);
      }
      const browser = new Browser();
      const back = await browser.login(`${home}/auth/login`, `${home}/auth/callback`);
      assert.equal((await browser.open(back)).location, '/');
      const { status, text } = await browser.open(`${home}/`);
      assert.equal(status, 200);
      assert.match(text, /alice/);
    });
  }
});
