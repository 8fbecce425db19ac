// What grows with the key set, and with the logins that wait.

import { MemoryStore, Ours } from './ours.mjs';
import { alone, show } from './rounds.mjs';

/** As long as a pending login's text is. */
const pending = 'p'.repeat(600);

export async function keys(group, work, rounds) {
  const many = work.many_keys.keys;
  for (const count of [1, 10, 100, many.length]) {
    const ours = new Ours(work, { keys: many.slice(-count) });
    await alone(group, `Node: verify ES256, ${count} keys`, rounds, () => ours.verify(work.id_tokens.ES256));
  }
}

export async function logins(group, rounds) {
  // A smoke run, of a few rounds, leaves the million out.
  for (const count of rounds > 5 ? [1, 10_000, 1_000_000] : [1, 10_000]) {
    let now = 0;
    const store = new MemoryStore({ limit: 2 * count + 1, clock: () => now });
    for (let number = 0; number < count; number += 1) store.put({ id: `login-${number}`, pending, expires_at: 600 });

    await alone(group, `MemoryStore in Node: put and take, ${count} pending`, rounds, () => {
      store.put({ id: 'another', pending, expires_at: 600 });
      return store.take({ id: 'another' });
    });
    now = 601;
    const started = performance.now();
    store.put({ id: 'late', pending, expires_at: 1_201 });
    const each = ((performance.now() - started) * 1000) / count;
    show(group, `MemoryStore in Node: expire each of ${count}`, [each]);
    if (store.size !== 1) throw new Error('what has expired is still there');
  }
}
