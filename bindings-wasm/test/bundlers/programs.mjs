// Each bundler that makes programs for servers: `make(folder)` yields the file to run, what
// belongs to it, and by what; or where to run it, if it needs what lies there.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { program } from '../bundled.mjs';
import { BUN, DENO, run } from './pages.mjs';

function sources(folder) {
  writeFileSync(join(folder, 'package.json'), '{"type":"module","dependencies":{"relyingparty":"*"}}');
  writeFileSync(join(folder, 'main.mjs'), program());
}

/** The program that is now in `out`, with the kind of its modules. */
function made(folder, name, { type = 'module', runtime } = {}) {
  const out = join(folder, 'out');
  writeFileSync(join(out, 'package.json'), JSON.stringify({ type }));
  if (!existsSync(join(out, name))) throw new Error(`${name} is not there`);
  return { file: join(out, name), folder: out, runtime };
}

async function esbuilt(folder, format) {
  sources(folder);
  const { build } = await import('esbuild');
  const entryPoints = [join(folder, 'main.mjs')];
  await build({ entryPoints, outdir: join(folder, 'out'), bundle: true, platform: 'node', format, logLevel: 'error' });
  return made(folder, 'main.js', { type: format === 'esm' ? 'module' : 'commonjs' });
}

async function packed(bundler, folder) {
  sources(folder);
  const stats = await promisify(bundler)({
    mode: 'production',
    target: 'node',
    context: folder,
    entry: './main.mjs',
    output: { path: join(folder, 'out') },
  });
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
  return made(folder, 'main.js', { type: 'commonjs' });
}

async function byVite(name, folder) {
  sources(folder);
  const { build } = await import(name);
  const ssr = { noExternal: true, target: 'node' };
  await build({ root: folder, configFile: false, logLevel: 'error', ssr, build: { ssr: 'main.mjs', outDir: 'out' } });
  return made(folder, existsSync(join(folder, 'out/main.mjs')) ? 'main.mjs' : 'main.js');
}

/** By name. */
export const PROGRAMS = {
  'esbuild for Node, as an ES module': (folder) => esbuilt(folder, 'esm'),
  'esbuild for Node, as CommonJS': (folder) => esbuilt(folder, 'cjs'),
  'webpack for Node': async (folder) => packed((await import('webpack')).default, folder),
  'Rspack for Node': async (folder) => packed((await import('@rspack/core')).rspack, folder),
  'vite5 for Node': (folder) => byVite('vite5', folder),
  'vite7 for Node': (folder) => byVite('vite7', folder),
  'vite8 for Node': (folder) => byVite('vite8', folder),

  async 'rollup for Node'(folder) {
    sources(folder);
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const plugins = [nodeResolve({ exportConditions: ['node'] })];
    const bundle = await rollup({ input: join(folder, 'main.mjs'), plugins, external: /^node:/ });
    await bundle.write({ dir: join(folder, 'out'), format: 'esm' });
    await bundle.close();
    return made(folder, 'main.js');
  },

  async 'Bun for Node'(folder) {
    sources(folder);
    await run(BUN, ['build', './main.mjs', '--outdir=out', '--target=node'], folder);
    return made(folder, 'main.js');
  },

  async 'Bun for Bun'(folder) {
    sources(folder);
    await run(BUN, ['build', './main.mjs', '--outdir=out', '--target=bun'], folder);
    return made(folder, 'main.js', { runtime: [BUN, 'run'] });
  },

  async 'Deno for Deno'(folder) {
    sources(folder);
    await run(DENO, ['bundle', '--node-modules-dir=manual', '--outdir=out', 'main.mjs'], folder);
    return made(folder, 'main.js', { runtime: [DENO, 'run', '-A'] });
  },

  async 'nobody, in Bun'(folder) {
    sources(folder);
    return { file: join(folder, 'main.mjs'), cwd: folder, runtime: [BUN, 'run'] };
  },

  async 'nobody, in Deno'(folder) {
    sources(folder);
    return { file: join(folder, 'main.mjs'), cwd: folder, runtime: [DENO, 'run', '-A', '--node-modules-dir=manual'] };
  },
};
