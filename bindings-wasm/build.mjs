// Builds the npm package into dist/: `npm run build`.
//
// Three builds of the core, each with js/ beside it, its modules joined so that few files have to be loaded: dist/small
// leaves signatures to the host, and so does dist/node, which is made for speed and not for size; dist/full carries
// its own cryptography (`relyingparty/full`).

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { buildSync } from 'esbuild';

import { TARGET, TARGET_DIR, WORKSPACE, cargoBuild, chooseToolchain, run } from './toolchain.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, 'dist');
const TOOLS = join(TARGET_DIR, 'tools');
const EVERYWHERE = ['entry_web.js', 'entry_workerd.js', 'entry_manual.js'];
const BUILDS = {
  small: { profile: 'wasm', optimise: '-Oz', entries: EVERYWHERE },
  node: { profile: 'wasm-node', optimise: '-O3', entries: ['entry_node.js', 'node.js'] },
  full: { profile: 'wasm', optimise: '-Oz', features: 'full', entries: [...EVERYWHERE, 'entry_node.js'] },
};
const LICENSES = ['LICENSE-MIT', 'LICENSE-APACHE'];
const WASM_BINDGEN = '0.2.130';
/** What rustc's wasm may use: everything browsers have had since 2022. */
const WASM_FEATURES = [
  'bulk-memory',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
];

try {
  build();
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}

function build() {
  const toolchain = chooseToolchain();
  const bindgen = wasmBindgen();
  console.log(`toolchain: ${toolchain.name}`);
  rmSync(DIST, { recursive: true, force: true });
  for (const name of LICENSES) cpSync(join(WORKSPACE, name), join(HERE, name));
  for (const [name, build] of Object.entries(BUILDS)) {
    const features = build.features ? ['--features', build.features] : [];
    cargoBuild(['--package', 'relyingparty-wasm', '--profile', build.profile, ...features], toolchain);
    assemble(bindgen, build, join(DIST, name));
    report(name);
  }
}

/** One build: the optimised module, and js/ with the glue. */
function assemble(bindgen, { profile, optimise, entries }, out) {
  const parts = join(TARGET_DIR, 'npm');
  rmSync(parts, { recursive: true, force: true });
  cpSync(join(HERE, 'js'), parts, { recursive: true });
  mkdirSync(out, { recursive: true });
  const compiled = join(TARGET_DIR, TARGET, profile, 'relyingparty_wasm.wasm');
  run(bindgen, [
    compiled,
    '--target',
    'web',
    '--omit-default-module-path',
    '--no-typescript',
    '--out-name',
    'wasm',
    '--out-dir',
    parts,
  ]);
  const features = WASM_FEATURES.map((feature) => `--enable-${feature}`);
  run(process.execPath, [
    join(HERE, 'node_modules/binaryen/bin/wasm-opt'),
    optimise,
    ...features,
    join(parts, 'wasm_bg.wasm'),
    '-o',
    join(out, 'relyingparty.wasm'),
  ]);
  buildSync({
    entryPoints: entries.map((entry) => join(parts, entry)),
    outdir: out,
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    format: 'esm',
    target: 'es2022',
    external: ['node:*', './relyingparty.wasm'],
  });
}

/** The wasm-bindgen that belongs to our dependency: the one on PATH, or one of our own under target/. */
function wasmBindgen() {
  const ours = join(TOOLS, 'bin/wasm-bindgen');
  return ['wasm-bindgen', ours].find(isRightVersion) ?? installWasmBindgen(ours);
}

function isRightVersion(program) {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 && stdout.trim() === `wasm-bindgen ${WASM_BINDGEN}`;
}

function installWasmBindgen(path) {
  const install = [
    'install',
    `wasm-bindgen-cli@${WASM_BINDGEN}`,
    '--bin',
    'wasm-bindgen',
    '--no-default-features',
    '--root',
    TOOLS,
  ];
  try {
    run('cargo', [...install, '--locked']);
  } catch {
    // Not every registry has each version that the tool's lock file names.
    run('cargo', install);
  }
  if (!existsSync(path) || !isRightVersion(path))
    throw new Error(`${path} is not wasm-bindgen ${WASM_BINDGEN}`);
  return path;
}

function report(name) {
  const path = join(DIST, name, 'relyingparty.wasm');
  console.log(
    `${name}: relyingparty.wasm ${statSync(path).size} bytes, ${gzipSync(readFileSync(path), { level: 9 }).length} gzipped`,
  );
}
