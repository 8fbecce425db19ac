// What the host's side does wrong: its store, its options before the first call, a browser that calls back more than once.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import { MemoryStore, RelyingParty, RelyingPartyError, SessionStorageStore } from '../dist/node/entry_node.js';
import { ISSUER, NOW, REGISTRATION, jsonReply, memoryProvider } from './memory_provider.mjs';

function party(options, provider = memoryProvider()) {
  const { transport } = provider;
  return new RelyingParty({ issuer: ISSUER, ...REGISTRATION, transport, clock: () => NOW, ...options });
}

/** An error as a client of a store makes it, with what it should not show. */
function refusedConnection() {
  return Object.assign(new Error('connect redis://:canary@10.0.0.1'), { code: 'ECONNREFUSED' });
}

describe('a store that fails', () => {
  const failing = (error, fail = () => Promise.reject(error)) => ({ put: fail, take: fail });

  for (const [how, fail] of [
    ['rejects', (error) => () => Promise.reject(error)],
    ['throws', (error) => () => { throw error; }],
  ]) {
    test(`and ${how} is store_failed, with what it said as the cause and nowhere else`, async () => {
      const cause = refusedConnection();
      const rp = party({ store: failing(cause, fail(cause)) });
      const calls = {
        put: () => rp.authorize(),
        take: () => rp.callback(`?code=c&state=${'s'.repeat(43)}`, 'i'.repeat(43)),
      };
      for (const [operation, call] of Object.entries(calls)) {
        await assert.rejects(call(), (error) => {
          assert.ok(error instanceof RelyingPartyError);
          const { name, code, category, retryable, details } = error;
          assert.deepEqual([name, code, category], ['ConfigurationError', 'store_failed', 'Configuration']);
          assert.deepEqual(details, { operation, reason: 'ECONNREFUSED' });
          assert.equal(retryable, true);
          assert.equal(error.cause, cause);
          assert.doesNotMatch(`${inspect(error)}${JSON.stringify(error)}${error.message}`, /canary/);
          return true;
        });
      }
    });
  }

  test('with what is no Error, or cannot be read, is store_failed too', async () => {
    const unreadable = new Proxy({}, { get: () => { throw new Error('canary'); }, getPrototypeOf: () => { throw 1; } });
    for (const thrown of [undefined, null, 'canary', 7, {}, { name: 'a b', code: '"; DROP' }, unreadable]) {
      await assert.rejects(party({ store: failing(thrown) }).authorize(), (error) => {
        assert.equal(error.code, 'store_failed');
        assert.match(error.details.reason, /^\w+$/);
        return true;
      });
    }
  });

  test('by what it yields is store_failed, and no login', async () => {
    for (const pending of [7, true, {}, ['x'], Buffer.from('x')]) {
      const rp = party({ store: { put() {}, take: () => pending } });
      await assert.rejects(rp.callback(`?code=c&state=${'s'.repeat(43)}`, 'i'.repeat(43)), { code: 'store_failed' });
    }
  });

  test('with an error of ours is left as it is', async () => {
    const ours = await party().verify('no token').catch((error) => error);
    await assert.rejects(party({ store: failing(ours) }).authorize(), (error) => error === ours);
  });
});

describe('RelyingParty.create', () => {
  const options = () => ({ issuer: ISSUER, ...REGISTRATION, transport: memoryProvider().transport, clock: () => NOW });

  test('yields a relying party like any other, and asks the provider nothing', async () => {
    const provider = memoryProvider();
    const rp = await RelyingParty.create({ ...options(), transport: provider.transport });
    assert.ok(rp instanceof RelyingParty);
    assert.deepEqual(provider.requests, []);
    assert.equal((await provider.login(rp)).claims.iss, ISSUER);
  });

  test('rejects what cannot work, and never throws', async () => {
    const wrong = [
      {},
      undefined,
      null,
      { ...options(), client_secret: undefined },
      { ...options(), redirect_uri: '/callback' },
      { ...options(), scopes: 'openid profile' },
      { ...options(), policy: { allowed_skew_secs: 600 } },
      { ...options(), issuer: 'http://op.example' },
    ];
    for (const each of wrong) {
      await assert.rejects(RelyingParty.create(each), { name: 'ConfigurationError' }, inspect(each));
    }
  });
});

describe('a browser that calls back four times at once', () => {
  async function begun(store) {
    const provider = memoryProvider();
    const rp = party({ store }, provider);
    const { url, id } = await rp.authorize();
    provider.replies.token = async () => jsonReply({ error: 'temporarily_unavailable' }, 503);
    provider.requests.length = 0;
    return { provider, rp, id, back: `?code=c&state=${new URL(url).searchParams.get('state')}` };
  }
  const tokens = ({ requests }) => requests.filter(({ endpoint }) => endpoint === 'token').length;
  const outcomes = (calls) => Promise.all(calls.map((call) => call.catch((error) => error)));

  test('f6_asks_for_tokens_once, and gets one answer', async () => {
    const { provider, rp, id, back } = await begun(new MemoryStore({ clock: () => NOW }));
    const errors = await outcomes(Array.from({ length: 4 }, () => rp.callback(back, id)));
    assert.equal(new Set(errors).size, 1);
    assert.equal(tokens(provider), 1);
    await assert.rejects(rp.callback(back, id), { code: 'no_pending_login' });
  });

  test('e1_shares nothing with another browser, nor with another response', async () => {
    const { provider, rp, id, back } = await begun(new MemoryStore({ clock: () => NOW }));
    const calls = [rp.callback(back, id), rp.callback(back, 'o'.repeat(43)), rp.callback(back)];
    const [mine, ...others] = await outcomes([...calls, rp.callback(`${back}&error=access_denied`, id)]);
    assert.notEqual(mine.code, 'no_pending_login');
    assert.deepEqual(others.map(({ code }) => code).slice(0, 2), ['no_pending_login', 'no_pending_login']);
    assert.notEqual(others[2], mine);
    assert.equal(tokens(provider), 1);
  });

  test('e1_shares nothing with what is no id', async () => {
    const { provider, rp, id, back } = await begun(new MemoryStore({ clock: () => NOW }));
    const odd = [null, 7n, {}, [id], new String(id), { toJSON: () => id }];
    const [mine, ...others] = await outcomes([id, ...odd].map((each) => rp.callback(back, each)));
    assert.notEqual(mine.code, 'no_pending_login');
    for (const { code } of others) assert.equal(code, 'no_pending_login');
    assert.equal(tokens(provider), 1);
  });
});

test('a store of the tab is made where there is no storage, and says so when it is used', () => {
  for (const options of [{}, { storage: () => undefined }, { storage: () => null }]) {
    const store = new SessionStorageStore(options);
    assert.throws(() => store.put({ id: 'i', handle: 'h', pending: 'p', expires_at: 9 }), /no storage/);
    assert.throws(() => store.take({ handle: 'h' }), /no storage/);
  }
});
