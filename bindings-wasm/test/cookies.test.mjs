// The cookies of logins in progress, as a server reads and clears them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as node from '../dist/node/entry_node.js';
import * as full from '../dist/full/entry_node.js';
import * as small from '../dist/small/entry_web.js';
import { ISSUER, NOW, REGISTRATION, memoryProvider } from './memory_provider.mjs';

const party = (rp) =>
  new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: memoryProvider().transport,
    clock: () => NOW,
  });
/** The `name=value` of a Set-Cookie header. */
const pair = (setCookie) => setCookie.split(';', 1)[0];
const callbackOf = ({ url }) => `https://app.example/cb?code=c&state=${new URL(url).searchParams.get('state')}`;

for (const [name, rp] of Object.entries({ node, full })) {
  describe(name, () => {
    test('a login gives its browser a cookie that the callback finds', async () => {
      const login = await party(rp).authorize();
      const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600';
      assert.equal(login.set_cookie, `${login.cookie_name}=${login.id}; ${attributes}`);
      const cookies = new rp.LoginCookies(`session=1; ${pair(login.set_cookie)}; theme=dark`);
      const back = callbackOf(login);
      for (const response of [back, new URL(back), new URL(back).search, rp.CallbackParams.parse(back)]) {
        assert.equal(cookies.id(response), login.id);
        assert.deepEqual(cookies.ended(response), [login.cookie_name]);
      }
      assert.deepEqual(cookies.surplus(), []);
      assert.equal(
        rp.clearCookie(login.cookie_name),
        `${login.cookie_name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`,
      );
    });

    test('a form post finds its cookie by the parameters of its body', async () => {
      const login = await party(rp).authorize({ response_mode: 'form_post' });
      assert.match(login.set_cookie, /; SameSite=None;/);
      const body = new URL(callbackOf(login)).search.slice(1);
      const cookies = new rp.LoginCookies(pair(login.set_cookie));
      assert.equal(cookies.id(rp.CallbackParams.parseFormPost(body)), login.id);
    });

    test('u2_however_often_a_page_begins_a_login_eight_cookies_stay', async () => {
      const relying = party(rp);
      let browser = [];
      for (let number = 0; number < 100; number += 1) {
        const cleared = new rp.LoginCookies(browser.join('; ')).surplus();
        const { set_cookie } = await relying.authorize();
        browser = [...browser.filter((cookie) => !cleared.includes(cookie.split('=', 1)[0])), pair(set_cookie)];
        assert.ok(browser.length <= 8);
        assert.equal(browser.at(-1), pair(set_cookie));
      }
      assert.equal(browser.length, 8);
    });

    test('u2_a_browser_that_comes_with_a_hundred_is_relieved_of_all_but_the_newest', async () => {
      const relying = party(rp);
      const logins = [];
      for (let number = 0; number < 100; number += 1) logins.push(await relying.authorize());
      const cookies = new rp.LoginCookies(logins.map(({ set_cookie }) => pair(set_cookie)).join('; '));
      const names = logins.map(({ cookie_name }) => cookie_name);
      assert.deepEqual(cookies.surplus().toSorted(), names.slice(0, 93).toSorted());
      const ended = cookies.ended(callbackOf(logins[99]));
      assert.deepEqual(ended.toSorted(), [...names.slice(0, 91), names[99]].toSorted());
    });

    test('u7_what_is_not_an_id_is_none', async () => {
      const login = await party(rp).authorize();
      for (const id of ['', '*', 'session:alice', '../../x', `${login.id}=`, 'a'.repeat(100_000)]) {
        const cookies = new rp.LoginCookies(`${login.cookie_name}=${id}`);
        assert.equal(cookies.id(callbackOf(login)), undefined);
        assert.deepEqual(cookies.surplus(), [login.cookie_name]);
      }
    });

    test('a request without cookies has none', async () => {
      const login = await party(rp).authorize();
      for (const header of [undefined, null, '', ';;=;', 'a=b']) {
        const cookies = new rp.LoginCookies(header);
        assert.deepEqual([cookies.id(callbackOf(login)), cookies.ended(callbackOf(login))], [undefined, []]);
      }
    });

    test('what is of another type is a TypeError, and what cannot be read belongs to no login', () => {
      for (const value of [1, {}, [], new Map()]) {
        assert.throws(() => new rp.LoginCookies(value), TypeError);
        assert.throws(() => rp.clearCookie(value), TypeError);
        assert.throws(() => new rp.LoginCookies('').id(value), TypeError);
        assert.throws(() => new rp.LoginCookies('').ended(value), TypeError);
      }
      for (const unreadable of ['?state=a&state=b', '?state=%', `?state=${'a'.repeat(100_000)}`]) {
        const cookies = new rp.LoginCookies('a=b');
        assert.deepEqual([cookies.id(unreadable), cookies.ended(unreadable)], [undefined, []]);
      }
    });

    test('f7_the_cookie_is_there_for_who_asks_by_name', async () => {
      const login = await party(rp).authorize();
      for (const shown of [inspect(login), JSON.stringify(login), JSON.stringify({ ...login })])
        assert.ok(!shown.includes(login.id));
      const cookies = new rp.LoginCookies(pair(login.set_cookie));
      assert.ok(!inspect(cookies, { showHidden: true, depth: 9 }).includes(login.id));
    });
  });
}

test('the build for browsers has nothing for servers', () => {
  assert.equal(small.LoginCookies, undefined);
  assert.equal(small.clearCookie, undefined);
  assert.equal(typeof small.CallbackParams, 'function');
});
