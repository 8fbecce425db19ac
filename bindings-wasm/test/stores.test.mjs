import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { MemoryStore, SessionStorageStore, defaultStore } from '../js/stores.js';

let now = 0;
const clock = () => now;
const login = (id, expires_at = 100) => ({
  id,
  handle: `handle-of-${id}`,
  pending: `pending-of-${id}`,
  expires_at,
});
beforeEach(() => (now = 0));

describe('the memory store', () => {
  test('yields a login once', () => {
    const store = new MemoryStore({ clock });
    store.put(login('a'));
    assert.equal(store.take({ id: 'a' }), 'pending-of-a');
    assert.equal(store.take({ id: 'a' }), undefined);
  });

  test('e1_finds_nothing_by_the_handle_that_arrives_in_a_url', () => {
    const store = new MemoryStore({ clock });
    store.put(login('a'));
    assert.equal(store.take({ id: undefined, handle: 'handle-of-a' }), undefined);
    assert.equal(store.take({ id: 'handle-of-a', handle: 'handle-of-a' }), undefined);
  });

  test('yields nothing that has expired', () => {
    const store = new MemoryStore({ clock });
    store.put(login('a'));
    now = 100;
    assert.equal(store.take({ id: 'a' }), undefined);
    assert.equal(store.size, 0);
  });

  test('e13_is_bounded: what expired goes first, then the oldest', () => {
    const store = new MemoryStore({ limit: 3, clock });
    store.put(login('old', 1000));
    store.put(login('brief', 10));
    store.put(login('young', 1000));
    now = 10;
    store.put(login('next', 1000));
    store.put(login('last', 1000));
    assert.equal(store.size, 3);
    assert.equal(store.take({ id: 'old' }), undefined);
    for (const id of ['young', 'next', 'last']) assert.equal(store.take({ id }), `pending-of-${id}`);
  });

  test('e13_a_login_costs_the_same_among_many', () => {
    const microseconds = (limit) => {
      const store = new MemoryStore({ limit, clock });
      for (let number = 0; number < limit; number += 1) store.put(login(`${number}`));
      const started = process.cpuUsage();
      for (let number = 0; number < 20_000; number += 1) store.put(login(`more-${number}`));
      return process.cpuUsage(started).user / 20_000;
    };
    microseconds(1000);
    assert.ok(microseconds(200_000) < 10 * microseconds(2000) + 1);
  });

  test('e13_goes_on_after_it_was_empty, and past what was taken or put again', () => {
    const store = new MemoryStore({ limit: 2, clock });
    for (let round = 0; round < 3; round += 1) {
      for (const id of ['a', 'b', 'c']) store.put(login(id));
      assert.equal(store.take({ id: 'a' }), undefined);
      store.put(login('b'));
      store.put(login('d'));
      assert.deepEqual(
        ['b', 'c', 'd'].map((id) => store.take({ id })),
        ['pending-of-b', undefined, 'pending-of-d'],
      );
      assert.equal(store.size, 0);
    }
  });

  test('is not confused by names of its own', () => {
    const store = new MemoryStore({ clock });
    for (const id of ['__proto__', 'constructor', 'size']) assert.equal(store.take({ id }), undefined);
  });
});

describe('the session storage store', () => {
  let storage;
  let store;
  beforeEach(() => {
    storage = tab();
    store = new SessionStorageStore({ storage, clock });
  });

  test('yields a login once, by its handle alone: the tab is the binding', () => {
    store.put(login('a'));
    assert.equal(store.take({ handle: 'handle-of-a' }), 'pending-of-a');
    assert.equal(store.take({ handle: 'handle-of-a' }), undefined);
    assert.equal(storage.length, 0);
  });

  test('keeps two logins side by side', () => {
    store.put(login('a'));
    store.put(login('b'));
    assert.equal(store.take({ handle: 'handle-of-b' }), 'pending-of-b');
    assert.equal(store.take({ handle: 'handle-of-a' }), 'pending-of-a');
  });

  test('holds an id that is given to be the right one', () => {
    store.put(login('a'));
    assert.equal(store.take({ id: 'b', handle: 'handle-of-a' }), undefined);
    assert.equal(store.take({ id: 'a', handle: 'handle-of-a' }), 'pending-of-a');
  });

  test('yields nothing that has expired, or that is not its own', () => {
    store.put(login('a'));
    now = 100;
    assert.equal(store.take({ handle: 'handle-of-a' }), undefined);
    for (const text of ['x', 'null', '1', '{}']) {
      storage.setItem('relyingparty-login-odd', text);
      assert.equal(store.take({ handle: 'odd' }), undefined);
    }
    assert.equal(store.take({ handle: undefined }), undefined);
  });

  test('clears away what expired, and nothing of others', () => {
    storage.setItem('theirs', 'x');
    store.put(login('a', 10));
    now = 10;
    store.put(login('b'));
    assert.deepEqual(storage.names(), ['theirs', 'relyingparty-login-handle-of-b']);
  });
});

test('e1_a_server_with_session_storage_is_not_a_page', (t) => {
  t.after(() => delete globalThis.sessionStorage);
  globalThis.sessionStorage = tab();
  assert.ok(defaultStore(clock) instanceof MemoryStore);
});

test('the default of a page is its tab', (t) => {
  t.after(() => {
    delete globalThis.document;
    delete globalThis.sessionStorage;
  });
  globalThis.document = {};
  globalThis.sessionStorage = tab();
  assert.ok(defaultStore(clock) instanceof SessionStorageStore);
});

/** A `Storage`. */
function tab() {
  const entries = new Map();
  return {
    get length() {
      return entries.size;
    },
    names: () => [...entries.keys()],
    key: (position) => [...entries.keys()][position] ?? null,
    getItem: (name) => entries.get(name) ?? null,
    setItem: (name, value) => void entries.set(name, value),
    removeItem: (name) => void entries.delete(name),
  };
}
