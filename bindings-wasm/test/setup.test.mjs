// A set-up is judged at the provider, and what is wrong with it is a finding that says what to do.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as node from '../dist/node/entry_node.js';
import * as full from '../dist/full/entry_node.js';
import * as small from '../dist/small/entry_web.js';
import { ISSUER, NOW, REGISTRATION, memoryProvider } from './memory_provider.mjs';
import { startProvider } from './op.mjs';

const TLS = fileURLToPath(new URL('tls/', import.meta.url));
const CLI = fileURLToPath(new URL('../dist/node/cli.js', import.meta.url));

const party = (rp, provider, options) =>
  new rp.RelyingParty({ issuer: ISSUER, ...REGISTRATION, transport: provider.transport, clock: () => NOW, ...options });
const topic = (report, name) => report.findings.find((finding) => finding.topic === name);

for (const [name, rp] of Object.entries({ node, full })) {
  describe(name, () => {
    test('each thing that a login needs is a finding', async () => {
      const provider = memoryProvider();
      const report = await party(rp, provider).check();
      assert.equal(report.ok, true);
      for (const name of ['redirect_uri', 'discovery', 'clock', 'pkce', 'scopes', 'algorithms', 'keys'])
        assert.ok(topic(report, name), name);
      assert.deepEqual(provider.requests.map(({ endpoint }) => endpoint), ['discovery', 'jwks']);
      assert.equal(topic(report, 'keys').verdict, 'ok');
    });

    test('what goes wrong is in the report', async () => {
      const transport = () => Promise.reject(new Error('connection refused'));
      const report = await party(rp, { transport }).check();
      assert.equal(report.ok, false);
      const { verdict, code, advice } = topic(report, 'discovery');
      assert.deepEqual([verdict, code], ['error', 'unreachable']);
      assert.ok(advice.length > 0);
    });

    test('the layer without I/O does the same', async () => {
      const provider = memoryProvider();
      const flow = rp.checkSetup(ISSUER, REGISTRATION, { clock: () => NOW });
      const report = await rp.run(flow, provider.transport);
      assert.deepEqual(report, await party(rp, provider).check());
    });
  });
}

test('the build for browsers says that it judges nothing', async () => {
  await small.init(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));
  await assert.rejects(party(small, memoryProvider()).check(), { code: 'invalid_configuration' });
});

async function command(args, env = {}) {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const [status] = await once(child, 'close');
  return { status, said };
}

test('a real provider passes the command', async (t) => {
  const op = await startProvider();
  t.after(() => op.stop());
  const { status, said } = await command(['check', op.issuer, '--allow-insecure-loopback']);
  assert.equal(status, 0, said);
  for (const name of ['discovery', 'clock', 'pkce', 'algorithms', 'keys'])
    assert.match(said, new RegExp(`^ok       ${name}: `, 'm'));
});

describe('a client certificate', () => {
  const said = async (...args) => command(['check', op.issuer, '--allow-insecure-loopback', ...args]);
  const certificate = ['--client-cert', `${TLS}client.pem`, '--client-key', `${TLS}client_key.pem`];
  let op;
  before(async () => (op = await startProvider()));
  after(() => op.stop());

  test('is for the method that asks for it', async () => {
    const { status, said: report } = await said(...certificate);
    assert.equal(status, 0, report);
    assert.match(report, /client_certificate: for tls_client_auth, at http/);
  });

  test('is not used by another method, and is missed by one that needs it', async () => {
    const unused = await said(...certificate, '--auth-method', 'none');
    assert.equal(unused.status, 0, unused.said);
    assert.match(unused.said, /^warning  client_certificate: not used$/m);
    const missing = await said('--auth-method', 'tls_client_auth');
    assert.equal(missing.status, 2, missing.said);
    assert.match(missing.said, /tls_client_certificate/);
  });

  test('that cannot be read is named', async () => {
    for (const [option, ...args] of [
      ['client_cert', '--client-cert', `${TLS}nobody.pem`],
      ['client_key', '--client-cert', `${TLS}client.pem`],
      ['client_cert', '--client-key', `${TLS}client_key.pem`],
      ['client_key', '--client-cert', `${TLS}client.pem`, '--client-key', `${TLS}self_signed_key.pem`],
    ]) {
      const { status, said: report } = await said(...args);
      assert.equal(status, 2, report);
      assert.ok(report.includes(`[${option}]`), report);
      assert.doesNotMatch(report, /PRIVATE KEY/);
    }
  });
});

for (const [status, said, ...args] of [
  [2, 'invalid_issuer', 'check', 'http://op.example'],
  [2, 'redirect_uri', 'check', 'https://op.example', '--redirect-uri', '/cb'],
  [1, 'error    discovery', 'check', 'http://127.0.0.1:1', '--allow-insecure-loopback'],
  [2, 'usage', 'check'],
  [2, 'usage', 'login', 'https://op.example'],
  [2, 'client-secret', 'check', 'https://op.example', '--client-secret', 'canary-secret'],
  [0, 'usage', '--help'],
]) {
  test(`relyingparty ${args.join(' ')} ends with ${status}`, async () => {
    const done = await command(args, { OIDC_CLIENT_SECRET: 'canary-secret' });
    assert.equal(done.status, status, done.said);
    assert.ok(done.said.includes(said), done.said);
    assert.ok(!done.said.includes('canary'));
  });
}
