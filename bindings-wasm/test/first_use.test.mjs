// What a new user gets wrong first, and what the errors say to do about it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as rp from '../dist/node/entry_node.js';
import { nodeTransport } from '../dist/node/node.js';
import { ISSUER, NOW, REGISTRATION, jsonReply, memoryProvider } from './memory_provider.mjs';

const party = (options = {}) =>
  new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: memoryProvider().transport,
    clock: () => NOW,
    ...options,
  });
/** What a call is refused with. */
async function refused(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}
const said = async (call) => (await refused(call)).message;

for (const [misspelt, meant] of Object.entries({
  clientSecret: 'client_secret',
  transprot: 'transport',
  postLogoutRedirectUri: 'post_logout_redirect_uri',
  allow_insecure: 'allow_insecure_loopback',
})) {
  test(`first_use_${misspelt} leads to ${meant}`, async () => {
    const message = await said(() => party({ [misspelt]: 'canary' }));
    assert.ok(message.endsWith(`; did you mean ${meant}?`), message);
    assert.doesNotMatch(message, /canary/);
  });
}

test('first_use_options of policy, verbs and transports are judged alike', async () => {
  assert.match(await said(() => party({ policy: { allowed_skew: 60 } })), /; did you mean allowed_skew_secs\?$/);
  assert.match(await said(() => party().authorize({ maxAge: 60 })), /; did you mean max_age\?$/);
  assert.match(await said(() => party().authorize({ zzzzzz: 60 })), /; known are scopes, .*return_to/);
  assert.match(await said(() => nodeTransport({ cafile: 'x' })), /is not known: known are ca_pem, ca_file, /);
  assert.match(await said(() => new rp.MemoryStore({ max: 1 })), /known are limit, clock/);
});

test('first_use_a client_id that is misspelt is not one that is missing', async () => {
  const { client_id, ...others } = REGISTRATION;
  const message = await said(() => new rp.RelyingParty({ issuer: ISSUER, ...others, clientId: client_id }));
  assert.match(message, /member: \[clientId\].*; did you mean client_id\?$/);
});

test('first_use_a clock in milliseconds is refused by the first verb', async () => {
  const ahead = party({ clock: () => NOW * 1000 });
  for (const call of [() => ahead.authorize(), () => ahead.verify('a.b.c')]) {
    const { code, message } = await refused(call);
    assert.equal(code, 'implausible_clock');
    assert.match(message, /tells milliseconds: divide by 1000/);
  }
  const login = { id: 'a', handle: 'b', pending: 'c', expires_at: NOW + 600 };
  for (const store of [
    new rp.MemoryStore({ clock: Date.now }),
    new rp.SessionStorageStore({ clock: Date.now, storage: { length: 1, key: () => 'relyingparty-login-x', getItem: () => '{"expires_at":1}' } }),
  ])
    assert.match(await said(() => store.put(login)), /clock.*tells milliseconds: divide by 1000/);
});

test('first_use_a secret with a line end is refused by name and not shown', async () => {
  for (const client_secret of ['canary\n', 'canary ', '\tcanary', '\ufeffcanary']) {
    const { details, message } = await refused(() => party({ client_secret }));
    assert.equal(details.member, 'client_secret');
    assert.match(message, /take it away/);
    assert.doesNotMatch(message, /canary/);
  }
});

test('first_use_a ca_file that cannot be used is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rp-'));
  const key = join(folder, 'key.pem');
  writeFileSync(key, '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n');
  for (const [ca_file, reason] of [
    [join(folder, 'missing.pem'), 'does not exist (ENOENT)'],
    [folder, 'is a directory (EISDIR)'],
    [key, 'has no certificate'],
  ]) {
    const { code, details } = await refused(() => nodeTransport({ ca_file }));
    assert.equal(code, 'invalid_configuration');
    assert.ok(details.reason.startsWith(`${ca_file} ${reason}`), details.reason);
  }
});

