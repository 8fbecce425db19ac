// What visitors of an application do, told once for all of them.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { ACCESS_TOKEN_SECS } from './fleet.mjs';
import { visitor } from './visitor.mjs';

const LOGINS = 20;
const EVIL = 'evil.example';
/** What a proxy would say of another host. Whoever visits can say so, too. */
const FORGED = {
  'X-Forwarded-Host': EVIL,
  'X-Forwarded-Server': EVIL,
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Port': '80',
  'X-Forwarded-Prefix': '/evil',
  'X-Original-URL': `https://${EVIL}/`,
  'Forwarded': `host=${EVIL};proto=http`,
};
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' };

const hello = (text) => /Hello (\w+)/.exec(text)?.[1] ?? text;
const begin = (fleet, browser, login, page = '/private') =>
  browser.login(`${fleet.auth}/login?return_to=${encodeURIComponent(fleet.prefix + page)}`, `${fleet.auth}/callback`, login);
const who = async (fleet, browser, page = '/') => hello((await browser.follow(fleet.home + page)).text);

/** From a page for users through the provider and back to it, on, and out again here and there. */
async function visits(fleet, browser) {
  assert.equal(await who(fleet, browser), 'nobody');
  const page = `${fleet.home}/private?x=1&y=%2F`;
  const back = await browser.login(page, `${fleet.auth}/callback`);
  const landed = await browser.follow(back);
  assert.deepEqual([landed.url, landed.status, hello(landed.text)], [page, 200, 'alice']);
  assert.equal(await who(fleet, browser), 'alice');
  const out = await browser.open(`${fleet.auth}/logout`, {}, { origin: fleet.origin, ...SAME_ORIGIN });
  assert.equal(new URL(out.location).origin, fleet.provider.issuer);
  assert.equal(await who(fleet, browser), 'nobody');
  const returned = await browser.logout(out.location, `${fleet.auth}/logged-out`);
  const left = await browser.follow(returned);
  assert.deepEqual([left.url, hello(left.text)], [`${fleet.home}/`, 'nobody']);
}

/** That each cookie of the application is for this host over TLS alone. */
function areOfThisHost(fleet, answers) {
  const set = answers.filter(({ url }) => url.startsWith(fleet.origin)).flatMap(({ cookies }) => cookies);
  assert.ok(set.some((line) => /^__Host-rp-session=/.test(line)));
  for (const line of set.filter((line) => !/^(?:sessionid|csrftoken)=/.test(line))) {
    assert.match(line, /^__Host-rp-/);
    for (const attribute of ['Secure', 'HttpOnly', 'Path=/', 'SameSite=(?:Lax|Strict|None)']) assert.match(line, new RegExp(`; ${attribute}(?:;|$)`, 'i'));
    assert.doesNotMatch(line, /; Domain=/i);
  }
  // Django takes its own back without the attribute.
  for (const line of set.filter((line) => !/; Max-Age=0/i.test(line))) assert.match(line, /; Secure(?:;|$)/i);
}

export const STORIES = {
  async 'a login, a visit and a logout below a path, with cookies of this host alone'(fleet) {
    const browser = visitor();
    await visits(fleet, browser);
    areOfThisHost(fleet, browser.answers);
    assert.deepEqual(browser.cookies.filter((name) => name.includes('rp-')), []);
  },

  async 'what a visitor says of hosts, schemes and paths changes nothing'(fleet) {
    const browser = visitor(FORGED);
    await visits(fleet, browser);
    areOfThisHost(fleet, browser.answers);
    const leads = browser.answers.map(({ url, location }) => location && new URL(location, url)).filter(Boolean);
    const origins = [...new Set(leads.map(({ origin }) => origin))].sort();
    assert.deepEqual(origins, [fleet.origin, fleet.provider.issuer].sort());
    assert.deepEqual(leads.filter(({ href }) => href.includes('evil')), []);
  },

  async 'each of twenty logins succeeds, whichever worker is asked'(fleet) {
    const browsers = Array.from({ length: LOGINS }, () => visitor());
    const at = (browser, route) => browser.answers.find(({ url }) => url.startsWith(`${fleet.auth}/${route}`)).worker;
    let next = 0;
    const log = async () => {
      for (let mine = next++; mine < LOGINS; mine = next++) {
        const landed = await browsers[mine].follow(await begin(fleet, browsers[mine], `user${mine}`));
        assert.equal(hello(landed.text), `user${mine}`);
      }
    };
    await Promise.all([log(), log(), log(), log()]);
    const crossed = browsers.filter((browser) => at(browser, 'login') !== at(browser, 'callback'));
    assert.ok(crossed.length > 0, 'some login ends at another worker than it began at');
    const workers = new Set(browsers.flatMap(({ answers }) => answers.map(({ worker }) => worker)).filter(Boolean));
    assert.equal(workers.size, 2);
    const names = await Promise.all(browsers.map((browser) => who(fleet, browser, '/private')));
    assert.deepEqual(names, browsers.map((_, index) => `user${index}`));
  },

  async 'workers that are killed and started anew lose nobody'(fleet) {
    const browser = visitor();
    const back = await begin(fleet, browser);
    await fleet.restart();
    assert.equal(hello((await browser.follow(back)).text), 'alice');
    await fleet.restart();
    assert.equal(await who(fleet, browser), 'alice');
    assert.equal(await who(fleet, browser, '/private'), 'alice');
  },
};

/** Those of applications whose sessions a store keeps. */
export const STORED = {
  async 'a session that is due is refreshed by one token request, however many ask both workers'(fleet) {
    const browser = visitor();
    await browser.follow(await begin(fleet, browser));
    await pause((ACCESS_TOKEN_SECS + 0.2) * 1000);
    await fleet.provider.control('requests');
    browser.answers.length = 0;
    const names = await Promise.all(Array.from({ length: LOGINS }, () => who(fleet, browser, '/private')));
    assert.deepEqual(new Set(names), new Set(['alice']));
    const asked = await fleet.provider.control('requests');
    assert.equal(asked.filter(({ path }) => path === '/token').length, 1);
    assert.equal(new Set(browser.answers.map(({ worker }) => worker)).size, 2);
  },

  async 'a logout at the provider ends the session of both workers'(fleet) {
    const browser = visitor();
    await browser.follow(await begin(fleet, browser));
    const over = `${fleet.provider.issuer}/session/end`;
    await browser.logout(over, `${over}/success`);
    assert.deepEqual([await who(fleet, browser), await who(fleet, browser)], ['nobody', 'nobody']);
  },
};
