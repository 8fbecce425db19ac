// What a callback is told that finds no login, what stores remember for that, and the cookie of a login at localhost.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as node from '../dist/node/entry_node.js';
import * as full from '../dist/full/entry_node.js';
import * as small from '../dist/small/entry_manual.js';
import { ISSUER, NOW, REGISTRATION, idToken, jsonReply, memoryProvider } from './memory_provider.mjs';

const LOCAL = 'http://localhost:8000/cb';

/** A relying party and its provider: `begin()` yields a login and the URL with which its browser comes back. */
function world(rp, options = {}) {
  const provider = memoryProvider();
  const party = new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: provider.transport,
    clock: () => NOW,
    ...options,
  });
  const begin = async (request = {}) => {
    const login = await party.authorize(request);
    const { searchParams } = new URL(login.url);
    const reply = { access_token: 'a', token_type: 'Bearer', id_token: idToken({ nonce: searchParams.get('nonce') }) };
    provider.replies.token = () => jsonReply(reply);
    const redirect = searchParams.get('redirect_uri');
    return { login, back: `${redirect}?code=c&state=${searchParams.get('state')}` };
  };
  return { provider, party, begin };
}

/** The error of a call, which is one of the callback's. */
async function refusal(call) {
  const error = await call.then(assert.fail, (thrown) => thrown);
  assert.equal(error.category, 'Callback', inspect(error));
  assert.equal(error.retryable, false);
  return error;
}

async function cause(call) {
  const { code, details } = await refusal(call);
  return code === 'no_pending_login' ? details.reason : code;
}

/** A user's own store of two methods, and what it was asked. */
function twoMethods() {
  const kept = new Map();
  const asked = [];
  const store = {
    put: async ({ id, pending }) => {
      asked.push('put');
      kept.set(id, pending);
    },
    take: async ({ id }) => {
      asked.push('take');
      const pending = kept.get(id) ?? null;
      kept.delete(id);
      return pending;
    },
  };
  return { kept, asked, store };
}

/** The `name=value` of a Set-Cookie header. */
const pair = (setCookie) => setCookie.split(';', 1)[0];

