// Stores of sessions: the same demands on each, of several clients where the store is one that processes share.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

import { Redis } from 'ioredis';
import { createClient } from 'redis';

import { MemorySessionStore } from '../dist/node/entry_node.js';
import { RedisSessionStore } from '../dist/node/redis.js';
import { startRedis } from './redis_server.mjs';

const later = (seconds = 60) => Math.floor(Date.now() / 1000) + seconds;
const entry = (key, value, more) => ({ key, value, expires_at: later(), labels: [], ...more });
const values = (found) => found?.value;

let redis;
before(async () => (redis = await startRedis()));
after(() => redis?.stop());

/** For each kind: two stores over the same data, and how to close them. */
const KINDS = {
  async memory() {
    const store = new MemorySessionStore();
    return { stores: [store, store], close() {} };
  },
  async redis(prefix) {
    const clients = [createClient({ url: redis.url }), createClient({ url: redis.url })];
    for (const client of clients) await client.connect();
    return { stores: clients.map((client) => new RedisSessionStore({ client, prefix })), close: () => clients.map((client) => client.destroy()) };
  },
  async ioredis(prefix) {
    const clients = [new Redis(redis.port, '127.0.0.1'), new Redis(redis.port, '127.0.0.1')];
    return { stores: clients.map((client) => new RedisSessionStore({ client, prefix })), close: () => clients.map((client) => client.disconnect()) };
  },
};

