// Each bundler that makes pages, as its documentation begins: no setting of ours, no plugin but the one without which
// rollup finds no package at all. `make(folder)` yields `{ url, close() }`.

import { execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { PRINTED, program } from '../bundled.mjs';
import { freePort, page, pageScript, served } from './site.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MODULES = join(HERE, 'node_modules');
export const BUN = join(MODULES, '.bin/bun');
export const DENO = join(MODULES, '.bin/deno');

/** What programs are started with: nothing that a bundler in this process has set. */
const ENVIRONMENT = {
  ...process.env,
  NODE_ENV: undefined,
  NO_COLOR: '1',
  DENO_NO_UPDATE_CHECK: '1',
  NEXT_TELEMETRY_DISABLED: '1',
};

/** Runs a program to its end, while the servers of this process go on. */
export async function run(program, args, cwd) {
  try {
    await promisify(execFile)(program, args, { cwd, timeout: 240_000, env: ENVIRONMENT });
  } catch ({ message, stdout, stderr }) {
    throw new Error(`${message}\n${stdout}${stderr}`.slice(0, 5000));
  }
}

/** The page beside its script, for those that begin at the page; else the page for the script that was built. */
function sources(folder, name = undefined) {
  writeFileSync(join(folder, 'main.js'), pageScript(name));
  writeFileSync(join(folder, 'index.html'), page('./main.js'));
}

/** What was built into `out`, with a page for its script. */
function built(folder, script, type) {
  writeFileSync(join(folder, 'out/index.html'), page(`./${script}`, type));
  return served(join(folder, 'out'));
}

function vite(name) {
  const quiet = (root) => ({ root, configFile: false, logLevel: 'error', cacheDir: join(root, '.cache') });
  return {
    async [`${name}, its dev server`](folder) {
      sources(folder);
      const { createServer } = await import(name);
      const server = await createServer({ ...quiet(folder), server: { host: '127.0.0.1', port: await freePort() } });
      await server.listen();
      return { url: server.resolvedUrls.local[0], close: () => server.close() };
    },
    async [`${name}, its build`](folder) {
      sources(folder);
      const { build } = await import(name);
      await build({ ...quiet(folder), build: { outDir: 'out' } });
      return served(join(folder, 'out'));
    },
  };
}

async function packed(bundler, folder) {
  const stats = await promisify(bundler)({
    mode: 'production',
    context: folder,
    entry: './main.js',
    output: { path: join(folder, 'out') },
  });
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
  return built(folder, 'main.js', undefined);
}

/** Parcel knows of a package's `main` and `browser`, but not of its `exports`. */
async function parcel(folder, name) {
  sources(folder, name);
  const { Parcel } = await import('@parcel/core');
  const made = new Parcel({
    entries: join(folder, 'index.html'),
    defaultConfig: '@parcel/config-default',
    mode: 'production',
    cacheDir: join(folder, '.cache'),
    shouldDisableCache: true,
    defaultTargetOptions: { distDir: join(folder, 'out') },
  });
  await made.run();
  return served(join(folder, 'out'));
}

/** By name. */
export const PAGES = {
  ...vite('vite5'),
  ...vite('vite6'),
  ...vite('vite7'),
  ...vite('vite8'),

  async webpack(folder) {
    sources(folder);
    return packed((await import('webpack')).default, folder);
  },

  async Rspack(folder) {
    sources(folder);
    return packed((await import('@rspack/core')).rspack, folder);
  },

  async 'esbuild, as a module in chunks'(folder) {
    sources(folder);
    const { build } = await import('esbuild');
    const options = { bundle: true, format: 'esm', logLevel: 'error' };
    await build({ ...options, entryPoints: [join(folder, 'main.js')], outdir: join(folder, 'out'), splitting: true });
    return built(folder, 'main.js');
  },

  async 'esbuild, as a script in one file'(folder) {
    sources(folder);
    const { build } = await import('esbuild');
    await build({ entryPoints: [join(folder, 'main.js')], outdir: join(folder, 'out'), bundle: true, logLevel: 'error' });
    return built(folder, 'main.js', undefined);
  },

  async rollup(folder) {
    sources(folder);
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const made = await rollup({ input: join(folder, 'main.js'), plugins: [nodeResolve({ browser: true })] });
    await made.write({ dir: join(folder, 'out'), format: 'esm' });
    await made.close();
    return built(folder, 'main.js');
  },

  Parcel: (folder) => parcel(folder, 'relyingparty'),
  'Parcel, of relyingparty/full': (folder) => parcel(folder, 'relyingparty/full'),

  async 'Next.js'(folder) {
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    mkdirSync(join(folder, 'app/verbs'), { recursive: true });
    const layout = 'export default ({ children }) => <html><body>{children}</body></html>;\n';
    writeFileSync(join(folder, 'app/layout.js'), layout);
    // The script as it is, run by the page once it is there.
    const script = pageScript().replace(/^main\(\)\.catch(.*);$/m, 'const start = () => main().catch$1;');
    writeFileSync(
      join(folder, 'app/page.js'),
      `'use client';\nimport { useEffect } from 'react';\n${script}\nexport default function Page() {\n  useEffect(() => void start(), []);\n  return null;\n}\n`,
    );
    // The verbs run in the server too.
    const told = "export const GET = async () => new Response(await main());\nexport const dynamic = 'force-dynamic';";
    writeFileSync(join(folder, 'app/verbs/route.js'), program('relyingparty', told));
    const next = join(MODULES, 'next/dist/bin/next');
    await run(process.execPath, [next, 'build'], folder);
    const port = await freePort();
    const started = spawn(process.execPath, [next, 'start', '-H', '127.0.0.1', '-p', String(port)], { cwd: folder, env: ENVIRONMENT });
    const url = `http://127.0.0.1:${port}/`;
    await answers(url, started);
    const said = await (await fetch(`${url}verbs`)).text();
    if (said !== PRINTED) throw new Error(`the server says: ${said}`);
    return { url, close: () => started.kill() };
  },

  async Bun(folder) {
    sources(folder);
    await run(BUN, ['build', './index.html', '--outdir=out', '--minify', '--splitting'], folder);
    return served(join(folder, 'out'));
  },

  async Deno(folder) {
    sources(folder);
    writeFileSync(join(folder, 'package.json'), '{"type":"module","dependencies":{"relyingparty":"*"}}');
    await run(DENO, ['bundle', '--node-modules-dir=manual', '--platform=browser', '--outdir=out', 'main.js'], folder);
    return built(folder, 'main.js');
  },
};

/** Waits until a server that was started answers. */
async function answers(url, started) {
  let said = '';
  for (const stream of [started.stdout, started.stderr]) stream.on('data', (data) => (said += data));
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    if (started.exitCode !== null) break;
    try {
      await fetch(url);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  started.kill();
  throw new Error(`${url} does not answer: ${said}`);
}
