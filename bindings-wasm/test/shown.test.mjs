// U9: what error reporters, consoles and JSON see of errors and of what verbs yield.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

import { build } from 'esbuild';

import * as rp from '../dist/node/entry_node.js';
import { ISSUER, NOW, REGISTRATION, entropy, idToken, memoryProvider } from './memory_provider.mjs';

const party = (provider, options) =>
  new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    client_secret: 'canary-client-secret',
    transport: provider.transport,
    clock: () => NOW,
    entropy: entropy(),
    ...options,
  });

/** An error as HTTP clients throw it, with all that they were to send. */
class AxiosError extends Error {
  constructor({ headers, body, url }) {
    super('Request failed with status code 502');
    this.config = { url, headers: Object.fromEntries(headers), data: String(body && Buffer.from(body)) };
    this.request = { _header: `authorization: ${this.config.headers.authorization}`, body: this.config.data };
    this.response = { config: this.config, data: this.config.data };
  }

  toJSON() {
    return { message: this.message, config: this.config };
  }
}

const shown = (value) => [
  JSON.stringify(value),
  JSON.stringify({ error: value, list: [value] }),
  JSON.stringify({ ...value }),
  JSON.stringify(Object.entries(value)),
  inspect(value),
  inspect(value, { depth: 9, getters: true }),
  inspect({ nested: [value] }, { depth: 9 }),
  inspect({ ...value }, { depth: 9 }),
  String(value),
  value.stack ?? '',
];
function discreet(value) {
  for (const text of shown(value)) assert.doesNotMatch(text ?? '', /canary|Basic |Y2xpZW50|code_verifier/);
}

describe('u9_the_cause_of_an_error', () => {
  for (const endpoint of ['discovery', 'jwks', 'token', 'userinfo']) {
    test(`is there by name, and in nothing that is printed: ${endpoint}`, async () => {
      const provider = memoryProvider();
      let cause;
      provider.replies[endpoint] = (request) => {
        throw (cause = new AxiosError(request));
      };
      const client = party(provider, { sleep: async () => {} });
      const error = await provider
        .login(client)
        .then((session) => client.userinfo(session))
        .then(assert.fail, (error) => error);
      const code = endpoint === 'jwks' ? 'keys_unavailable' : 'unreachable';
      assert.deepEqual([error.name, error.code], ['TransportError', code]);
      assert.equal(error.cause, cause);
      if (endpoint !== 'jwks') assert.match(error.message, /status code 502/);
      discreet(error);
      assert.match(inspect(error), new RegExp(`TransportError: [^]*at [^]*code: '${code}'`));
      const copied = { ...error, ...Object.assign({}, error) };
      assert.ok(!('cause' in copied));
    });
  }
});

test('u9_what_verbs_yield_shows_no_secret', async () => {
  const provider = memoryProvider();
  const client = party(provider);
  const session = await provider.login(client);
  const login = await client.authorize();
  for (const value of [
    session,
    login,
    await client.userinfo(session),
    await client.restore(session.encoded),
    client,
  ])
    discreet(value);
  for (const secret of [login.id, login.pending, new URL(login.url).searchParams.get('state')])
    for (const text of shown(login)) assert.ok(!text.includes(secret));
});

