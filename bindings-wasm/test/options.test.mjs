// U1, U13: nothing that is missing, null, empty or merely truthy makes a check go away or trust grow.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as rp from '../dist/node/entry_node.js';
import { nodeTransport } from '../dist/node/node.js';
import { TLS, hostileServer } from './hostile.mjs';
import {
  ISSUER,
  NOW,
  REGISTRATION,
  entropy,
  idToken,
  memoryProvider,
} from './memory_provider.mjs';
import { ANSWER, EXPECTATIONS, GOOD, LOGOUT, METADATA, REQUEST, TOKENS } from './option_tree.mjs';

const REFUSED = { name: 'ConfigurationError', category: 'Configuration' };
const client = () =>
  new rp.Client(rp.Provider.fromMetadata(ISSUER, METADATA), REGISTRATION, { clock: () => NOW });
const party = new rp.RelyingParty({
  issuer: ISSUER,
  ...REGISTRATION,
  transport: memoryProvider().transport,
  clock: () => NOW,
});
const session = await party.refreshToken('x', 'alice').then(({ session }) => session);
/** By name: who reads such options, at once. */
const DOORS = {
  'new RelyingParty': { good: GOOD(), read: (options) => new rp.RelyingParty(options) },
  authorize: { good: REQUEST, read: (request) => client().authorize(request, entropy()(32)) },
  refresh: { good: TOKENS, read: (request) => client().refresh(session, request) },
  refreshToken: { good: TOKENS, read: (request) => client().refreshToken('x', 'alice', request) },
  verify: { good: EXPECTATIONS, read: (expectations) => client().verify(idToken(ANSWER), expectations) },
  endSession: {
    good: LOGOUT,
    read: (request) =>
      new rp.Client(rp.Provider.fromMetadata(ISSUER, METADATA), {
        ...REGISTRATION,
        end_session_endpoint: `${ISSUER}/logout`,
      }).endSession(request),
  },
  nodeTransport: {
    good: {
      ca_pem: TLS.cert,
      ca_file: fileURLToPath(new URL('tls/cert.pem', import.meta.url)),
      danger_accept_invalid_certs: false,
    },
    read: nodeTransport,
  },
  fetchTransport: { good: { fetch: () => undefined }, read: rp.fetchTransport },
  MemoryStore: { good: { limit: 3, clock: () => NOW }, read: (options) => new rp.MemoryStore(options) },
  SessionStorageStore: {
    good: { storage: { length: 0 }, prefix: 'x', clock: () => NOW },
    read: (options) => new rp.SessionStorageStore(options),
  },
  'Provider.discover': {
    good: { policy: { max_keys: 3 }, cache: new rp.Cache(), clock: () => NOW, allow_insecure_loopback: true },
    read: (context) => rp.Provider.discover(ISSUER, context),
  },
  'Provider.fromMetadata': {
    good: { allow_insecure_loopback: true },
    read: (context) => rp.Provider.fromMetadata(ISSUER, METADATA, context),
  },
  'new Client': {
    good: {
      policy: { max_keys: 3 },
      cache: new rp.Cache(),
      clock: () => NOW,
      sealing_keys: [entropy()(32)],
    },
    read: (context) => new rp.Client(rp.Provider.fromMetadata(ISSUER, METADATA), REGISTRATION, context),
  },
};

const isPlain = (value) =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
/** Where in a tree of options a value stands, as the names on the way to it. */
function* places(tree, way = []) {
  for (const name of Object.keys(tree)) {
    yield [...way, name];
    if (isPlain(tree[name]) && name !== 'storage') yield* places(tree[name], [...way, name]);
  }
}
/** The tree with another value there. */
function changed(tree, [name, ...way], value) {
  return { ...tree, [name]: way.length > 0 ? changed(tree[name], way, value) : value };
}

const NOTHING = [undefined, null];
/** What is of no option's type. */
const ODD = [
  Symbol('s'),
  10n,
  NaN,
  Infinity,
  new Map([['a', 1]]),
  new Date(0),
  Object.create({ a: 'b' }),
  Object.create({ __proto__: null, a: 'b' }),
  new Boolean(true),
];
/** What is of the type of some options: for which values of another type are no good. */
const OF_TYPES = { string: '', number: 7, boolean: true, function: () => 7, array: [], object: {} };
const typeOf = (value) => (Array.isArray(value) ? 'array' : typeof value);

