// Attacks that the npm package, its module or its transport decides; the ids are those of SECURITY.md.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import * as rp from '../dist/node/entry_node.js';
import { fetchTransport } from '../js/fetch.js';
import { ISSUER, NOW, REGISTRATION, entropy, idToken, jsonReply, memoryProvider } from './memory_provider.mjs';

/** The module as it is loaded, which happens when it is first used. */
let instance;
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...args) {
    super(...args);
    instance = this;
  }
};

const party = (provider, options) =>
  new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: provider.transport,
    clock: () => NOW,
    entropy: entropy(),
    ...options,
  });

test('b10_e1_a_login_is_finished_once_and_only_with_its_own_id', async () => {
  const client = party(memoryProvider());
  const [mine, other] = [await client.authorize(), await client.authorize()];
  const back = `?code=c&state=${new URL(mine.url).searchParams.get('state')}`;
  for (const id of [undefined, '', 'guess', mine.handle, mine.cookie_name])
    await assert.rejects(client.callback(back, id), { code: 'no_pending_login' });
  await assert.rejects(client.callback(back, other.id), { code: 'state_mismatch' });
  const denied = `?error=access_denied&state=${new URL(mine.url).searchParams.get('state')}`;
  await assert.rejects(client.callback(denied, mine.id), { code: 'provider_error' });
  await assert.rejects(client.callback(denied, mine.id), { code: 'no_pending_login' });
});

test('e14_a_source_of_randomness_that_fails_starts_no_login', async () => {
  const provider = memoryProvider();
  const put = [];
  const store = { put: (login) => put.push(login), take() {} };
  const failing = () => {
    throw new Error('no randomness');
  };
  await assert.rejects(party(provider, { store, entropy: failing }).authorize(), /no randomness/);
  for (const weak of [
    (length) => new Uint8Array(length),
    (length) => new Uint8Array(length).fill(255),
    (length) => new Uint8Array(length - 1).map((_, place) => place),
    (length) => new Uint8Array(length).map((_, place) => place % (length / 2)),
    () => new Uint8Array(),
  ])
    await assert.rejects(party(provider, { store, entropy: weak }).authorize(), { code: 'weak_entropy' });
  await assert.rejects(party(provider, { store, entropy: () => undefined }).authorize(), TypeError);
  assert.deepEqual(put, []);
});

test('f1_f11_fetch_is_told_to_send_nothing_of_the_users_and_to_follow_nothing', async () => {
  const told = [];
  const fetch = async (url, init) => {
    told.push(init);
    return Response.json({ issuer: ISSUER });
  };
  const request = {
    kind: 'http',
    endpoint: 'token',
    method: 'POST',
    url: `${ISSUER}/token`,
    headers: [['authorization', 'Basic eA==']],
    body: Buffer.from('a=b'),
    limits: { max_response_bytes: 100, timeout_secs: 1 },
  };
  await fetchTransport({ fetch })(request);
  const { credentials, cache, redirect, referrerPolicy, headers } = told[0];
  assert.deepEqual(
    [credentials, cache, redirect, referrerPolicy],
    ['omit', 'no-store', 'manual', 'no-referrer'],
  );
  assert.deepEqual(headers, request.headers);
});