test('console.log shows what things are', async () => {
  const provider = memoryProvider();
  const client = party(provider);
  const session = await provider.login(client);
  assert.equal(inspect(client), '<RelyingParty client at https://op.example>');
  assert.equal(inspect({ client }), '{ client: <RelyingParty client at https://op.example> }');
  class App extends rp.RelyingParty {}
  const options = { issuer: ISSUER, ...REGISTRATION, client_secret: 'canary-client-secret' };
  assert.equal(inspect(new App(options)), '<App client at https://op.example>');
  assert.match(inspect(session), /^Session \{\n {2}claims: \{\n {4}iss: 'https:\/\/op\.example'/);
  assert.match(inspect({ a: { b: { session } } }), /session: \[Session\]/);
  const info = await client.userinfo(session);
  assert.match(inspect(info), /^Verified \{\n {2}claims: \{ sub: 'alice' \}/);
  assert.match(inspect(await client.authorize()), /^Login \{/);
  const context = { cache: client.cache, clock: () => NOW };
  const { result } = rp.Provider.discover(ISSUER, context);
  const things = [client.cache, result, new rp.Client(result, REGISTRATION, context), new rp.MemoryStore()];
  assert.deepEqual(things.map((thing) => inspect(thing)), ['Cache {}', 'Provider {}', 'Client {}', 'MemoryStore {}']);
});

test('classes keep their names in a bundle that is minified', async () => {
  for (const entry of ['node/entry_node.js', 'small/entry_web.js', 'full/entry_web.js']) {
    const path = fileURLToPath(new URL(`../dist/${entry}`, import.meta.url));
    const { outputFiles } = await build({
      ...{ entryPoints: [path], bundle: true, minify: true, write: false, format: 'esm', platform: 'node' },
    });
    const bundle = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
    const classes = Object.entries(bundle).filter(([, value]) => /^class\b/.test(Function.prototype.toString.call(value)));
    const named = classes.filter(([name]) => !name.endsWith('Error'));
    assert.ok(named.length >= 7, entry);
    assert.deepEqual(named.map(([, { name }]) => name), named.map(([name]) => name), entry);
  }
});

describe('u9_calls_reject_with_errors_of_ours', () => {
  const LONE = '\ud800';
  const LONG = 'x'.repeat(2 ** 24 + 1);
  const calls = {
    verify: (client, text) => client.verify(text),
    restore: (client, text) => client.restore(text),
    callback: (client, text) => client.callback(text, text),
    'callback with a state': (client, text) => client.callback(`?code=${text}&state=${text}`, text),
    callbackFormPost: (client, text) => client.callbackFormPost(text, text),
    'verify with a nonce': (client, text) => client.verify(idToken(), { nonce: text }),
    authorize: (client, text) => client.authorize({ login_hint: text }),
    'authorize with claims': (client, text) => client.authorize({ claims: { [text]: text } }),
    endSession: (client, text) => client.endSession(undefined, { state: text }),
    logOut: (client, text) => client.logOut(undefined, { state: text }),
    loggedOut: (client, text) => client.loggedOut(text, text),
    logoutToken: (client, text) => client.logoutToken(text),
    frontChannelLogout: (client, text) => client.frontChannelLogout(`sid=${text}`),
    revoke: (client, text) => client.revoke(text),
    'Cache.fromJson': (_client, text) => rp.Cache.fromJson(text),
    'CallbackParams.parse': (_client, text) => rp.CallbackParams.parse(`?a=${text}&a=${text}`),
    'Provider.fromMetadata': (_client, text) => rp.Provider.fromMetadata(ISSUER, text),
    'Provider.discover': (_client, text) => rp.Provider.discover(text),
    'new RelyingParty': (_client, text) => party(memoryProvider(), { issuer: text, client_id: text }),
  };
  for (const [name, call] of Object.entries(calls)) {
    test(`${name}: of texts with a lone surrogate, and of texts beyond 2^24 characters`, async () => {
      const client = party(memoryProvider());
      for (const text of [LONE, `a${LONE}b`, LONG]) {
        await assert.rejects(
          async () => call(client, text),
          (error) => {
            assert.ok(error instanceof rp.RelyingPartyError, `${name}: ${error.stack}`);
            return true;
          },
        );
      }
    });
  }

  test('of a transport that throws what is no Error, or what cannot be read', async () => {
    const unreadable = {
      get message() {
        throw new Error('canary');
      },
    };
    for (const thrown of [
      undefined,
      null,
      0,
      'no route',
      Symbol('s'),
      {},
      unreadable,
      new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw 1;
          },
        },
      ),
    ]) {
      const throws = () => {
        throw thrown;
      };
      const rejects = () => Promise.reject(thrown);
      for (const transport of [throws, rejects])
        await assert.rejects(party(memoryProvider(), { transport }).authorize(), { code: 'unreachable' });
      for (const verifier of [throws, rejects])
        await assert.rejects(party(memoryProvider(), { verifier }).verify(idToken()), {
          code: 'unreachable',
        });
    }
  });

  test('of a clock that says what is no time', async () => {
    for (const now of [NaN, Infinity, -Infinity, '1', null, undefined, 1n, {}, new Date()])
      await assert.rejects(party(memoryProvider(), { clock: () => now }).verify(idToken()), {
        code: 'implausible_clock',
      });
  });
});