describe('u1_u13_every_option', () => {
  for (const [door, { good, read }] of Object.entries(DOORS)) {
    test(`of ${door} is read when it is good`, () => assert.ok(read(good)));

    for (const way of places(good)) {
      const name = way.join('.');
      test(`${door}: ${name} is refused when it is nothing or of another type`, () => {
        const here = way.reduce((value, step) => value[step], good);
        const one = name === 'resource' ? ['string'] : [];
        const others = Object.entries(OF_TYPES).filter(([type]) => ![typeOf(here), ...one].includes(type));
        for (const value of [
          ...NOTHING,
          ...(name === 'storage' ? [] : ODD),
          ...others.map(([, value]) => value),
        ]) {
          if (name === 'storage' && typeof value !== 'string') continue;
          if (typeof here === 'object' && !isPlain(here) && !Array.isArray(here) && value?.length === 0)
            continue;
          assert.throws(
            () => read(changed(good, way, value)),
            REFUSED,
            `${name}: ${String(value?.constructor?.name)}`,
          );
        }
        for (const value of NOTHING)
          assert.throws(() => read(changed(good, way, value)), { code: 'invalid_configuration' });
      });

      if (typeOf(way.reduce((value, step) => value[step], good)) === 'array')
        test(`${door}: ${name} is refused when a part of it is nothing`, () => {
          const sparse = ['openid'];
          sparse.length = 2;
          for (const value of [[undefined], [null], sparse, ['openid', null], [['openid']], [7]])
            assert.throws(() => read(changed(good, way, value)), REFUSED);
        });
    }

    test(`${door} refuses what it does not know, and options that are none`, () => {
      assert.throws(() => read({ ...good, misspelt: 1 }), REFUSED);
      for (const value of [
        null,
        '',
        'x',
        1,
        true,
        [],
        () => good,
        Object.create(good),
        Object.create({ __proto__: null, ...good }),
        new Map(),
        Symbol('s'),
      ])
        assert.throws(() => read(value), REFUSED);
    });
  }

  test('u4_has its name in messages by harmless characters alone', async () => {
    const name = '<img src=x onerror="alert(1)">\u202e';
    const party = new rp.RelyingParty({
      issuer: ISSUER,
      ...REGISTRATION,
      transport: memoryProvider().transport,
      clock: () => NOW,
    });
    for (const request of [
      { [name]: 1 },
      { [name]: null },
      { extra: { [name]: null } },
      { claims: { id_token: { [name]: undefined } } },
    ])
      await assert.rejects(party.authorize(request), ({ code, message }) => {
        assert.equal(code, 'invalid_configuration');
        assert.match(message, /^[A-Za-z0-9 ._~:/?#@!$()*+,;=\-[\]\ufffd]*$/u);
        return true;
      });
  });

  test('that is to be true or false takes nothing that is merely truthy', () => {
    for (const value of ['true', 'false', '0', 1, 0, '', {}, [], new Boolean(false)]) {
      assert.throws(() => new rp.RelyingParty({ ...GOOD(), allow_insecure_loopback: value }), {
        code: 'invalid_configuration',
        message: /allow_insecure_loopback/,
      });
      assert.throws(() => nodeTransport({ danger_accept_invalid_certs: value }), {
        code: 'invalid_configuration',
      });
      assert.throws(
        () => new rp.RelyingParty({ ...GOOD(), store: { put() {}, take() {}, in_page: value } }),
        {
          code: 'invalid_configuration',
        },
      );
    }
  });

  test('expectations that are undefined are no expectations that hold', async () => {
    const party = new rp.RelyingParty({
      issuer: ISSUER,
      ...REGISTRATION,
      transport: memoryProvider().transport,
      clock: () => NOW,
    });
    assert.ok(await party.verify(idToken()));
    for (const expectations of NOTHING) {
      await assert.rejects(party.verify(idToken(), expectations), { code: 'invalid_configuration' });
      assert.throws(() => client().verify(idToken(), expectations), { code: 'invalid_configuration' });
    }
    for (const request of NOTHING) {
      await assert.rejects(party.authorize(request), { code: 'invalid_configuration' });
      await assert.rejects(party.endSession(undefined, request), { code: 'invalid_configuration' });
    }
    assert.ok(await party.authorize());
    await assert.rejects(party.authorize({ claims: { id_token: { sub: { value: undefined } } } }), {
      code: 'invalid_configuration',
    });
  });

  const IMPOSSIBLE = [
    [{ client_secret: process.env.NO_SUCH_SECRET }, 'invalid_configuration'],
    [{ redirect_uri: '/cb' }, 'invalid_configuration'],
    [{ client_id: '' }, 'invalid_configuration'],
    [{ scopes: 'openid profile' }, 'invalid_configuration'],
    [{ policy: { allowed_skew_secs: 600 } }, 'policy_out_of_range'],
    [{ issuer: 'http://op.example' }, 'invalid_issuer'],
    [{ issuer: 'x'.repeat(2 ** 25) }, 'invalid_configuration'],
    [{ policy: { preset: 'x'.repeat(2 ** 25) } }, 'invalid_configuration'],
    [{ client_secret: '' }, 'invalid_configuration'],
    [{ redirect_uri: 'http://app.example/cb' }, 'invalid_configuration'],
    [{ scopes: ['profile'] }, 'invalid_configuration'],
    [{ token_endpoint_auth_method: 'client_secret_basic' }, 'invalid_configuration'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_configuration'],
    [{ id_token_signed_response_alg: 'HS256', client_secret: 'short' }, 'invalid_configuration'],
    [{ post_logout_redirect_uri: 'javascript:alert(1)' }, 'invalid_configuration'],
    [{ policy: { max_keys: 0 } }, 'policy_out_of_range'],
    [{ policy: { local_hosts: ['*.cluster.local'] } }, 'invalid_configuration'],
    [{ policy: { danger_http_hosts: ['http://keycloak'] } }, 'invalid_configuration'],
    [{ issuer: 'http://keycloak:8080', policy: { danger_http_hosts: ['keycloak:80'] } }, 'invalid_issuer'],
    [{ transport: {} }, 'invalid_configuration'],
    [{ store: new Map() }, 'invalid_configuration'],
  ];

  test('that cannot work with any provider is refused by the constructor, which asks nobody', async () => {
    const asked = [];
    for (const [options, code] of IMPOSSIBLE) {
      const given = {
        issuer: ISSUER,
        ...REGISTRATION,
        transport: (request) => asked.push(request),
        ...options,
      };
      assert.throws(() => new rp.RelyingParty(given), { name: 'ConfigurationError', code });
      await assert.rejects(rp.RelyingParty.create(given), { name: 'ConfigurationError', code });
    }
    const { redirect_uri, ...incomplete } = REGISTRATION;
    assert.throws(() => new rp.RelyingParty({ issuer: ISSUER, ...incomplete }), REFUSED);
    assert.throws(() => new rp.RelyingParty(REGISTRATION), REFUSED);
    assert.equal(typeof redirect_uri, 'string');
    assert.deepEqual(asked, []);
  });

  test('that cannot work is refused by create in the build for browsers too, which asks nobody', async () => {
    const web = await import('../dist/small/entry_web.js');
    const loading = web.init(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));
    const asked = [];
    const transport = (request) => asked.push(request);
    const good = { issuer: ISSUER, ...REGISTRATION, transport };
    // The module is not loaded yet: what the constructor takes here, `create` refuses.
    const late = IMPOSSIBLE.map(([options, code]) => [{ ...good, ...options }, code]);
    const taken = late.filter(([given]) => {
      try {
        return new web.RelyingParty(given);
      } catch {
        return false;
      }
    });
    assert.ok(taken.length > 5);
    for (const [given, code] of late)
      await assert.rejects(web.RelyingParty.create(given), { name: 'ConfigurationError', code });
    await loading;
    assert.ok((await web.RelyingParty.create(good)) instanceof web.RelyingParty);
    assert.deepEqual(asked, []);
  });

  test('is taken as it was when it was given', async () => {
    const scopes = ['openid'];
    const policy = { state_timeout_secs: 60 };
    const options = {
      issuer: ISSUER,
      ...REGISTRATION,
      scopes,
      policy,
      transport: memoryProvider().transport,
      clock: () => NOW,
    };
    const party = new rp.RelyingParty(options);
    scopes.push('profile');
    policy.state_timeout_secs = 600;
    options.clock = () => 0;
    const { url, max_age } = await party.authorize();
    assert.deepEqual([new URL(url).searchParams.get('scope'), max_age], ['openid', 60]);
  });
});

describe('u13_the_default_transport', () => {
  const script = `
    import { RelyingParty } from ${JSON.stringify(new URL('../dist/node/entry_node.js', import.meta.url).href)};
    const rp = new RelyingParty({ issuer: process.argv[1], client_id: 'c', redirect_uri: 'https://app.example/cb' });
    console.log(await rp.authorize().then(() => 'ok', ({ code, message }) => code + ' ' + message));
  `;

  test('trusts whom it trusts whatever the environment says', async (t) => {
    const server = await hostileServer(TLS);
    t.after(() => server.close());
    for (const env of [
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' },
      { ALL_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' },
    ]) {
      const { stdout } = await spawned(
        ['--input-type=module', '-e', script, server.url.replace('127.0.0.1', 'localhost')],
        env,
      );
      assert.match(stdout, /^unreachable .*DEPTH_ZERO_SELF_SIGNED_CERT/);
    }
    assert.deepEqual(server.paths, []);
  });
});

async function spawned(args, env) {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
  let stdout = '';
  child.stdout.on('data', (data) => (stdout += data));
  await new Promise((resolve) => child.on('close', resolve));
  return { stdout };
}
