// One visit of a process asks the store for the lock of a session; the others wait for what it brings, and read it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { MemorySessionStore, Site } from '../dist/node/entry_node.js';
import { Turns } from '../js/turns.js';
import { Browser, rotatingProvider, siteOptions } from './site_town.mjs';

/** A store that counts what it is asked for, and whose locks others can have. */
class Counting extends MemorySessionStore {
  asked = { get: 0, lock: 0 };
  elsewhere = false;

  get(question) {
    this.asked.get += 1;
    return super.get(question);
  }

  async lock(question) {
    this.asked.lock += 1;
    if (!this.elsewhere) return super.lock(question);
    await later(question.wait * 1000);
    return false;
  }
}

const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const counted = (found) => found.reduce((counts, name) => ({ ...counts, [name]: (counts[name] ?? 0) + 1 }), {});

/** A site whose visitor is due for a refresh; `hold` holds the provider's answer up until `release` is called. */
async function town(policy = {}) {
  const provider = rotatingProvider();
  const store = new Counting({ clock: () => provider.now });
  const made = { provider, store, isLost: false };
  const clock = () => {
    const { isLost } = made;
    made.isLost = false;
    return isLost ? Number.NaN : provider.now;
  };
  const site = new Site(siteOptions(provider, { store, policy, clock }));
  const browser = new Browser(provider);
  await browser.login(site);
  provider.now += 300;
  store.asked = { get: 0, lock: 0 };
  const answer = (made.answer = provider.replies.token);
  const held = new Promise((resolve) => (made.release = resolve));
  made.hold = (instead = answer) => (provider.replies.token = (request) => held.then(() => instead(request)));
  made.herd = (size) => Promise.all(Array.from({ length: size }, () => site.visit(browser.request('GET', '/'))));
  return made;
}

describe('a herd', () => {
  test('of a thousand takes one lock and one refresh, and each reads once more', async () => {
    const { provider, store, hold, release, herd } = await town();
    hold();
    setTimeout(release, 300);
    const found = await herd(1000);
    assert.deepEqual(counted(found.map(({ session }) => session?.access_token)), { 'canary-access-2': 1000 });
    assert.deepEqual(counted(found.map(({ event }) => event?.kind)), { session_changed: 1, undefined: 999 });
    assert.deepEqual([provider.refreshes, store.asked], [1, { get: 2000, lock: 1 }]);
  });

  test('whose first one cannot reach the provider asks it once', async () => {
    const { provider, store, hold, release, answer, herd } = await town();
    hold(() => {
      throw new Error('no route');
    });
    setTimeout(release, 100);
    const found = await herd(16);
    assert.deepEqual(counted(found.map(({ error }) => error?.code)), { unreachable: 1, refresh_pending: 15 });
    assert.equal(store.asked.lock, 1);
    provider.replies.token = answer;
    provider.now += 5;
    assert.ok((await herd(4)).every(({ session }) => session));
  });

  test('whose session is over is told once', async () => {
    const { provider, store, hold, release, herd } = await town();
    provider.good = undefined;
    hold();
    setTimeout(release, 100);
    const found = await herd(16);
    assert.deepEqual(counted(found.map(({ event }) => event?.kind)), { session_ended: 1, undefined: 15 });
    assert.ok(found.every(({ session, error }) => !session && !error));
    assert.equal(store.asked.lock, 1);
  });

  test('whose first one breaks off is let go', async () => {
    const made = await town({ lock_wait_secs: 60 });
    made.hold();
    const first = made.herd(1);
    while (made.store.asked.lock === 0) await later(5);
    const others = made.herd(4);
    await later(50);
    // A clock that is lost for a moment ends the flow where it stands.
    made.isLost = true;
    made.release();
    await assert.rejects(first, { code: 'implausible_clock' });
    assert.deepEqual(counted((await others).map(({ error }) => error?.code)), { refresh_pending: 4 });
    assert.equal(made.store.asked.lock, 1);
  });

  test('waits no longer than the policy says', async () => {
    const { store, hold, release, herd } = await town({ lock_wait_secs: 1 });
    hold();
    const first = herd(1);
    while (store.asked.lock === 0) await later(5);
    const began = performance.now();
    const found = await herd(8);
    const took = performance.now() - began;
    assert.ok(took > 900 && took < 5000, `${took}`);
    assert.deepEqual(counted(found.map(({ error }) => error?.code)), { refresh_pending: 8 });
    release();
    assert.equal((await first)[0].session.access_token, 'canary-access-2');
    assert.equal(store.asked.lock, 1);
  });

  test('for a lock that another process has asks once', async () => {
    const { store, herd } = await town({ lock_wait_secs: 1 });
    store.elsewhere = true;
    const found = await herd(8);
    assert.deepEqual(counted(found.map(({ error }) => error?.code)), { refresh_pending: 8 });
    assert.equal(store.asked.lock, 1);
  });
});

describe('a turn', () => {
  const lock = (owner, lifetime, wait) => ({ key: 'lock', owner, lifetime, wait });
  const yes = async () => ({ done: true });

  test('lasts no longer than its lock', async () => {
    const turns = new Turns();
    assert.ok((await turns.lock(lock('first', 1, 0), yes)).done);
    assert.ok(!(await turns.lock(lock('second', 1, 0), yes)).done);
    const began = performance.now();
    assert.ok((await turns.lock(lock('second', 1, 10), yes)).done);
    assert.ok(performance.now() - began < 5000);
    turns.leave({ key: 'lock', owner: 'first' });
    assert.ok(!(await turns.lock(lock('third', 1, 0), yes)).done);
  });

  test('is taken on by who came later, for the seconds that are left, when another process kept the lock', async () => {
    const turns = new Turns();
    const asked = [];
    const first = turns.lock(lock('first', 60, 1), async ({ wait }) => {
      await later(wait * 1000);
      return { done: false };
    });
    const second = turns.lock(lock('second', 60, 3), async ({ wait }) => {
      asked.push(wait);
      return { done: true };
    });
    assert.deepEqual(await Promise.all([first, second]).then((all) => all.map(({ done }) => done)), [false, true]);
    assert.ok(asked.length === 1 && asked[0] < 3, `${asked}`);
  });

  test('is its owner’s who asks again', async () => {
    const turns = new Turns();
    for (let times = 0; times < 2; times += 1) assert.ok((await turns.lock(lock('owner', 60, 0), yes)).done);
    const other = turns.lock(lock('other', 60, 60), yes);
    turns.leave({ key: 'lock', owner: 'owner' });
    assert.ok(!(await other).done);
    assert.ok((await turns.lock(lock('other', 60, 0), yes)).done);
  });
});