describe('f7_secrets_of_every_stage', () => {
  const shown = (value) => [
    inspect(value, { depth: 9, getters: true }),
    inspect([value]),
    JSON.stringify(value) ?? '',
    JSON.stringify({ value, list: [value] }),
    String(value),
    `${Object.values(value).map(String)}`,
    Object.entries(value).join(),
    inspect({ ...value }, { depth: 9 }),
  ];
  const canaries = (secrets) => (value) => {
    for (const text of shown(value)) {
      const found = secrets.filter((secret) => text.includes(secret));
      assert.deepEqual(found, [], text);
    }
  };

  test('are in nothing that is printed', async () => {
    const provider = memoryProvider();
    const store = new rp.MemoryStore();
    const client = party(provider, { store, client_secret: 'canary-client-secret' });
    const session = await provider.login(client);
    const login = await client.authorize();
    const asked = new URL(login.url).searchParams;
    const secrets = ['canary', 'Basic ', session.id_token, login.id, asked.get('state'), asked.get('nonce')];
    const params = rp.CallbackParams.parse(`?code=canary-code&state=${asked.get('state')}`);
    const { flow, code } = await inside();
    for (const value of [client, session, login, params, store, client.cache, flow, code, flow.request])
      canaries(secrets)(value);
    for (const request of provider.requests) canaries(secrets)(request);
  });

  test('are in no error of any stage, its stack or its cause', async () => {
    const failures = {
      discovery: jsonReply({ issuer: 'https://elsewhere.example', canary: 'canary' }),
      jwks: { ...jsonReply({}), body: Buffer.from('canary') },
      token: jsonReply({ access_token: ['canary'], error: 'canary\n' }, 400),
    };
    const errors = [];
    const caught = (work) => work.then(assert.fail, (error) => errors.push(error));
    for (const [endpoint, reply] of Object.entries(failures)) {
      const provider = memoryProvider();
      provider.replies[endpoint] = () => reply;
      await caught(provider.login(party(provider, { client_secret: 'canary-client-secret' })));
    }
    const client = party(memoryProvider());
    await caught(client.verify('a.b.canary'));
    await caught(client.verify(`${idToken({ nonce: 'canary' }).slice(0, -8)}AAAAAAAA`, { nonce: 'canary' }));
    await caught(client.restore('{"canary'));
    await caught(client.callback('?code=canary&code=canary', 'canary'));
    await caught(client.callback('?code=canary&state=canary', 'canary'));
    await caught(client.authorize({ id_token_hint: 'canary' }));
    await caught(client.verify({ canary: 'canary' }));
    assert.throws(
      () => party(memoryProvider(), { secret: 'canary' }),
      (error) => errors.push(error) > 0,
    );
    assert.ok(errors.length > 10);
    for (const error of errors) {
      canaries(['canary'])(error);
      for (const text of [error.stack, String(error.cause), inspect(error.cause), error.message])
        assert.doesNotMatch(text ?? '', /canary/);
    }
  });

  test('are in nothing that is written to the console', async (t) => {
    const written = [];
    for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace'])
      t.mock.method(console, name, (...words) => written.push(words));
    const provider = memoryProvider();
    const client = party(provider);
    await client.refresh(await provider.login(client));
    await client.verify('canary').catch(() => undefined);
    assert.deepEqual(written, []);
  });

  /** A code and the flow that exchanges another. */
  async function inside() {
    const context = { clock: () => NOW };
    const provider = memoryProvider();
    const found = await rp.run(rp.Provider.discover(ISSUER, context), provider.transport);
    const client = new rp.Client(found, { ...REGISTRATION, client_secret: 'canary-client-secret' }, context);
    const draw = entropy();
    const code = () => {
      const { url, pending } = client.authorize({}, draw(32));
      const state = new URL(url).searchParams.get('state');
      return client.callback(pending, rp.CallbackParams.parse(`?code=canary-code&state=${state}`));
    };
    return { code: code(), flow: client.exchange(code()) };
  }
});

/** The modules as they are published. */
const small = new WebAssembly.Module(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));
const full = new WebAssembly.Module(readFileSync(new URL('../dist/full/relyingparty.wasm', import.meta.url)));

// What is freed in the module's memory is not erased, and nothing else is promised: it does not become more, and the
// figure says how much is found by who looks.
test('g3_the_memory_of_the_module_does_not_grow_with_the_logins', async (t) => {
  const provider = memoryProvider();
  const client = party(provider);
  const token = (which) => `canary-number-${which}-`.padEnd(48, 'x');
  const tokens = provider.replies.token;
  let number = 0;
  provider.replies.token = (request) => {
    const { body } = tokens(request);
    return jsonReply({ ...JSON.parse(body), access_token: token(number) });
  };
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const memoryAfter = async (logins) => {
    for (; number < logins; number += 1) {
      await provider.login(client);
      if (number % 20 === 0) {
        collect();
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    return Buffer.from(instance.exports.memory.buffer);
  };
  const early = (await memoryAfter(100)).length;
  const memory = await memoryAfter(400);
  const found = Array.from({ length: 400 }, (_, which) => token(which)).filter((text) => memory.includes(text));
  t.diagnostic(`${memory.length / 2 ** 20} MiB after 400 logins, ${found.length} of their access tokens in it`);
  assert.ok(memory.length <= early + 2 ** 17, `${memory.length} bytes, not ${early}`);
});

test('g4_the_module_signs_nothing_and_takes_no_private_key', () => {
  for (const module of [small, full]) {
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    assert.ok(names.length > 20);
    assert.deepEqual(names.filter((name) => /sign(?!ature|ing)|private|decrypt|unwrap/i.test(name)), []);
  }
  assert.deepEqual(Object.keys(rp).filter((name) => /sign|private|decrypt/i.test(name)), []);
});
