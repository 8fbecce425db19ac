// A flood of logins that nobody finishes. Each says its figure.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MemoryStore } from '../js/stores.js';

const LOGINS = 1_000_000;

/** A store after a flood, and the mebibytes that it took; `pending` makes the text of a login. */
function flood(limit, clock, pending) {
  const before = process.memoryUsage().rss;
  const store = new MemoryStore({ ...(limit && { limit }), clock });
  for (let number = 0; number < LOGINS; number += 1) {
    store.put({ id: String(number).padStart(43, '0'), pending: pending(number), expires_at: clock() + 600 });
  }
  return { store, used: (process.memoryUsage().rss - before) / 2 ** 20 };
}

test('e13_a_million_pending_logins_are_ten_thousand', (t) => {
  const { store, used } = flood(undefined, () => 0, () => 'x'.repeat(420));
  t.diagnostic(`a flood of ${LOGINS} logins: ${store.size} kept, ${used.toFixed(0)} MiB`);
  assert.equal(store.size, 10_000);
  assert.ok(used < 256);
});

test('e13_a_million_pending_logins_stay_in_bounds_and_expire', (t) => {
  let now = 0;
  // Each its own text, as long as a login's.
  const text = Buffer.alloc(420, 'x');
  const pending = (number) => {
    text.write(String(number));
    return text.toString('latin1');
  };
  const { store, used } = flood(LOGINS, () => now, pending);
  t.diagnostic(`${LOGINS} logins with room for all of them: ${used.toFixed(0)} MiB`);
  assert.equal(store.size, LOGINS);
  assert.ok(used < 1500);
  now = 600;
  assert.equal(store.take({ id: '5'.padStart(43, '0') }), undefined);
  store.put({ id: 'next', pending: 'x', expires_at: now + 600 });
  assert.equal(store.size, 1);
});