for (const [kind, open] of Object.entries(KINDS)) {
  describe(kind, () => {
    let opened;
    let one;
    let other;
    before(async () => {
      opened = await open(`${kind}:`);
      [one, other] = opened.stores;
    });
    after(() => opened?.close());

    test('an entry is added once, found by all, and taken once', async () => {
      assert.equal((await one.get({ key: 'a' })) ?? undefined, undefined);
      assert.equal(await one.add(entry('a', '1')), true);
      assert.equal(await other.add(entry('a', '2')), false);
      assert.equal(values(await other.get({ key: 'a' })), '1');
      const taken = await Promise.all([one, other, one, other].map((store) => store.take({ key: 'a' })));
      assert.deepEqual(taken.map(values).filter(Boolean), ['1']);
      assert.equal(values(await one.get({ key: 'a' })), undefined);
    });

    test('of those who add at the same time one does', async () => {
      const added = await Promise.all(Array.from({ length: 40 }, (_, at) => (at % 2 ? one : other).add(entry('race', `v${at}`))));
      assert.equal(added.filter(Boolean).length, 1);
      assert.equal(values(await one.get({ key: 'race' })), `v${added.indexOf(true)}`);
    });

    test('put changes the version that was read, and no other', async () => {
      await one.add(entry('b', '1'));
      const { version } = await other.get({ key: 'b' });
      assert.equal(typeof version, 'string');
      const changed = await Promise.all([one, other, one].map((store, at) => store.put({ ...entry('b', `2.${at}`), version })));
      assert.equal(changed.filter(Boolean).length, 1);
      const found = await one.get({ key: 'b' });
      assert.equal(found.value, `2.${changed.indexOf(true)}`);
      assert.notEqual(found.version, version);
      assert.equal(await one.put({ ...entry('b', '3'), version }), false);
    });

    test('a late put revives nothing, neither what was deleted nor what was made anew', async () => {
      for (const end of [(store) => store.delete({ key: 'c' }), (store) => store.take({ key: 'c' }), (store) => store.deleteLabelled({ label: 'l' })]) {
        await one.add(entry('c', '1', { labels: ['l'] }));
        const { version } = await one.get({ key: 'c' });
        await end(other);
        assert.equal(await one.put({ ...entry('c', '2', { labels: ['l'] }), version }), false);
        assert.equal(values(await one.get({ key: 'c' })), undefined);
        await one.add(entry('c', '3'));
        assert.equal(await one.put({ ...entry('c', '4'), version }), false);
        assert.equal(values(await other.get({ key: 'c' })), '3');
        await one.delete({ key: 'c' });
      }
    });

    test('what has expired is gone in every question', async () => {
      const over = (key) => one.add(entry(key, '1', { expires_at: later(1), labels: ['over'] }));
      for (const key of ['d1', 'd2', 'd3']) assert.equal(await over(key), true);
      const { version } = await one.get({ key: 'd1' });
      await pause(2100);
      assert.equal(values(await other.get({ key: 'd1' })), undefined);
      assert.equal(await one.put({ ...entry('d1', '2'), version }), false);
      assert.equal(values(await one.take({ key: 'd2' })), undefined);
      assert.equal(await one.add(entry('d3', '2')), true);
      await one.deleteLabelled({ label: 'over' });
      assert.equal(values(await one.get({ key: 'd3' })), '2');
    });

    test('labels delete what has them now, and nothing else', async () => {
      await one.add(entry('e1', '1', { labels: ['x', 'y'] }));
      await one.add(entry('e2', '2', { labels: ['y'] }));
      await one.add(entry('e3', '3', { labels: ['y'] }));
      await one.add(entry('e4', '4', { labels: ['Y'] }));
      const { version } = await one.get({ key: 'e3' });
      await one.put({ ...entry('e3', '3b', { labels: ['z'] }), version });
      await one.take({ key: 'e2' });
      await one.add(entry('e2', '2b'));
      await other.deleteLabelled({ label: 'y' });
      const left = await Promise.all(['e1', 'e2', 'e3', 'e4'].map((key) => one.get({ key })));
      assert.deepEqual(left.map(values), [undefined, '2b', '3b', '4']);
      await other.deleteLabelled({ label: 'z' });
      assert.equal(values(await one.get({ key: 'e3' })), undefined);
      await other.deleteLabelled({ label: 'nobody' });
    });

    test('a longer life of another entry does not keep a label from an entry that is added later', async () => {
      await one.add(entry('f1', '1', { labels: ['f'], expires_at: later(1) }));
      await one.add(entry('f2', '2', { labels: ['f'], expires_at: later(100) }));
      await one.add(entry('f3', '3', { labels: ['f'], expires_at: later(50) }));
      await pause(1500);
      await other.deleteLabelled({ label: 'f' });
      for (const key of ['f1', 'f2', 'f3']) assert.equal(values(await one.get({ key })), undefined, key);
    });

    test('a lock has one owner, who may ask again; nobody else gives it back', async () => {
      const lock = (store, owner, more) => store.lock({ key: 'g', owner, lifetime: 30, wait: 0, ...more });
      assert.equal(await lock(one, 'first'), true);
      assert.equal(await lock(one, 'first'), true);
      assert.equal(await lock(other, 'second'), false);
      await other.unlock({ key: 'g', owner: 'second' });
      assert.equal(await lock(other, 'second'), false);
      await one.unlock({ key: 'g', owner: 'first' });
      assert.equal(await lock(other, 'second'), true);
      await one.unlock({ key: 'g', owner: 'first' });
      assert.equal(await lock(one, 'third'), false);
      await other.unlock({ key: 'g', owner: 'second' });
    });

    test('a lock whose time is over is free', async () => {
      assert.equal(await one.lock({ key: 'h', owner: 'dead', lifetime: 1, wait: 0 }), true);
      assert.equal(await other.lock({ key: 'h', owner: 'next', lifetime: 30, wait: 0 }), false);
      assert.equal(await other.lock({ key: 'h', owner: 'next', lifetime: 30, wait: 5 }), true);
      await one.unlock({ key: 'h', owner: 'dead' });
      assert.equal(await one.lock({ key: 'h', owner: 'third', lifetime: 1, wait: 0 }), false);
    });

    test('whoever waits for a lock gets it when it is given back, or is told when the wait is over', async () => {
      await one.lock({ key: 'i', owner: 'first', lifetime: 30, wait: 0 });
      const started = performance.now();
      const waiting = other.lock({ key: 'i', owner: 'second', lifetime: 30, wait: 10 });
      await pause(150);
      await one.unlock({ key: 'i', owner: 'first' });
      assert.equal(await waiting, true);
      assert.ok(performance.now() - started < 5000);
      const again = performance.now();
      assert.equal(await one.lock({ key: 'i', owner: 'third', lifetime: 30, wait: 1 }), false);
      const waited = performance.now() - again;
      assert.ok(waited > 900 && waited < 5000, String(waited));
    });

    test('a lock keeps others out: a counter loses no step', async () => {
      let inside = 0;
      let steps = 0;
      const step = async (owner, store) => {
        assert.equal(await store.lock({ key: 'j', owner, lifetime: 30, wait: 30 }), true);
        inside += 1;
        assert.equal(inside, 1);
        await pause(1);
        steps += 1;
        inside -= 1;
        await store.unlock({ key: 'j', owner });
      };
      await Promise.all(Array.from({ length: 20 }, (_, at) => step(`o${at}`, at % 2 ? one : other)));
      assert.equal(steps, 20);
    });
  });
}