for (const [build, rp] of Object.entries({ node, full })) {
  const cookiesOf = (...headers) => new rp.LoginCookies(headers.join('; '));

  describe(`no_pending_login: ${build}`, () => {
    test('what the browser sends tells the causes apart', async () => {
      const { party, begin } = world(rp);
      const other = await begin();
      const mine = await begin();
      const steps = new Map();
      for (const [held, reason] of [
        [undefined, 'id_missing'],
        [null, 'id_missing'],
        ['', 'id_missing'],
        ['session:alice', 'id_malformed'],
        [7, 'id_malformed'],
        [{}, 'id_malformed'],
        [[mine.login.id], 'id_malformed'],
        ['a'.repeat(43), 'not_in_store'],
        [cookiesOf(), 'no_cookie'],
        [cookiesOf('theme=dark'), 'no_cookie'],
        [cookiesOf(pair(other.login.set_cookie)), 'other_cookies'],
        [cookiesOf(`${mine.login.cookie_name}=x`), 'id_malformed'],
        [cookiesOf(`${mine.login.cookie_name}=${'a'.repeat(43)}`), 'not_in_store'],
      ]) {
        const error = await refusal(party.callback(mine.back, held));
        assert.deepEqual([error.code, error.details], ['no_pending_login', { reason }]);
        steps.set(reason, error.message.split('; ').slice(1).join('; '));
      }
      assert.equal(new Set(steps.values()).size, steps.size);
      assert.match(steps.get('id_missing'), /LoginCookies/);
      assert.match(steps.get('no_cookie'), /set_cookie/);
      const atHttp = mine.back.replace('https:', 'http:');
      assert.equal(await cause(party.callback(atHttp, cookiesOf())), 'plain_http');
      const all = cookiesOf('theme=dark', pair(other.login.set_cookie), pair(mine.login.set_cookie));
      assert.equal((await party.callback(mine.back, all)).claims.sub, 'alice');
    });

    test('a form that is posted finds its login by the cookies', async () => {
      const { party, begin } = world(rp);
      const { login, back } = await begin({ response_mode: 'form_post' });
      const body = back.split('?')[1];
      assert.equal(await cause(party.callbackFormPost(body, cookiesOf())), 'no_cookie');
      const session = await party.callbackFormPost(body, cookiesOf(pair(login.set_cookie)));
      assert.equal(session.claims.sub, 'alice');
    });

    test('a reload is told from a callback that nobody began, with its cookie and without', async () => {
      for (const held of [({ id }) => id, () => cookiesOf(), () => undefined]) {
        const { party, begin } = world(rp);
        const { login, back } = await begin();
        await party.callback(back, login.id);
        for (let again = 0; again < 3; again += 1) {
          const error = await refusal(party.callback(back, held(login)));
          assert.deepEqual([error.code, error.details], ['no_pending_login', { reason: 'used' }]);
          assert.match(error.message, /cannot be used again/);
        }
        assert.notEqual(await cause(party.callback('?code=c&state=of-nobody', held(login))), 'used');
      }
    });

    test('a login of 601 seconds expired, whichever clock moved', async () => {
      for (const [ours, theStores, held] of [
        [601, 601, ({ id }) => id],
        [601, 601, () => cookiesOf()],
        [0, 601, ({ id }) => id],
        [0, 601, () => cookiesOf()],
        [601, 0, ({ id }) => id],
      ]) {
        const moved = { ours: 0, theStores: 0 };
        const store = new rp.MemoryStore({ clock: () => NOW + moved.theStores });
        const { party, begin } = world(rp, { store, clock: () => NOW + moved.ours });
        const { login, back } = await begin();
        Object.assign(moved, { ours, theStores });
        const error = await refusal(party.callback(back, held(login)));
        assert.equal(error.code, 'pending_login_expired');
        assert.match(error.message, /begin a new login/);
      }
    });

    test('a store of two methods is asked for nothing else', async () => {
      const { store, kept, asked } = twoMethods();
      const { party, begin } = world(rp, { store });
      const { login, back } = await begin();
      assert.equal((await party.callback(back, login.id)).claims.sub, 'alice');
      assert.deepEqual([asked, kept.size], [['put', 'take'], 0]);
      assert.equal(await cause(party.callback(back, login.id)), 'not_in_store');
      assert.equal(await cause(party.callback(back, cookiesOf())), 'no_cookie');
      assert.deepEqual([asked, kept.size], [['put', 'take', 'take'], 0]);
    });

    test('a store of the user’s own may remember, and tells what it can tell', async () => {
      const marks = new Map();
      let told;
      const store = {
        ...twoMethods().store,
        used: async ({ handle }) => void marks.set(handle, 'used'),
        whyMissing: async ({ handle }) => told ?? marks.get(handle),
      };
      const { party, begin } = world(rp, { store });
      const { login, back } = await begin();
      await party.callback(back, login.id);
      assert.deepEqual([...marks.keys()], [login.handle]);
      assert.equal(await cause(party.callback(back, cookiesOf())), 'used');
      for (const [word, expected] of [
        ['expired', 'pending_login_expired'],
        ['id_missing', 'no_cookie'],
        [7, 'no_cookie'],
        [{ toString: () => 'used' }, 'no_cookie'],
      ]) {
        told = word;
        assert.equal(await cause(party.callback(back, cookiesOf())), expected);
      }
    });

    test('a store that throws where it should tell is a store that failed', async () => {
      const failing = () => Promise.reject(new Error('down'));
      const store = { ...twoMethods().store, used() {}, whyMissing: failing };
      const { party, begin } = world(rp, { store });
      const { back } = await begin();
      await assert.rejects(party.callback(back, cookiesOf()), {
        code: 'store_failed',
        details: { operation: 'whyMissing', reason: 'Error' },
      });
    });

    test('a login that another relying party takes is put back', async () => {
      for (const made of [() => new rp.MemoryStore({ clock: () => NOW }), () => twoMethods().store]) {
        for (const [member, options] of [
          ['issuer', { issuer: `${ISSUER}/2` }],
          ['client_id', { client_id: 'other' }],
        ]) {
          const store = made();
          const mine = world(rp, { store });
          const other = world(rp, { store, ...options });
          if (options.issuer) {
            const metadata = JSON.parse(mine.provider.replies.discovery().body);
            other.provider.replies.discovery = () => jsonReply({ ...metadata, ...options });
          }
          const { login, back } = await mine.begin();
          for (let again = 0; again < 2; again += 1) {
            const error = await refusal(other.party.callback(back, login.id));
            assert.deepEqual([error.code, error.details.member], ['pending_login_mismatch', member]);
          }
          assert.equal((await mine.party.callback(back, login.id)).claims.sub, 'alice');
        }
      }
    });
  });

  describe(`a login at localhost: ${build}`, () => {
    test('has a cookie that Safari keeps', async () => {
      for (const redirect_uri of [LOCAL, 'http://127.0.0.1:8888/cb', 'http://[::1]/cb', 'http://a.localhost/cb']) {
        const { party, begin } = world(rp, { redirect_uri });
        const { login, back } = await begin();
        const name = `rp-${login.handle}`;
        assert.equal(login.set_cookie, `${name}=${login.id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600`);
        assert.equal(rp.clearCookie(name), `${name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`);
        const cookies = cookiesOf('theme=dark', pair(login.set_cookie));
        assert.deepEqual([login.cookie_name, await party.cookieName(back), cookies.id(back)], [name, name, login.id]);
        assert.deepEqual(cookies.ended(back), [name]);
        assert.equal(rp.CallbackParams.parse(back).cookie_name, `__Host-${name}`);
        assert.equal((await party.callback(back, cookies)).claims.sub, 'alice');
      }
    });

    test('e16_a site on https reads no such cookie', async () => {
      const { party, begin } = world(rp);
      const { login, back } = await begin();
      const atLoopback = await world(rp, { redirect_uri: LOCAL }).begin();
      for (const id of [login.id, atLoopback.login.id]) {
        const planted = cookiesOf(`rp-${login.handle}=${id}`);
        assert.equal(await cause(party.callback(back, planted)), 'no_cookie');
        await refusal(party.callback(back, planted.id(back)));
        assert.notEqual(planted.id(back), login.id);
      }
      assert.equal(await party.cookieName(back), login.cookie_name);
      assert.equal((await party.callback(back, cookiesOf(pair(login.set_cookie)))).claims.sub, 'alice');
    });
  });

  describe(`the cookie as arguments: ${build}`, () => {
    /** As Express writes a cookie: `maxAge` is in milliseconds. */
    const express = (name, value, { path, httpOnly, secure, sameSite, maxAge }) =>
      [
        `${name}=${value}`,
        `Path=${path}`,
        ...(secure ? ['Secure'] : []),
        ...(httpOnly ? ['HttpOnly'] : []),
        ...(sameSite ? [`SameSite=${sameSite[0].toUpperCase()}${sameSite.slice(1)}`] : []),
        `Max-Age=${Math.floor(maxAge / 1000)}`,
      ].join('; ');

    test('is the one of the header', async () => {
      for (const options of [{}, { redirect_uri: LOCAL }]) {
        for (const request of [{}, { response_mode: 'form_post' }]) {
          const { login } = await world(rp, options).begin(request);
          assert.equal(express(...login.cookie), login.set_cookie);
          assert.ok(Object.isFrozen(login.cookie));
        }
      }
    });

    test('f7_shows only to who asks for it by name', async () => {
      const { login } = await world(rp).begin();
      for (const shown of [inspect(login), JSON.stringify(login), JSON.stringify({ ...login })])
        assert.ok(!shown.includes(login.id));
    });
  });
}

