// The single page in Chromium, against the certified provider.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { Browser } from '../../../test/op.mjs';
import { passProvider, setUp, shows, startSignIn } from './stage.mjs';

let stage;
before(async () => (stage = await setUp()));
after(() => stage.close());
afterEach(async () => {
  await stage.forgetEverything();
  assert.deepEqual(stage.errors.splice(0), []);
});

async function signedIn() {
  const page = await stage.tab();
  await startSignIn(page);
  await passProvider(page);
  return page;
}

const stored = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem('session')));
/** What is stored, by its names; marks left out: what they hold is looked at here. */
const names = async (page) => {
  const entries = await page.evaluate(() => Object.entries(sessionStorage));
  const isMark = ([name, text]) => name.startsWith('relyingparty-login-') && 'fate' in JSON.parse(text);
  for (const [, text] of entries.filter(isMark)) {
    const { fate, expires_at, ...more } = JSON.parse(text);
    assert.ok(['used', 'expired'].includes(fate) && Number.isFinite(expires_at));
    assert.deepEqual(more, {}, 'a mark says what became of the login, and nothing of it');
  }
  return entries.filter((entry) => !isMark(entry)).map(([name]) => name).sort();
};

test('signs in, with every check of the ID token passed', async () => {
  const page = await signedIn();
  assert.equal(await page.textContent('#sub'), 'alice');
  const claims = await page.locator('.claims').first().innerText();
  assert.ok(claims.includes(stage.op.issuer));
  const passed = await page.locator('.trace li.passed b').allInnerTexts();
  for (const check of ['state', 'response_iss', 'iss', 'aud', 'exp', 'nonce', 'key', 'signature'])
    assert.ok(passed.includes(check), check);
  assert.equal(await page.locator('.trace li.failed').count(), 0);
});

test('leaves neither code nor state in the address, nor a pending login behind', async () => {
  const page = await signedIn();
  assert.equal(page.url(), stage.url);
  assert.deepEqual(await names(page), ['session']);
});

test('shows what UserInfo says', async () => {
  const page = await signedIn();
  await page.click('#ask');
  await page.getByText('alice@example.test').waitFor();
});

test('keeps the session over a reload, its ID token verified again', async () => {
  const page = await signedIn();
  await stage.op.control('requests');
  await page.reload();
  await shows(page, 'signed-in');
  assert.equal(await page.textContent('#sub'), 'alice');
  const paths = (await stage.op.control('requests')).map(({ path }) => path);
  assert.ok(paths.includes('/jwks') && !paths.includes('/token'), paths.join());
});

test('a session that was tampered with does not come back', async () => {
  const page = await signedIn();
  await page.evaluate(() => {
    const session = JSON.parse(sessionStorage.getItem('session'));
    const [header, , signature] = session.id_token.split('.');
    const claims = JSON.parse(atob(session.id_token.split('.')[1]));
    const forged = btoa(JSON.stringify({ ...claims, sub: 'mallory' })).replaceAll('=', '');
    sessionStorage.setItem(
      'session',
      JSON.stringify({ ...session, id_token: [header, forged, signature].join('.') }),
    );
  });
  await page.reload();
  await shows(page, 'failed');
  assert.equal(await page.textContent('#code'), 'bad_signature');
  assert.deepEqual(await names(page), []);
});

test('a second tab has a login of its own', async () => {
  const first = await signedIn();
  const second = await stage.tab('signed-out');
  await second.click('#sign-in');
  await passProvider(second);
  assert.notEqual((await stored(first)).access_token, (await stored(second)).access_token);
  await second.evaluate(() => sessionStorage.clear());
  await first.reload();
  await shows(first, 'signed-in');
});

test('two tabs that log in at the same time do not disturb each other', async () => {
  const [first, second] = [await stage.tab(), await stage.tab()];
  await startSignIn(first);
  await startSignIn(second);
  await passProvider(second);
  await passProvider(first);
  for (const page of [first, second]) assert.deepEqual(await names(page), ['session']);
});

test('a denied consent is a page of its own, from which one can try again', async () => {
  const page = await stage.tab();
  await startSignIn(page);
  await page.getByText('[ Cancel ]').click();
  await shows(page, 'failed');
  assert.equal(await page.textContent('#code'), 'provider_error');
  assert.match(await page.textContent('#provider-says'), /access_denied/);
  assert.equal(page.url(), stage.url);
  await startSignIn(page);
  await passProvider(page);
});

test('an answer that no login of this tab asked for is refused', async () => {
  const page = await stage.tab();
  await page.goto(`${stage.url}?code=stolen&state=${'x'.repeat(43)}`);
  await shows(page, 'failed');
  assert.equal(await page.textContent('#code'), 'no_pending_login');
});

test('a_callback_that_belongs_to_no_login_changes_nothing', async () => {
  const page = await signedIn();
  const before = await stored(page);
  const links = {
    '?error=1': 'state_missing',
    '?code=x': 'state_missing',
    [`?error=access_denied&state=${'x'.repeat(43)}`]: 'no_pending_login',
    '?code=x&state=x&state=y': 'callback_duplicate',
  };
  for (const [link, code] of Object.entries(links)) {
    await page.goto(stage.url + link);
    await shows(page, 'failed');
    assert.equal(await page.textContent('#code'), code);
    assert.equal(page.url(), stage.url);
    assert.deepEqual(await stored(page), before);
    await page.click('#home');
    await shows(page, 'signed-in');
  }
});

test('e1_an_answer_counts_in_the_tab_that_asked_and_nowhere_else', async () => {
  const [first, second] = [await stage.tab(), await stage.tab()];
  const [authorization] = await Promise.all([first.waitForRequest(/\/auth\?/), startSignIn(first)]);
  const answer = await new Browser().login(authorization.url(), stage.url);
  await second.goto(answer);
  await shows(second, 'failed');
  assert.equal(await second.textContent('#code'), 'no_pending_login');
  await first.goto(answer);
  await shows(first, 'signed-in');
  await first.goto(answer);
  await shows(first, 'failed');
  assert.equal(await first.textContent('#code'), 'no_pending_login');
});

test('refreshes, twice, with a refresh token that rotates', async () => {
  const page = await signedIn();
  const tokens = [await stored(page)];
  for (let turn = 0; turn < 2; turn += 1) {
    await page.click('#refresh');
    await page.waitForFunction(
      (old) => JSON.parse(sessionStorage.getItem('session')).refresh_token !== old,
      tokens.at(-1).refresh_token,
    );
    await shows(page, 'signed-in');
    tokens.push(await stored(page));
  }
  assert.equal(new Set(tokens.map(({ refresh_token }) => refresh_token)).size, 3);
  assert.equal(await page.textContent('#sub'), 'alice');
});

test('signs out here and at the provider', async () => {
  const page = await signedIn();
  await page.click('#sign-out');
  await page.click('button[name=logout]');
  await shows(page, 'signed-out');
  assert.equal(page.url(), stage.url);
  assert.deepEqual(await names(page), []);
  await page.reload();
  await shows(page, 'signed-out');
  await startSignIn(page);
  assert.equal(await page.locator('input[name=login]').count(), 1);
});

test('a provider that is away is said to be, and the session survives it', async () => {
  const page = await signedIn();
  await stage.op.control('down');
  await page.reload();
  await shows(page, 'failed');
  assert.equal(await page.textContent('#code'), 'unreachable');
  await stage.op.control('up');
  await page.reload();
  await shows(page, 'signed-in');
});
