// U6, U7, U8: what waits does not wait for ever, what is kept does not grow, and a refresh token is sent once.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as rp from '../dist/node/entry_node.js';
import { Flights, Recent } from '../js/flights.js';
import {
  ISSUER,
  NOW,
  REGISTRATION,
  entropy,
  idToken,
  jsonReply,
  memoryProvider,
} from './memory_provider.mjs';

const QUICK = { metadata_timeout_secs: 1, token_timeout_secs: 1 };
const party = (provider, options) =>
  new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: provider.transport,
    clock: () => NOW,
    entropy: entropy(),
    policy: QUICK,
    ...options,
  });
const outcome = (work) =>
  work.then(
    () => 'ok',
    ({ code }) => code,
  );
async function within(seconds, work) {
  let timer;
  const late = new Promise(
    (_, reject) => (timer = setTimeout(() => reject(new Error('it hangs')), seconds * 1000)),
  );
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

describe('u8_a_transport_that_asks_the_relying_party_that_called_it', () => {
  for (const [endpoint, ask] of [
    ['discovery', (client) => client.authorize()],
    ['jwks', (client) => client.verify(idToken())],
  ]) {
    for (const [which, times] of [
      ['once', 1],
      ['whenever it is asked', Infinity],
    ]) {
      test(`goes on: ${endpoint}, ${which}`, async () => {
        const provider = memoryProvider();
        let left = times;
        const inner = [];
        const transport = async (request) => {
          if (request.endpoint === endpoint && (left -= 1) >= 0) inner.push(await outcome(ask(client)));
          return provider.transport(request);
        };
        const client = party(provider, { transport });
        assert.equal(await within(10, outcome(ask(client))), 'ok');
        assert.ok(
          inner.every((code) => ['ok', 'unreachable'].includes(code)),
          inner.join(),
        );
        assert.ok(inner.length <= 3, `${inner.length}`);
        assert.equal(await within(10, outcome(ask(client))), 'ok');
      });
    }
  }

  test('gets no second refresh of a session inside the first, and its refresh token is sent once', async () => {
    const provider = rotating();
    const inner = [];
    const transport = async (request) => {
      if (request.endpoint === 'token' && Buffer.from(request.body).includes('refresh_token='))
        inner.push(await outcome(client.refresh(session)));
      return provider.transport(request);
    };
    const client = party(provider, { transport });
    const session = await provider.login(client);
    assert.equal(await within(10, outcome(client.refresh(session))), 'ok');
    assert.deepEqual(inner, ['unreachable']);
    assert.equal(provider.spent.length, 1);
  });

  test('ends with an answer where it never ends itself', async () => {
    const provider = memoryProvider();
    const client = party(provider, { transport: () => new Promise(() => {}) });
    const asked = [outcome(client.authorize()), outcome(client.authorize())];
    assert.deepEqual(await within(10, Promise.all(asked)), ['unreachable', 'unreachable']);
  });
});

/** A provider that rotates refresh tokens and ends the grant when one is used twice. */
function rotating() {
  const provider = memoryProvider();
  provider.spent = [];
  const first = provider.replies.token;
  provider.replies.token = async (request) => {
    const token = new URLSearchParams(Buffer.from(request.body).toString()).get('refresh_token');
    if (token === null) return first(request);
    if (provider.spent.includes(token)) return jsonReply({ error: 'invalid_grant' }, 400);
    provider.spent.push(token);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const number = provider.spent.length;
    return jsonReply({
      access_token: `access-${number}`,
      refresh_token: `${token}-${number}`,
      token_type: 'Bearer',
    });
  };
  return provider;
}

describe('u8_concurrent_refreshes_of_a_session_are_one_request', () => {
  test('also when it was restored from its text twice, by relying parties of their own', async () => {
    const provider = rotating();
    const clients = [party(provider), party(provider), party(provider)];
    const { encoded } = await provider.login(clients[0]);
    const sessions = await Promise.all(
      clients.flatMap((client) => [client.restore(encoded), client.restore(encoded)]),
    );
    const fresh = await Promise.all(sessions.map((session, at) => clients[at >> 1].refresh(session)));
    assert.equal(new Set(fresh).size, 1);
    assert.equal(provider.spent.length, 1);
    // A moment too late, with the session from before.
    assert.equal(await clients[1].refresh(await clients[1].restore(encoded)), fresh[0]);
    assert.equal(provider.spent.length, 1);
    await clients[2].refresh(fresh[0]);
    assert.equal(provider.spent.length, 2);
  });

  test('relying parties that judge differently refresh one after the other, and spend no token twice', async () => {
    const provider = rotating();
    const strict = party(provider);
    const lenient = party(provider, { policy: { ...QUICK, allowed_skew_secs: 120 } });
    const session = await provider.login(strict);
    const fresh = await Promise.all([strict, lenient].map((one) => one.refresh(session)));
    assert.notEqual(fresh[0].refresh_token, fresh[1].refresh_token);
    assert.equal(provider.spent.length, 2);
    assert.equal(new Set(provider.spent).size, 2);
  });

  test('and one that fails is tried again, and is the same over another transport, another for another client', async () => {
    const provider = rotating();
    const client = party(provider);
    const session = await provider.login(client);
    const tokens = provider.replies.token;
    provider.replies.token = () => {
      throw new Error('down');
    };
    assert.deepEqual(await Promise.all([session, session].map((one) => outcome(client.refresh(one)))), [
      'unreachable',
      'unreachable',
    ]);
    provider.replies.token = tokens;
    const other = rotating();
    const elsewhere = party(other);
    assert.deepEqual(await Promise.all([client, elsewhere].map((one) => outcome(one.refresh(session)))), ['ok', 'ok']);
    assert.equal(await outcome(elsewhere.refresh(session)), 'ok');
    assert.equal(provider.spent.length + other.spent.length, 1);
    const another = party(provider, { client_id: 'other' });
    assert.equal(await outcome(another.refresh(session)), 'session_mismatch');
  });

  test('and nothing that is printed shows the tokens by which they are known', async () => {
    const provider = rotating();
    const client = party(provider);
    const session = await provider.login(client);
    await client.refresh(session);
    for (const text of [
      inspect(client, { depth: 9, showHidden: true }),
      JSON.stringify(client),
      inspect({ ...client }),
    ])
      assert.doesNotMatch(text, /canary/);
  });
});

describe('u6_what_is_remembered', () => {
  test('of flights is nothing once they landed, well or not', async () => {
    const flights = new Flights();
    let sent = 0;
    for (let number = 0; number < 3; number += 1) {
      const ends = number % 2 ? () => Promise.resolve(1) : () => Promise.reject(new Error('down'));
      const work = (expect) => {
        sent += 1;
        expect(1);
        return ends();
      };
      await Promise.allSettled([flights.join('a', work), flights.join('a', work)]);
      await new Promise(setImmediate);
    }
    assert.equal(sent, 3);
  });

  test('of a failed discovery is nothing: each is asked for anew', async () => {
    const provider = memoryProvider();
    const { discovery } = provider.replies;
    provider.replies.discovery = () => {
      throw new Error('down');
    };
    const client = party(provider);
    assert.equal(await outcome(client.authorize()), 'unreachable');
    provider.replies.discovery = discovery;
    assert.equal(await outcome(party(provider, { cache: new rp.Cache() }).authorize()), 'ok');
  });

  test('of what was done a moment ago goes with the moment, and beyond a bound', async () => {
    const recent = new Recent(30, 3);
    for (const name of ['a', 'b', 'c', 'd']) recent.set(name, name);
    assert.deepEqual([recent.size, recent.get('a'), recent.get('d')], [3, undefined, 'd']);
    assert.doesNotMatch(inspect(recent, { depth: 9, showHidden: true }) + JSON.stringify(recent), /'d'|"d"/);
    await new Promise((resolve) => setTimeout(resolve, 80));
    assert.deepEqual([recent.size, recent.get('d')], [0, undefined]);
  });
});

describe('u7_a_callback_that_names_no_login', () => {
  const asking = () => {
    const asked = [];
    const store = { put() {}, take: (login) => void asked.push(login) };
    return { asked, store };
  };

  test('asks no store', async () => {
    const { asked, store } = asking();
    const client = party(memoryProvider(), { store });
    const state = new URL((await client.authorize()).url).searchParams.get('state');
    const ids = [
      '',
      'x',
      '*',
      '../x',
      'sess:victim',
      'x'.repeat(42),
      'x'.repeat(44),
      `${'x'.repeat(42)}\n`,
      `${'x'.repeat(43)}\n`,
      `${'x'.repeat(42)}é`,
      `${'x'.repeat(42)}=`,
      '__proto__',
    ];
    for (const id of ids)
      await assert.rejects(client.callback(`?code=c&state=${state}`, id), { code: 'no_pending_login' });
    for (const answer of ['?code=c', '?error=access_denied', '?error=1', ''])
      await assert.rejects(client.callback(answer, 'x'.repeat(43)), { code: 'state_missing' });
    await assert.rejects(client.callbackFormPost('code=c', 'x'.repeat(43)), { code: 'state_missing' });
    assert.deepEqual(asked, []);
  });

  test('asks no store of a page either, nor names a cookie', async () => {
    const { asked, store } = asking();
    const client = party(memoryProvider(), { store: { ...store, in_page: true } });
    await assert.rejects(client.callback('?error=1'), { code: 'state_missing' });
    await assert.rejects(client.callback('?code=c&state=x', 'sess:victim'), { code: 'no_pending_login' });
    assert.deepEqual(asked, []);
    assert.equal(await client.cookieName('?error=1'), undefined);
    assert.equal(rp.CallbackParams.parse('?code=c').cookie_name, undefined);
  });
});

describe('a_callback_of_another_login', () => {
  for (const [where, made] of [
    ['a store of ours', () => new rp.MemoryStore({ clock: () => NOW })],
    [
      'a store of the host’s',
      () => {
        const kept = new Map();
        return {
          put: async ({ id, pending }) => void kept.set(id, pending),
          take: async ({ id }) => {
            const pending = kept.get(id) ?? null;
            kept.delete(id);
            return pending;
          },
        };
      },
    ],
  ])
    test(`leaves the one that waits in ${where} as it was`, async () => {
      const provider = memoryProvider();
      const client = party(provider, { store: made() });
      const { url, id } = await client.authorize();
      const query = new URL(url).searchParams;
      for (const [answer, code] of [
        ['?state=x&error=access_denied', 'state_mismatch'],
        ['?state=x&code=c', 'state_mismatch'],
        ['?state=&code=c', 'state_missing'],
        ['?state=x&state=y', 'callback_duplicate'],
      ])
        await assert.rejects(client.callback(answer, id), { code });
      const session = { access_token: 'a', token_type: 'Bearer', id_token: idToken({ nonce: query.get('nonce') }) };
      provider.replies.token = () => jsonReply(session);
      const answer = `?code=c&state=${query.get('state')}`;
      assert.equal((await client.callback(answer, id)).claims.sub, 'alice');
      await assert.rejects(client.callback(answer, id), { code: 'no_pending_login' });
    });
});

test('a key that changes while somebody else fetches keys costs no login', async () => {
  const provider = memoryProvider();
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const before = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] };
  const { jwks: now, token } = provider.replies;
  const fetches = [];
  let answered;
  const tokens = new Promise((resolve) => (answered = resolve));
  provider.replies.jwks = async () => {
    fetches.push('jwks');
    if (fetches.length > 1) return now();
    await tokens;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return jsonReply(before);
  };
  provider.replies.token = () => {
    answered();
    return token();
  };
  const client = party(provider);
  const stranger = assert.rejects(client.verify(idToken()), { code: 'bad_signature' });
  while (fetches.length === 0) await new Promise(setImmediate);
  assert.equal((await provider.login(client)).claims.sub, 'alice');
  await stranger;
  assert.equal(fetches.length, 2);
});