test('first_use_lists of hosts say what stands in one', async () => {
  for (const [hosts, reason] of [
    [['http://keycloak:8080'], 'write it as keycloak or keycloak:8080'],
    [['keycloak/realms'], 'write it as keycloak or keycloak:8080'],
    ['keycloak', 'is one string: put it in a list'],
  ])
    assert.ok((await said(() => party({ policy: { danger_http_hosts: hosts } }))).includes(reason));
});

test('first_use_a refusal says what to compare', async () => {
  const provider = memoryProvider();
  provider.replies.token = () => ({ ...jsonReply({ error: 'invalid_client' }), status: 401 });
  const message = await said(() => provider.login(party({ transport: provider.transport, client_secret: 'canary' })));
  assert.match(message, /the client authenticated with client_secret_basic.*token_endpoint_auth_method/);
  assert.doesNotMatch(message, /canary/);
});

test('first_use_a refresh token is spent once at a time, whatever transport and copy', async () => {
  const provider = memoryProvider();
  const transport = () => (request) => provider.transport(request);
  const parties = [1, 2, 3].map(() => party({ transport: transport() }));
  const session = await provider.login(parties[0]);
  const copies = await Promise.all(parties.map((one) => one.restore(session.encoded)));
  let asked = 0;
  const token = provider.replies.token;
  provider.replies.token = async (request) => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return token(request);
  };
  await Promise.all(parties.map((one, at) => one.refresh(copies[at])));
  assert.equal(asked, 1);
});

test('first_use_what an HTTP client hangs on its errors is not with the cause', async () => {
  const inner = Object.assign(new Error('refused'), { config: { data: 'canary' }, code: 'ECONNREFUSED' });
  const thrown = Object.assign(new Error('wrapped', { cause: inner }), { request: 'canary', response: { config: 'canary' } });
  const { cause } = await refused(() => party({ transport: () => Promise.reject(thrown) }).authorize());
  assert.equal(cause, thrown);
  for (const link of [cause, cause.cause]) assert.doesNotMatch(JSON.stringify({ ...link }), /canary/);
  assert.equal(cause.cause.code, 'ECONNREFUSED');
  const frozen = Object.freeze(Object.assign(new Error('x'), { request: 1 }));
  assert.equal((await refused(() => party({ transport: () => Promise.reject(frozen) }).authorize())).code, 'unreachable');
});

describe('first_use_the command', () => {
  const CLI = fileURLToPath(new URL('../dist/node/cli.js', import.meta.url));
  async function command(...args) {
    const child = spawn(process.execPath, [CLI, ...args]);
    const told = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (told.out += chunk));
    child.stderr.on('data', (chunk) => (told.err += chunk));
    const [status] = await once(child, 'close');
    return { status, ...told };
  }
  const nobody = ['check', 'http://127.0.0.1:1', '--allow-insecure-loopback'];

  for (const args of [[], ['check'], ['login', ISSUER], ['check', ISSUER, '--nothing'], ['check', ISSUER, '--ca-file'], ['check', ISSUER, 'x']])
    test(`says in one line what is wrong with: ${args.join(' ')}`, async () => {
      const { status, out, err } = await command(...args);
      assert.deepEqual([status, out, err.split('\n').length], [2, '', 2]);
      assert.match(err, /usage: relyingparty check ISSUER/);
    });

  test('prints JSON, and takes a proxy', async () => {
    const { status, out } = await command(...nobody, '--json', '--proxy', 'http://127.0.0.1:2');
    const { ok, findings } = JSON.parse(out);
    assert.deepEqual([status, ok], [1, false]);
    assert.equal(findings.find(({ topic }) => topic === 'discovery').verdict, 'error');
    assert.equal((await command(...nobody, '--proxy', 'ftp://proxy.example')).status, 2);
    assert.match((await command(...nobody, '--ca-file', 'nowhere.pem')).err, /nowhere\.pem does not exist/);
  });
});
