// What is told of what is done, and that the page on it says how to listen.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { transform } from 'esbuild';

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
const NAMES = ['relyingparty:request', 'relyingparty:decision'];

async function everything(client, provider) {
  const session = await provider.login(client);
  await client.userinfo(session);
  await client.verify(idToken({ aud: 'other' })).catch(() => undefined);
  await client.callback('?code=canary&state=canary').catch(() => undefined);
}

test('requests and decisions are told on channels, without a secret', async (t) => {
  const told = [];
  const listeners = NAMES.map((name) => [name, (event) => told.push([name, event])]);
  for (const listener of listeners) subscribe(...listener);
  t.after(() => listeners.forEach((listener) => unsubscribe(...listener)));
  const provider = memoryProvider();
  await everything(party(provider), provider);
  const requests = told.filter(([name]) => name === NAMES[0]).map(([, event]) => event);
  assert.deepEqual(
    requests.map(({ endpoint, method, origin, status }) => [endpoint, method, origin, status]),
    [
      ['discovery', 'GET', ISSUER, 200],
      ['token', 'POST', ISSUER, 200],
      ['jwks', 'GET', ISSUER, 200],
      ['userinfo', 'GET', ISSUER, 200],
    ],
  );
  for (const { duration_ms } of requests) assert.ok(duration_ms >= 0 && duration_ms < 10_000);
  const decisions = told.filter(([name]) => name === NAMES[1]).map(([, event]) => event);
  assert.ok(decisions.some(({ check, passed }) => check === 'signature' && passed));
  assert.ok(decisions.some(({ check, passed }) => check === 'aud' && !passed));
  assert.doesNotMatch(JSON.stringify(told), /canary|Basic|eyJ/);
});

test('a request without an answer is told too', async () => {
  const told = [];
  const transport = () => {
    throw new Error('no route');
  };
  const client = party(memoryProvider(), { transport, on_event: (name, event) => told.push([name, event]) });
  await assert.rejects(client.authorize(), { code: 'unreachable' });
  const [[name, { endpoint, status }]] = told;
  assert.deepEqual([name, endpoint, status], [NAMES[0], 'discovery', undefined]);
});

test('a hook hears the same as the channels, and what it throws is nobody’s failure', async () => {
  const names = new Set();
  const provider = memoryProvider();
  const on_event = (name) => {
    names.add(name);
    throw new Error('the hook is broken');
  };
  assert.equal((await provider.login(party(provider, { on_event }))).claims.sub, 'alice');
  assert.deepEqual([...names].sort(), [...NAMES].sort());
});

test('the page on observability makes spans of requests', async (t) => {
  const exporter = new InMemorySpanExporter();
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(tracers);
  const page = readFileSync(new URL('../../docs/observability-javascript.md', import.meta.url), 'utf8');
  const snippet = new URL('../node_modules/.observability.mjs', import.meta.url);
  const { code } = await transform(/```ts\n(import[^]*?)```/.exec(page)[1], { loader: 'ts' });
  writeFileSync(snippet, code);
  t.after(() => rmSync(snippet));
  await import(snippet);
  const provider = memoryProvider();
  await everything(party(provider), provider);
  await tracers.forceFlush();
  const spans = exporter.getFinishedSpans();
  assert.deepEqual(
    spans.map(({ name }) => name),
    ['GET discovery', 'POST token', 'GET jwks', 'GET userinfo'],
  );
  assert.equal(spans[1].attributes['server.address'], ISSUER);
  assert.doesNotMatch(
    JSON.stringify(spans.map(({ name, attributes, events }) => [name, attributes, events])),
    /canary|eyJ/,
  );
});

test('nothing is published while nobody listens', async (t) => {
  const script = `
    import { mock } from 'node:test';
    import { channel } from 'node:diagnostics_channel';
    const { RelyingParty } = await import(${JSON.stringify(new URL('../dist/node/entry_node.js', import.meta.url).href)});
    for (const name of ${JSON.stringify(NAMES)}) mock.method(channel(name), 'publish');
    const transport = () => ({ status: 500, headers: [], body: new Uint8Array() });
    const rp = new RelyingParty({ issuer: 'https://op.example', client_id: 'c', redirect_uri: 'https://app.example/cb', transport });
    await rp.verify('x').catch(() => undefined);
    const published = ${JSON.stringify(NAMES)}.map((name) => channel(name).publish.mock.callCount());
    console.log(JSON.stringify(published));
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  t.diagnostic(stdout);
  assert.deepEqual(JSON.parse(stdout), [0, 0]);
});
