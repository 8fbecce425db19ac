// Builds the npm package into dist/: `npm run build`.
//
// Three builds of the core, each with js/ beside it, its modules joined so that few files have to be loaded: dist/small
// leaves signatures to the host, and so does dist/node, which is made for speed and not for size; dist/full carries
// its own cryptography (`relyingparty/full`). What only servers need is in the latter two.
//
// dist/small has a second module, `module_signing.js`, for pages whose client proves itself with keys: they load it in the
// place of the first.
//
// dist/session has what knows of no module: sessions of single-page applications, and their hooks for React, Vue and Svelte.
//
// Beside each lies the module as text, `module.js`, which is how the entries load it: every bundler knows what to do with
// JavaScript. As a file of its own, `relyingparty.wasm`, it is there for who loads it by its URL, and for workerd.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import zopfli from '@gfx/zopfli';
import { buildSync } from 'esbuild';

import { TARGET, TARGET_DIR, WORKSPACE, cargoBuild, chooseToolchain, run } from './toolchain.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, 'dist');
const TOOLS = join(TARGET_DIR, 'tools');
const EVERYWHERE = ['entry_web', 'entry_workerd', 'entry_manual'];
const BUILDS = {
  small: { profile: 'wasm', optimise: '-Oz', features: [], second: ['signing'], entries: EVERYWHERE.map((name) => `${name}.js`) },
  node: {
    profile: 'wasm-node',
    optimise: '-O3',
    features: ['server', 'signing'],
    node_entries: ['entry_node.js', 'node.js', 'redis.js', 'cli.js'],
  },
  full: {
    profile: 'wasm',
    optimise: '-Oz',
    features: ['full', 'server', 'signing'],
    entries: EVERYWHERE.map((name) => ({ in: `${name}_server.js`, out: name })),
    node_entries: ['entry_node.js'],
  },
};
/** What mounts a site in a framework, one file each. */
const ADAPTERS = ['express', 'fastify', 'fetch', 'next'];
/** The package's further entries, for what knows of no `exports`: a folder each, whose `package.json` leads on. */
const FOLDERS = {
  full: { main: '../dist/full/entry_node.js', browser: '../dist/full/entry_web.js' },
  manual: { main: '../dist/small/entry_manual.js' },
  'full/manual': { main: '../../dist/full/entry_manual.js' },
  node: { main: '../dist/node/node.js' },
  session: { main: '../dist/session/index.js' },
  react: { main: '../dist/session/session_react.js' },
  vue: { main: '../dist/session/session_vue.js' },
  svelte: { main: '../dist/session/session_svelte.js' },
  redis: { main: '../dist/node/redis.js' },
  ...Object.fromEntries(ADAPTERS.map((name) => [name, { main: `../dist/adapters/${name}.js` }])),
};
/** What a page takes to keep a session, whichever build it has. */
const SESSION = ['session/index.js', 'session_react.js', 'session_vue.js', 'session_svelte.js'];
/** What the glue calls of ours. */
const IMPORTED = 'errorFromJson';
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
  await build();
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}

async function build() {
  const toolchain = chooseToolchain();
  const bindgen = wasmBindgen();
  console.log(`toolchain: ${toolchain.name}`);
  rmSync(DIST, { recursive: true, force: true });
  for (const name of LICENSES) cpSync(join(WORKSPACE, name), join(HERE, name));
  for (const [name, leads] of Object.entries(FOLDERS)) {
    mkdirSync(join(HERE, name), { recursive: true });
    writeFileSync(join(HERE, name, 'package.json'), `${JSON.stringify({ type: 'module', ...leads }, null, 2)}\n`);
  }
  const adapters = ADAPTERS.map((name) => ({ in: `adapter_${name}.js`, out: name }));
  bundle(join(HERE, 'js'), adapters, join(DIST, 'adapters'), ['next/*']);
  for (const [name, build] of Object.entries(BUILDS)) await assemble({ toolchain, bindgen }, build, join(DIST, name));
  for (const entry of SESSION) bundle(join(HERE, 'js'), [entry], join(DIST, 'session'), ['react', 'vue']);
}

