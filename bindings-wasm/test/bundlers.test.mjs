// What bundlers make of the package, without a setting of theirs: here the quick ones, the others in test/bundlers.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build, transformSync } from 'esbuild';
import { rollup } from 'rollup';

import { PRINTED, printed, program } from './bundled.mjs';
import { installPackage } from './packed.mjs';

let installed;
let folder;
before(() => {
  installed = installPackage();
  folder = dirname(installed.tarball);
});
after(() => installed.remove());

/** The program, bundled by esbuild: the file of its entry. */
async function bundled(source, name, options) {
  const outdir = join(folder, name);
  mkdirSync(outdir, { recursive: true });
  await build({
    stdin: { contents: source, resolveDir: folder },
    bundle: true,
    outfile: options.splitting ? undefined : join(outdir, 'out.js'),
    outdir: options.splitting ? outdir : undefined,
    entryNames: 'out',
    logLevel: 'error',
    ...options,
  });
  const type = options.format === 'esm' ? 'module' : 'commonjs';
  writeFileSync(join(outdir, 'package.json'), JSON.stringify({ type }));
  return { file: join(outdir, 'out.js'), folder: outdir };
}

describe('esbuild', () => {
  for (const name of ['relyingparty', 'relyingparty/full']) {
    for (const platform of ['browser', 'node']) {
      for (const format of ['esm', 'cjs', 'iife']) {
        if (platform === 'node' && format === 'iife') continue;
        test(`${name} for ${platform}, as ${format}, in one file`, async () => {
          const { file, folder } = await bundled(program(name), `${name}-${platform}-${format}`, { platform, format });
          assert.equal(printed(file, { folder }), PRINTED);
        });
      }
    }
  }

  test('for browsers, split, minified', async () => {
    const { file, folder } = await bundled(program(), 'split', { format: 'esm', splitting: true, minify: true });
    assert.equal(printed(file, { folder }), PRINTED);
  });

  test('for workerd, which gives the module itself', async () => {
    // In the place of what workerd does with a .wasm that is imported.
    const workerd = { conditions: ['workerd'], loader: { '.wasm': 'binary' }, format: 'esm', target: 'es2022' };
    const { file, folder } = await bundled(program(), 'workerd', workerd);
    assert.equal(printed(file, { folder }), PRINTED);
  });

  test('a runtime without DecompressionStream unpacks the module all the same', async () => {
    const without = `delete globalThis.DecompressionStream;\n${program()}`;
    const { file, folder } = await bundled(without, 'inflated', { format: 'esm' });
    assert.equal(printed(file, { folder }), PRINTED);
  });
});

test('Node without getBuiltinModule, which came with 20.16, unpacks the module all the same', async () => {
  const without = `process.getBuiltinModule = undefined;\n${program()}`;
  const { file, folder } = await bundled(without, 'older', { format: 'cjs', platform: 'node' });
  assert.equal(printed(file, { folder }), PRINTED);
});

test('rollup, with the plugin that finds packages', async () => {
  const input = join(folder, 'program.mjs');
  writeFileSync(input, program());
  for (const exportConditions of [['browser'], ['node']]) {
    const plugins = [nodeResolve({ exportConditions })];
    const made = await rollup({ input, plugins, external: /^node:/, onLog: (level, log) => assert.fail(log.message) });
    const dir = join(folder, `rollup-${exportConditions}`);
    await made.write({ dir, format: 'esm' });
    await made.close();
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
    assert.equal(printed(join(dir, 'program.js'), { folder: dir }), PRINTED);
  }
});

describe('importing the package does nothing', () => {
  const left = {
    '': [0, 'nothing at all'],
    'new MemoryStore();': [2050, 'the store'],
    'console.log(CallbackError);': [900, 'the errors'],
  };
  for (const [use, [most, what]] of Object.entries(left)) {
    for (const exportConditions of [['browser'], ['node']]) {
      const source = `import { CallbackError, MemoryStore, RelyingParty } from 'relyingparty';\n${use}`;
      const platform = exportConditions[0];
      const small = (code) => (code.trim() === '' ? 0 : gzipSync(code, { level: 9 }).length);

      test(`esbuild, for ${platform}, leaves ${what}`, async () => {
        const options = { stdin: { contents: source, resolveDir: folder }, bundle: true, minify: true, write: false };
        const { outputFiles } = await build({ ...options, format: 'esm', platform });
        const size = small(outputFiles[0].text);
        assert.ok(size <= most, `${size} bytes: ${outputFiles[0].text.slice(0, 2000)}`);
      });

      test(`rollup, for ${platform}, leaves ${what}`, async () => {
        const input = join(folder, 'shaken.mjs');
        writeFileSync(input, source);
        const made = await rollup({ input, plugins: [nodeResolve({ exportConditions })], external: /^node:/ });
        const { output } = await made.generate({ format: 'esm' });
        // What it imports of Node for its effects: that has none of ours.
        const code = output[0].code.replaceAll(/^import 'node:\w+';$/gm, '');
        const size = small(transformSync(code, { minify: true }).code);
        assert.ok(size <= most, `${size} bytes: ${code.slice(0, 2000)}`);
      });
    }
  }
});
