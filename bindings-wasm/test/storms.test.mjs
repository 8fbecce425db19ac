// Many at once and for long, in simulated time. Each says its figure.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StormProvider } from './storm_provider.mjs';

const COOLDOWN = 30;
const outcome = (work) => work.then(() => 'ok', ({ code }) => code);

test('d1_twenty_thousand_unknown_kids_fetch_at_most_once_a_cooldown', async (t) => {
  const provider = new StormProvider();
  const rp = provider.relyingParty();
  const tokens = Array.from({ length: 1000 }, (_, number) => provider.tokenOfNobody(`kid-${number}`));
  const started = provider.now;
  for (let round = 0; round < 20; round += 1) {
    const outcomes = await Promise.all(tokens.map((token) => outcome(rp.verify(token))));
    assert.deepEqual(new Set(outcomes), new Set(['unknown_key']));
    provider.now += 15;
  }
  const seconds = provider.now - started;
  t.diagnostic(`20000 unknown kids in ${seconds} s: ${provider.counts.jwks} fetches of keys`);
  assert.ok(provider.counts.jwks <= 1 + seconds / COOLDOWN);
});

test('d1_a_thousand_logins_across_a_rotation_all_succeed', async (t) => {
  const provider = new StormProvider();
  const rp = provider.relyingParty();
  await provider.login(rp);
  provider.now += 60;
  const before = provider.counts.jwks;
  const logins = Array.from({ length: 1000 }, async (_, number) => {
    for (let turns = number / 10; turns > 0; turns -= 1) await undefined;
    if (number === 500) provider.rotate('k2');
    return provider.login(rp);
  });
  assert.deepEqual(new Set(await Promise.all(logins)), new Set(['alice']));
  const fetches = provider.counts.jwks - before;
  t.diagnostic(`1000 logins at once across a rotation: ${fetches} fetches of keys`);
  assert.equal(fetches, 1);
});

test('d3_d4_an_outage_is_survived_until_the_hard_age_and_no_longer', async (t) => {
  const provider = new StormProvider();
  const rp = provider.relyingParty();
  const check = () => outcome(rp.verify(provider.idToken()));
  assert.equal(await check(), 'ok');
  provider.down = true;
  const asked = () => provider.counts.jwks + provider.counts.discovery;
  const before = asked();
  for (let second = 0; second < 3600; second += 2) {
    provider.now += 2;
    assert.equal(await check(), 'ok');
  }
  t.diagnostic(`down for an hour, a token every two seconds: 1800 good, ${asked() - before} attempts`);
  assert.ok(asked() - before <= 2 * (1 + 3600 / COOLDOWN));
  provider.now += 86_400 - 3600;
  assert.match(await check(), /unreachable|keys_unavailable/);
  provider.down = false;
  provider.now += COOLDOWN;
  assert.equal(await check(), 'ok');
});

test('d1_a_clock_that_jumps_a_day_costs_a_fetch_of_each', async () => {
  const provider = new StormProvider();
  const rp = provider.relyingParty();
  for (let jump = 0; jump < 20; jump += 1) {
    provider.now += jump % 2 === 0 ? -86_400 : 86_400;
    const { jwks, discovery } = provider.counts;
    for (let second = 0; second < 30; second += 1) {
      provider.now += 1;
      assert.equal(await outcome(rp.verify(provider.idToken())), 'ok');
    }
    assert.deepEqual([provider.counts.jwks - jwks, provider.counts.discovery - discovery], [1, 1]);
  }
});
