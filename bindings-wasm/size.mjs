// Prints what a page loads: each entry's JavaScript, bundled and minified, and the module in its chunk, gzipped, in bytes;
// what a page whose client proves itself with keys loads instead; and what is left of the package in a page that takes its
// store from it, and nothing else. Beside them what sessions of single-page applications add.

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { buildSync } from 'esbuild';

const DIST = fileURLToPath(new URL('dist/', import.meta.url));
const OPTIONS = { bundle: true, splitting: true, minify: true, format: 'esm', write: false, outdir: 'out', metafile: true };
const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);

/** The files of a bundle, by name: `{ size, inputs, imports }`. */
function bundled(options) {
  const { outputFiles, metafile } = buildSync({ ...OPTIONS, ...options });
  return new Map(
    Object.entries(metafile.outputs).map(([name, { inputs, imports }], at) => {
      const size = gzipSync(outputFiles[at].contents, { level: 9 }).length;
      const here = imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
      return [name, { size, inputs: Object.keys(inputs), imports: here }];
    }),
  );
}

/** What is loaded where the entry of a build imports these of its files when it is used, and of its modules this one. */
function loaded(build, module, ...later) {
  const files = bundled({ entryPoints: [`${DIST}${build}/entry_web.js`] });
  const fileOf = (start) =>
    Array.from(files).find(([, { inputs }]) => inputs.some((input) => input.includes(`/${build}/${start}`)))[0];
  const names = new Set(['entry_web', ...later].map(fileOf));
  for (const name of names) for (const imported of files.get(name).imports) names.add(imported);
  const javascript = sum(Array.from(names, (name) => files.get(name).size));
  return { javascript, wasm: files.get(fileOf(module)).size };
}

const contents = `import { MemoryStore } from './entry_web.js'; console.log(new MemoryStore());`;
const [store] = bundled({ stdin: { contents, resolveDir: `${DIST}small` } }).values();
const added = (name) => {
  const [file] = bundled({ entryPoints: [`${DIST}session/${name}.js`], external: ['react', 'vue'] }).values();
  return file.size;
};
console.log(
  JSON.stringify({
    small: loaded('small', 'module.js'),
    signing: loaded('small', 'module_signing.js', 'keys'),
    full: loaded('full', 'module.js'),
    memory_store: store.size,
    session: added('index'),
    react: added('session_react'),
  }),
);
