// A page that asks a provider's frame whether the end user is still logged in there, in Chromium.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { buildSync } from 'esbuild';
import { chromium } from 'playwright-core';

import { CHROMIUM, QUIET } from './stage.mjs';

/** A provider's frame as OIDC Session Management 1.0 3.2 has it, but that the state comes from the server. */
const FRAME = `<!doctype html><script>
addEventListener('message', async ({ data, source, origin }) => {
  const [client, state, ...more] = String(data).split(' ');
  const now = await (await fetch('/state')).text();
  const answer = !state || more.length ? 'error' : client + ' ' + state === now ? 'unchanged' : 'changed';
  source.postMessage(answer, origin);
});
</script>`;
const PAGE = '<!doctype html><meta charset="utf-8"><title>-</title><body><script type="module" src="/page.js"></script>';

describe('the state of the end user’s session at the provider', { timeout: 60_000 }, () => {
  let browser;
  let page;
  let frame;
  let state = 'client the-state.salt';
  let asked = 0;
  const servers = [];

  async function serve(answer) {
    const server = createServer((request, response) => {
      const [type, body] = answer(request.url);
      response.writeHead(200, { 'content-type': type }).end(body);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${server.address().port}`;
  }

  before(async () => {
    const { outputFiles } = buildSync({
      stdin: {
        contents: "import { watchProviderSession } from 'relyingparty/session'; globalThis.watch = watchProviderSession;",
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      bundle: true,
      format: 'esm',
      write: false,
    });
    const origin = await serve((path) => (path === '/page.js' ? ['text/javascript', outputFiles[0].text] : ['text/html', PAGE]));
    const provider = await serve((path) => {
      if (path !== '/state') return ['text/html', FRAME];
      asked += 1;
      return ['text/plain', state];
    });
    frame = `${provider}/check`;
    browser = await chromium.launch({ executablePath: CHROMIUM.find((path) => path && existsSync(path)), args: QUIET });
    page = await browser.newPage();
    await page.goto(origin);
    await page.waitForFunction(() => globalThis.watch);
  });

  after(async () => {
    await browser?.close();
    for (const server of servers) server.close().closeAllConnections();
  });

  /** Begins to watch; the page's `told` has what it was told. */
  const watch = (session_state) =>
    page.evaluate(
      ([check_session_iframe, session_state]) => {
        globalThis.told = [];
        const changed = (answer) => globalThis.told.push(answer);
        globalThis.stop = watch({ check_session_iframe, client_id: 'client', session_state, changed, interval_secs: 1 });
      },
      [frame, session_state],
    );
  const frames = () => page.evaluate(() => document.querySelectorAll('iframe').length);

  test('is asked for again and again, and told once when it is another', async () => {
    state = 'client the-state.salt';
    asked = 0;
    await watch('the-state.salt');
    await page.waitForTimeout(2_500);
    assert.ok(asked >= 2, `asked ${asked} times`);
    assert.deepEqual(await page.evaluate(() => told), []);
    state = 'client another.salt';
    await page.waitForFunction(() => told.length > 0);
    assert.deepEqual([await page.evaluate(() => told), await frames()], [['changed'], 0]);
    const before = asked;
    await page.waitForTimeout(1_500);
    assert.equal(asked, before, 'it is over');
  });

  test('s23_it is no longer asked for when nobody wants to know it, and nobody else is believed', async () => {
    state = 'client the-state.salt';
    await watch('the-state.salt');
    await page.evaluate(() => postMessage('changed', '*'));
    await page.waitForTimeout(300);
    assert.deepEqual([await page.evaluate(() => told), await frames()], [[], 1]);
    await page.evaluate(() => stop());
    assert.equal(await frames(), 0);
  });

  test('is refused where the question could not be asked', async () => {
    const code = (options) =>
      page.evaluate((options) => {
        try {
          watch({ check_session_iframe: 'https://op.example/check', client_id: 'c', session_state: 's', changed() {}, ...options });
        } catch ({ code, details }) {
          return `${code} ${details.member}`;
        }
      }, options);
    assert.equal(await code({ check_session_iframe: 'http://op.example/check' }), 'invalid_options check_session_iframe');
    for (const scheme of ['javascript://localhost/%0aalert(1)', 'blob:http://localhost/x', 'blob:https://op.example/x', 'data:text/html,x'])
      assert.equal(await code({ check_session_iframe: scheme }), 'invalid_options check_session_iframe', scheme);
    assert.equal(await code({ session_state: 'a b' }), 'invalid_options session_state');
    assert.equal(await code({ client_id: '' }), 'invalid_options client_id');
    assert.equal(await code({ interval_secs: 0 }), 'invalid_options interval_secs');
  });
});
