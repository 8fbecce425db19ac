// Prints what a page loads: each entry's JavaScript, bundled and minified, and its module, gzipped, in bytes.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { buildSync } from 'esbuild';

const DIST = fileURLToPath(new URL('dist/', import.meta.url));
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

function size(name) {
  const { outputFiles } = buildSync({
    entryPoints: [`${DIST}${name}/entry_web.js`],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return {
    javascript: gzipped(outputFiles[0].contents),
    wasm: gzipped(readFileSync(`${DIST}${name}/relyingparty.wasm`)),
  };
}

console.log(JSON.stringify({ small: size('small'), full: size('full') }));
