// Keycloak ends the sessions of an application that is two processes on one Redis: `cargo ci keycloak`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import process from 'node:process';

import { become, startWorkers } from '../../bindings-wasm/test/workers.mjs';
import { Browser, told } from './browser.mjs';

const about = JSON.parse(process.env.RP_TEST_KEYCLOAK ?? '{}');
const skip = about.issuer ? false : 'needs Keycloak: cargo ci keycloak';

test('Keycloak ends the sessions of two workers', { skip }, async (t) => {
  const { base_url, client_id, client_secret } = about.two_workers;
  const { origins, stop } = await startWorkers(base_url, { issuer: about.issuer, client_id, client_secret });
  t.after(stop);
  const pages = (browser) => Promise.all(origins.map((origin) => browser.open(`${origin}/`)));
  const loggedIn = async () => {
    const browser = new Browser();
    await browser.open(await browser.follow(`${base_url}/login`, `${base_url}/callback`));
    return browser;
  };
  const [one, other] = [await loggedIn(), await loggedIn()];
  const [hello, same] = await pages(one);
  assert.match(hello, /^Hello (?!nobody)/);
  assert.equal(same, hello);
  assert.deepEqual(await pages(other), [hello, hello]);

  // In one browser, at Keycloak itself.
  const page = await one.open(`${about.issuer}/protocol/openid-connect/logout`);
  const [, action] = /<form[^>]* action="([^"]+)"/.exec(page);
  const [, session_code] = /name="session_code" value="([^"]+)"/.exec(page);
  await one.open(new URL(action.replaceAll('&amp;', '&'), about.issuer).href, { session_code });
  assert.ok(await become(() => pages(one), 'Hello nobody'));
  assert.deepEqual(await pages(other), [hello, hello]);

  // By the administrator, in all of them.
  await told(about, 'logout', { user: 'alice' });
  assert.ok(await become(() => pages(other), 'Hello nobody'));
  assert.deepEqual(await pages(await loggedIn()), [hello, hello]);
});
