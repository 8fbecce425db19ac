// Sessions of single-page applications, as far as they go without a page; the rest is driven in Chromium by examples/spa.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { get, derived } from 'svelte/store';
import { createApp, effectScope, isReadonly } from 'vue';

import { RelyingParty } from '../dist/small/entry_web.js';
import { SessionError, createSession, sessionErrorCodes } from '../dist/session/index.js';
import { sessionStore } from '../dist/session/session_svelte.js';
import { sessionPlugin, useSession } from '../dist/session/session_vue.js';

const registered = { issuer: 'https://op.example', client_id: 'c', redirect_uri: 'https://app.example/' };
const rp = new RelyingParty(registered);
const TYPES = new URL('../types/', import.meta.url);
const types = (file) => readFileSync(new URL(file, TYPES), 'utf8');

describe('options that cannot work are refused by name', () => {
  const refused = [
    [undefined, 'options'],
    [{}, 'rp'],
    [{ rp: {} }, 'rp'],
    [{ rp, storage: 'cookies' }, 'storage'],
    [{ rp, storage: 'constructor' }, 'storage'],
    [{ rp, storage: { get() {} } }, 'storage'],
    [{ rp, storage: undefined }, 'storage'],
    [{ rp, margin_secs: -1 }, 'margin_secs'],
    [{ rp, margin_secs: '60' }, 'margin_secs'],
    [{ rp, clock: 0 }, 'clock'],
    [{ rp, navigate: '/' }, 'navigate'],
    [{ rp, store: 'memory' }, 'store'],
  ];
  for (const [options, member] of refused)
    test(`${member}: ${options && String(options[member])}`, () => {
      assert.throws(() => createSession(options), (error) => {
        assert.ok(error instanceof SessionError);
        assert.equal(error.name, 'SessionError');
        assert.deepEqual([error.code, error.details.member], ['invalid_options', member]);
        return true;
      });
    });
});

describe('on a server', () => {
  const session = createSession({ rp, storage: 'localStorage' });

  test('nobody knows who is signed in, and nothing begins', () => {
    assert.deepEqual(session.get(), { status: 'starting' });
    assert.equal(session.get(), session.get());
    assert.ok(Object.isFrozen(session.get()));
  });

  test('what needs a page says so', async () => {
    for (const verb of ['logIn', 'logInWithPopup', 'callback', 'fresh', 'refresh', 'logOut'])
      await assert.rejects(async () => session[verb](), { code: 'not_a_page' }, verb);
  });
});

test('the types list every code', () => {
  const listed = Array.from(types('session.d.ts').split('SessionErrorCode =')[1].split(';')[0].matchAll(/'(\w+)'/g), ([, code]) => code);
  assert.deepEqual(listed, sessionErrorCodes());
});

test('what the types declare is what is exported', async () => {
  for (const [file, built] of [
    ['session', 'index'],
    ['react', 'session_react'],
    ['vue', 'session_vue'],
    ['svelte', 'session_svelte'],
  ]) {
    const declared = Array.from(types(`${file}.d.ts`).matchAll(/^export (?:class|function|const) (\w+)/gm), ([, name]) => name);
    assert.deepEqual(declared.sort(), Object.keys(await import(`../dist/session/${built}.js`)).sort(), file);
  }
});

test('the verbs are those of the types', () => {
  const verbs = types('session.d.ts').split('interface SessionVerbs')[1].split('\n}')[0];
  const names = Array.from(verbs.matchAll(/^ {2}(\w+)[(:]/gm), ([, name]) => name);
  assert.deepEqual(['get', 'subscribe', ...names].sort(), Object.keys(createSession({ rp })).sort());
});

test('a relying party goes on with what another one remembered, unless it remembers something itself', async () => {
  const first = new RelyingParty(registered);
  await first.cookieName('?');
  const text = first.cache.toJson();
  const second = new RelyingParty(registered);
  await second.recall(text);
  assert.equal(second.cache.toJson(), text);
  const { cache } = second;
  await second.recall(text);
  assert.equal(second.cache, cache);
  await assert.rejects(new RelyingParty(registered).recall('{'), { code: 'unreadable_cache' });
  assert.deepEqual([second.issuer, second.client_id, second.redirect_uri], Object.values(registered));
});

/** A session whose state is set by hand. */
function scripted() {
  const listeners = new Set();
  let state = Object.freeze({ status: 'starting' });
  return {
    listeners,
    become(next) {
      state = Object.freeze(next);
      for (const listener of listeners) listener();
    },
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    logIn: async () => 'left',
  };
}

test('in Vue the state is a ref that follows the session, for as long as its component', async () => {
  const session = scripted();
  const scope = effectScope();
  const used = createApp({}).use(sessionPlugin(session)).runWithContext(() => scope.run(() => useSession()));
  assert.equal(used.state.value.status, 'starting');
  const claims = Object.freeze({ sub: 'alice' });
  session.become({ status: 'signed_in', claims });
  assert.equal(used.state.value.claims, claims);
  assert.ok(isReadonly(used.state));
  assert.equal(await used.logIn(), 'left');
  scope.stop();
  assert.equal(session.listeners.size, 0);
});

test('in Vue a session that nobody gave is an error', () => {
  assert.throws(() => createApp({}).runWithContext(() => useSession()), /sessionPlugin/);
});

test('in Svelte the session is a readable store', async () => {
  const session = scripted();
  const store = sessionStore(session);
  assert.equal(get(store).status, 'starting');
  const seen = [];
  const stop = derived(store, ({ status }) => status).subscribe((status) => seen.push(status));
  session.become({ status: 'signed_out' });
  session.become({ status: 'signed_in' });
  stop();
  assert.deepEqual(seen, ['starting', 'signed_out', 'signed_in']);
  assert.equal(session.listeners.size, 0);
  assert.equal(await store.logIn(), 'left');
});

test('the stores for Vue and Svelte have less than 60 lines', () => {
  for (const name of ['vue', 'svelte']) {
    const text = readFileSync(new URL(`../js/session_${name}.js`, import.meta.url), 'utf8');
    assert.ok(text.split('\n').length < 60, name);
  }
});