/** One build: its modules, and js/ with the glue. */
async function assemble(tools, { features, second, entries, node_entries, ...how }, out) {
  const parts = join(TARGET_DIR, 'npm');
  rmSync(parts, { recursive: true, force: true });
  cpSync(join(HERE, 'js'), parts, { recursive: true });
  if (!features.includes('server')) {
    writeFileSync(join(parts, 'server.js'), 'export {};\n');
    cpSync(join(parts, 'logout_none.js'), join(parts, 'logout.js'));
  }
  mkdirSync(out, { recursive: true });
  const { module, glue } = await compile(tools, { ...how, features }, { parts, out, name: 'module' });
  writeFileSync(join(parts, 'glue.js'), glue);
  if (second) {
    const other = await compile(tools, { ...how, features: second }, { parts, out, name: 'module_signing' });
    if (!serves(other.glue, glue)) throw new Error('the glue of the second module does not serve the first');
    writeFileSync(join(parts, 'glue.js'), other.glue);
    cpSync(join(parts, 'second_web.js'), join(parts, 'second.js'));
  }
  if (entries) {
    cpSync(module, join(out, 'relyingparty.wasm'));
    bundle(parts, entries, out, ['./relyingparty.wasm', './module_signing.js', './keys.js']);
    bundle(parts, ['keys.js'], out);
  }
  if (node_entries) {
    for (const name of ['here', 'shown']) cpSync(join(parts, `${name}_node.js`), join(parts, `${name}.js`));
    bundle(parts, node_entries, out);
  }
}

/** One module, optimised, as text in `out`: where it is, and its glue. */
async function compile({ toolchain, bindgen }, { profile, optimise, features }, { parts, out, name }) {
  cargoBuild(['--package', 'relyingparty-wasm', '--profile', profile, `--features=${features}`], toolchain);
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
  const enabled = WASM_FEATURES.map((feature) => `--enable-${feature}`);
  const module = join(parts, `${name}.wasm`);
  run(process.execPath, [
    join(HERE, 'node_modules/binaryen/bin/wasm-opt'),
    optimise,
    ...enabled,
    join(parts, 'wasm_bg.wasm'),
    '-o',
    module,
  ]);
  const text = join(out, `${name}.js`);
  const packed = Buffer.from(await zopfli.deflateAsync(readFileSync(module), { numiterations: 15 })).toString('base64');
  writeFileSync(text, `export default '${packed}';\n`);
  report(text);
  return { module, glue: factory(readFileSync(join(parts, 'wasm.js'), 'utf8')) };
}

/** Whether a module's glue serves another module too: it imports the same, and has all lines of that one's, in order. */
function serves(glue, other) {
  const imports = (text) => /^function __wbg_get_imports\(\) \{[^]*?^\}/m.exec(text)?.[0];
  const lines = glue.split('\n');
  const isThere = (wanted) => {
    const at = lines.indexOf(wanted);
    lines.splice(0, at + 1);
    return at >= 0;
  };
  const others = other.split('\n').filter((line) => !line.startsWith('return { '));
  return imports(glue) !== undefined && imports(glue) === imports(other) && others.every(isThere);
}

function bundle(parts, entries, out, apart = []) {
  buildSync({
    entryPoints: entries.map((entry) => (entry.in ? { ...entry, in: join(parts, entry.in) } : join(parts, entry))),
    outdir: out,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    target: 'es2022',
    external: ['node:*', './module.js', ...apart],
  });
}

/**
 * The glue of wasm-bindgen as a function that makes it: so importing the package does nothing, and who does not use the
 * core is left with none of it.
 */
function factory(source) {
  const names = Array.from(source.matchAll(/^export (?:class|function) (\w+)/gm), ([, name]) => name);
  const [imported, ...others] = source.match(/^import .*$/gm);
  const [exported, ...more] = source.match(/^export \{.*$/gm);
  const asEver = [`import { ${IMPORTED} } from './errors.js';`, 'export { initSync, __wbg_init as default };'];
  if (others.length || more.length || imported !== asEver[0] || exported !== asEver[1])
    throw new Error('the glue of wasm-bindgen is not what it was');
  const body = source
    .replace(imported, '')
    .replace(exported, `return { ${names.join(', ')}, initSync, init: __wbg_init };`)
    .replaceAll(/^export /gm, '');
  return `export function glue(${IMPORTED}) {\n${body}\n}\n`;
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

function report(path) {
  const gzipped = gzipSync(readFileSync(path), { level: 9 }).length;
  console.log(`${relative(DIST, path)}: ${statSync(path).size} bytes, ${gzipped} gzipped`);
}
