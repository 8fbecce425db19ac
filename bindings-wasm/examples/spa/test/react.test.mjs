// Applications in React, in StrictMode: the example, and one whose components suspend.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { passForms, pause, setUpSession } from './session_stage.mjs';

const EXAMPLE = fileURLToPath(new URL('../../react/src/', import.meta.url));
const SUSPENDING = fileURLToPath(new URL('react_page.jsx', import.meta.url));
const isToken = (request) => request === 'POST /token';

let stage;

for (const [version, react] of [['19', ''], ['18', '-18']]) {
  describe(`the example with React ${version}`, () => {
    before(async () => (stage = await setUpSession({ page: `${EXAMPLE}main.jsx`, react })));
    afterEach(async () => {
      assert.deepEqual(stage.errors.splice(0), []);
      await stage.op.control('up');
      await stage.renew();
      await stage.requests();
    });
    after(() => stage.close());

    const signedIn = async () => {
      const tab = await stage.open();
      await passForms(tab);
      await tab.getByText('Hello alice').waitFor();
      return tab;
    };

    test('sends who comes to the provider, and back, with one token request', async () => {
      const tab = await signedIn();
      assert.equal((await stage.requests()).filter(isToken).length, 1);
      assert.equal(tab.url(), stage.url);
    });

    test('shows who is signed in after a reload, also while the provider is down', async () => {
      const tab = await signedIn();
      await stage.requests();
      await tab.reload();
      await tab.getByText('Hello alice').waitFor();
      assert.deepEqual(await stage.requests(), []);
      await stage.op.control('down');
      await tab.reload();
      await tab.getByText('Hello alice').waitFor();
    });

    test('logs out in all tabs, and sends nobody to the provider who logged out', async () => {
      const tab = await signedIn();
      const other = await stage.open();
      await passForms(other);
      await other.getByText('Hello alice').waitFor();
      await tab.getByText('Log out').click();
      await other.getByText('Signed out').waitFor();
      await tab.click('button[name=logout]');
      await tab.getByText('Signed out').waitFor();
      await pause(300);
      assert.equal(other.url(), stage.url);
      await other.getByText('Log in').click();
      await other.waitForURL(/interaction/);
    });

    test('shows a login that failed, and does not try it again by itself', async () => {
      const tab = await stage.open(`/?error=access_denied&state=${'x'.repeat(43)}`);
      await tab.getByText('no login is in progress').waitFor();
      await pause(300);
      assert.equal(tab.url(), stage.url);
    });

    test('lets the user go back', async () => {
      const tab = await stage.open('/blank');
      await tab.goto(stage.url);
      await tab.waitForURL(/interaction/);
      while (tab.url() !== stage.url) await tab.goBack({ waitUntil: 'commit' });
      await tab.getByText('Log in').waitFor();
      await pause(300);
      assert.equal(tab.url(), stage.url);
    });
  });

  test(`components that suspend begin and answer one login, with React ${version}`, async () => {
    stage = await setUpSession({ page: SUSPENDING, storage: 'memory', react });
    try {
      const tab = await stage.open();
      await passForms(tab);
      await tab.locator('i', { hasText: 'alice' }).waitFor();
      await tab.locator('b', { hasText: 'alice' }).waitFor();
      assert.deepEqual(await tab.evaluate('seen'), ['alice', 'alice']);
      const requests = await stage.requests();
      assert.equal(requests.filter(isToken).length, 1);
      assert.equal(requests.filter((request) => request === 'GET /auth').length, 1);
      assert.deepEqual(stage.errors, []);
    } finally {
      await stage.close();
    }
  });
}

test('the example has at most 22 lines of the library’s', () => {
  const lines = ['session.js', 'main.jsx'].flatMap((file) => readFileSync(EXAMPLE + file, 'utf8').split('\n'));
  const own = lines.filter((line) => /relyingparty|RelyingParty|[sS]ession|Protected|claims|log(?:In|Out)|^ {2}\w+: |^\}\);/.test(line));
  assert.ok(own.length <= 22, `${own.length}:\n${own.join('\n')}`);
});