describe('RedisSessionStore', () => {
  test('leaves nothing behind, and keeps labels no longer than entries', async (t) => {
    const client = new Redis(redis.port, '127.0.0.1');
    t.after(() => client.disconnect());
    const store = new RedisSessionStore({ client, prefix: 'tidy:' });
    for (let at = 0; at < 20; at += 1) await store.add(entry(`k${at}`, `${at}`, { labels: ['l'], expires_at: later(1) }));
    await store.add(entry('last', 'x', { labels: ['l'], expires_at: later(2) }));
    assert.equal(await client.zcard('tidy:label:l'), 21);
    await pause(1100);
    await store.add(entry('more', 'y', { labels: ['l'], expires_at: later(2) }));
    assert.equal(await client.zcard('tidy:label:l'), 2);
    await pause(3100);
    assert.deepEqual(await client.keys('tidy:*'), []);
  });

  test('works on after Redis forgot its scripts', async (t) => {
    const client = new Redis(redis.port, '127.0.0.1');
    t.after(() => client.disconnect());
    for (const open of [KINDS.redis, KINDS.ioredis]) {
      const { stores, close } = await open('forgot:');
      t.after(close);
      await stores[0].add(entry('a', '1'));
      await client.script('FLUSH');
      assert.equal(values(await stores[0].take({ key: 'a' })), '1');
    }
  });

  test('an answer that was lost on its way changes nothing: who asks again is told that it is done', async (t) => {
    const client = new Redis(redis.port, '127.0.0.1');
    t.after(() => client.disconnect());
    const store = new RedisSessionStore({ client, prefix: 'again:' });
    const asked = entry('a', '1', { labels: ['l'] });
    assert.deepEqual([await store.add(asked), await store.add(asked)], [true, true]);
    assert.equal(await store.add(entry('a', '2')), false);
    const { version } = await store.get({ key: 'a' });
    const change = { ...entry('a', '3', { labels: ['l'] }), version };
    assert.deepEqual([await store.put(change), await store.put(change)], [true, true]);
    assert.equal(await store.put({ ...entry('a', '4'), version }), false);
    assert.equal(values(await store.get({ key: 'a' })), '3');
    await store.deleteLabelled({ label: 'l' });
    assert.equal(await store.put(change), false);
  });

  test('refuses a client that puts something before keys: labels would lead nowhere', (t) => {
    const client = new Redis(redis.port, '127.0.0.1', { keyPrefix: 'app:', lazyConnect: true });
    t.after(() => client.disconnect());
    assert.throws(() => new RedisSessionStore({ client }), ({ code, details: { member, reason } }) => {
      assert.deepEqual([code, member, reason], ['invalid_configuration', 'client', 'has a keyPrefix: give the store a prefix']);
      return true;
    });
  });

  test('refuses what is no client, by name', () => {
    for (const client of [undefined, null, {}, 'redis://', { evalSha: 1 }])
      assert.throws(() => new RedisSessionStore({ client }), ({ code, details }) => code === 'invalid_configuration' && details.member === 'client');
    assert.throws(() => new RedisSessionStore({}), { code: 'invalid_configuration' });
    const client = { evalSha() {}, password: 'canary' };
    assert.throws(() => new RedisSessionStore({ client, prefix: 1 }), { code: 'invalid_configuration' });
    assert.throws(() => new RedisSessionStore({ client, ttl: 1 }), { code: 'invalid_configuration' });
    assert.equal(inspect(new RedisSessionStore({ client })), '<RedisSessionStore relyingparty:>');
  });
});
