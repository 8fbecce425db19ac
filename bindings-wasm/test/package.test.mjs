import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { installPackage, run, tool } from './packed.mjs';

let installed;
before(() => (installed = installPackage()));
after(() => installed.remove());

test('the declarations hold under tsc --strict', () => {
  run(tool('tsc'), ['--project', '.']);
});

test('publint has nothing to say about the tarball', () => {
  run(tool('publint'), ['--strict', installed.tarball]);
});

test('the types are right for every way to resolve the package', () => {
  run(tool('attw'), [
    installed.tarball,
    '--profile',
    'esm-only',
    '--exclude-entrypoints',
    'relyingparty.wasm',
    'full/relyingparty.wasm',
  ]);
});

test('the tarball holds the three builds, the adapters, sessions of pages, the entries, the types and the papers', () => {
  const folders = new Set(
    installed.files.map((path) =>
      path
        .split('/')
        .slice(0, path.startsWith('dist/') ? 2 : 1)
        .join('/'),
    ),
  );
  const papers = ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'package.json'];
  const entries = ['express', 'fastify', 'fetch', 'full', 'manual', 'next', 'node', 'react', 'redis', 'session', 'svelte', 'vue'];
  const builds = ['adapters', 'full', 'node', 'session', 'small'].map((name) => `dist/${name}`);
  assert.deepEqual([...folders].sort(), [...papers, ...entries, ...builds, 'types'].sort());
});

test('the manual entry says what it waits for', async () => {
  const { Cache, RelyingParty, init } = await installed.load('relyingparty/manual');
  assert.throws(() => new Cache(), /await init\(\) first/);
  const rp = new RelyingParty({
    issuer: 'https://op.example',
    client_id: 'c',
    redirect_uri: 'https://app.example/cb',
  });
  await assert.rejects(rp.authorize(), { code: 'module_unavailable', message: /await init\(\) first/ });
  await assert.rejects(init(new Uint8Array([0])), (error) => {
    assert.equal(error.code, 'module_unavailable');
    assert.ok(error.cause instanceof WebAssembly.CompileError);
    return true;
  });
  const path = createRequire(installed.tarball).resolve('relyingparty/relyingparty.wasm');
  await init(readFileSync(path));
  assert.equal(typeof new Cache().toJson(), 'string');
});

test('both builds export the same', async () => {
  const [small, full] = await Promise.all(['relyingparty', 'relyingparty/full'].map(installed.load));
  assert.deepEqual(Object.keys(small), Object.keys(full));
});
