// The single page in Chromium, its tokens bound to a key that cannot leave the browser (RFC 9449).

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { passProvider, setUp, shows, startSignIn } from './stage.mjs';

let stage;
before(async () => (stage = await setUp({ dpop: true })));
after(() => stage.close());
afterEach(async () => {
  await stage.forgetEverything();
  assert.deepEqual(stage.errors.splice(0), []);
});

const stored = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem('session')));
/** What is in the page's IndexedDB, and whether it can be exported. */
const held = (page) =>
  page.evaluate(async () => {
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const database = await done(indexedDB.open('relyingparty-dpop'));
    const { privateKey, publicKey } = await done(database.transaction('keys').objectStore('keys').get('dpop'));
    database.close();
    const { extractable, algorithm, usages } = privateKey;
    const exported = await crypto.subtle.exportKey('pkcs8', privateKey).then(
      () => 'exported',
      ({ name }) => name,
    );
    return { extractable, curve: algorithm.namedCurve, usages, exported, jwk: await crypto.subtle.exportKey('jwk', publicKey) };
  });
const answered = async (path) =>
  (await stage.op.control('requests'))
    .filter(({ method, ...request }) => method !== 'OPTIONS' && request.path === path)
    .map(({ status }) => status);

test('signs in, asks UserInfo and refreshes, over a reload, with a key that is made once', async () => {
  const page = await stage.tab();
  const loaded = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname.split('/').pop()));
  const [authorization] = await Promise.all([page.waitForRequest(/\/auth\?/), startSignIn(page)]);
  const jkt = new URL(authorization.url()).searchParams.get('dpop_jkt');
  await stage.op.control('requests');
  await passProvider(page);
  assert.deepEqual(await answered('/token'), [400, 200], 'a nonce costs one round trip');

  const session = await stored(page);
  assert.deepEqual([session.token_type, session.dpop_jkt], ['DPoP', jkt]);
  const { jwk, ...key } = await held(page);
  assert.deepEqual(key, { extractable: false, curve: 'P-256', usages: ['sign'], exported: 'InvalidAccessError' });
  assert.equal(await thumbprint(jwk), jkt);
  const modules = loaded.filter((name) => /^module/.test(name)).map((name) => name.replace(/-.*/, ''));
  assert.deepEqual([...new Set(modules)], ['module_signing'], 'the page loads one module');

  await page.click('#ask');
  await page.getByText('alice@example.test').waitFor();
  await page.reload();
  await shows(page, 'signed-in');
  await page.click('#refresh');
  await page.waitForFunction(
    (old) => JSON.parse(sessionStorage.getItem('session')).refresh_token !== old,
    session.refresh_token,
  );
  await shows(page, 'signed-in');
  assert.equal((await stored(page)).dpop_jkt, jkt);
  await page.click('#ask');
  await page.getByText('alice@example.test').waitFor();

  const stolen = { headers: { authorization: `Bearer ${(await stored(page)).access_token}` } };
  assert.equal((await fetch(`${stage.op.issuer}/me`, stolen)).status, 401);
});

test('a browser that forgot the key ends the session, and signs in again with another', async () => {
  const page = await stage.tab();
  await startSignIn(page);
  await passProvider(page);
  const { dpop_jkt } = await stored(page);
  await page.evaluate(() => new Promise((resolve) => (indexedDB.deleteDatabase('relyingparty-dpop').onsuccess = resolve)));
  await page.reload();
  await shows(page, 'signed-in');
  await page.click('#refresh');
  await shows(page, 'failed');
  assert.equal(await page.textContent('#code'), 'dpop_key_mismatch');
  await page.click('#sign-in');
  await passProvider(page);
  assert.notEqual((await stored(page)).dpop_jkt, dpop_jkt);
});

async function thumbprint({ crv, kty, x, y }) {
  const text = new TextEncoder().encode(JSON.stringify({ crv, kty, x, y }));
  return Buffer.from(await crypto.subtle.digest('SHA-256', text)).toString('base64url');
}