describe('a page', () => {
  const page = async () => {
    await small.init(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));
    const entries = new Map();
    const storage = {
      get length() {
        return entries.size;
      },
      key: (position) => [...entries.keys()][position] ?? null,
      getItem: (name) => entries.get(name) ?? null,
      setItem: (name, value) => void entries.set(name, value),
      removeItem: (name) => void entries.delete(name),
    };
    let now = NOW;
    const clock = () => now;
    const made = world(small, { store: new small.SessionStorageStore({ storage, clock }), clock });
    return { ...made, entries, storage, wait: (seconds) => (now += seconds) };
  };

  test('tells a reload, a login that took too long, and one of another tab', async () => {
    const { party, begin, wait, entries } = await page();
    const { back } = await begin();
    await party.callback(back);
    assert.equal(await cause(party.callback(back)), 'used');
    const late = await begin();
    wait(601);
    for (let again = 0; again < 2; again += 1)
      assert.equal(await cause(party.callback(late.back)), 'pending_login_expired');
    const elsewhere = await refusal(party.callback('?code=c&state=of-another-tab'));
    assert.equal(elsewhere.details.reason, 'not_in_page');
    assert.match(elsewhere.message, /another tab/);
    // Nothing that is secret stays.
    assert.doesNotMatch([...entries.values()].join(), /verifier|nonce|pending/);
  });

  test('remembers a few logins, and not for long', async () => {
    const { party, begin, wait, entries } = await page();
    for (let number = 0; number < 40; number += 1) {
      const { back } = await begin();
      await party.callback(back);
      assert.ok(entries.size <= 17, `${entries.size}`);
    }
    wait(601);
    await begin();
    assert.equal(entries.size, 1);
  });

  test('a storage that is full for a mark ends no login', async () => {
    const { party, begin, storage } = await page();
    const { back } = await begin();
    storage.setItem = () => {
      throw new Error('QuotaExceededError');
    };
    assert.equal((await party.callback(back)).claims.sub, 'alice');
    assert.equal(await cause(party.callback(back)), 'not_in_page');
  });
});

describe('the memory store', () => {
  const login = (number) => ({
    id: `${number}`.padStart(43, 'i'),
    handle: `${number}`.padStart(22, 'h'),
    pending: 'p',
    expires_at: NOW + 600,
  });

  test('forgets what became of a login after ten minutes', () => {
    let now = NOW;
    const store = new node.MemoryStore({ clock: () => now });
    const [used, late, waits] = [1, 2, 3].map(login);
    for (const each of [used, late]) store.put(each);
    store.take(used);
    store.used(used);
    now += 600;
    assert.deepEqual([used, late, waits].map((each) => store.whyMissing(each)), ['used', 'expired', undefined]);
    now += 600;
    store.put({ ...waits, expires_at: now + 600 });
    assert.deepEqual([used, late, waits].map((each) => store.whyMissing(each)), [undefined, undefined, undefined]);
  });

  test('e13_a flood of marks pushes no login out', () => {
    const store = new node.MemoryStore({ clock: () => NOW, limit: 50_000 });
    store.put(login('mine'));
    for (let number = 0; number < 30_000; number += 1) {
      store.put(login(number));
      store.take(login(number));
      store.used(login(number));
    }
    assert.equal(store.size, 1);
    assert.equal(store.whyMissing(login(0)), undefined);
    assert.equal(store.whyMissing(login(29_999)), 'used');
    assert.equal(store.take(login('mine')), 'p');
  });
});
