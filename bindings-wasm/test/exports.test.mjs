// V8 of Node 20 ends the process when it deoptimises, in one of some ten thousand logins, over a call of an export that
// returns a reference. So none does: numbers alone, which wasm-bindgen makes values of.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const SECTIONS = { types: 1, imports: 2, functions: 3, exports: 7 };
const FUNCTION = 0;
/** i32, i64, f32, f64. */
const NUMBERS = [0x7f, 0x7e, 0x7d, 0x7c];

/** What is read of a module, one item after the other. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    this.at += 1;
    return this.bytes[this.at - 1];
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  list(item) {
    return Array.from({ length: this.number() }, () => item());
  }

  limits() {
    const bounded = this.byte() & 1;
    this.number();
    if (bounded) this.number();
  }
}

/** The exported functions of a module, with the types that each returns. */
function exported(bytes) {
  const reader = new Reader(bytes.subarray(8));
  const sections = new Map();
  while (reader.at < reader.bytes.length) sections.set(reader.byte(), new Reader(reader.take(reader.number())));
  const [types, imports, functions, exports] = Object.values(SECTIONS).map((id) => sections.get(id));
  const results = types.list(() => {
    types.byte();
    types.list(() => types.byte());
    return types.list(() => types.byte());
  });
  const skip = {
    1: () => (imports.byte(), imports.limits()),
    2: () => imports.limits(),
    3: () => imports.take(2),
  };
  const imported = imports.list(() => {
    imports.take(imports.number());
    imports.take(imports.number());
    const kind = imports.byte();
    if (kind !== FUNCTION) return skip[kind]();
    return imports.number();
  });
  const all = [...imported.filter((type) => type !== undefined), ...functions.list(() => functions.number())];
  return exports
    .list(() => {
      const name = new TextDecoder().decode(exports.take(exports.number()));
      return { name, kind: exports.byte(), index: exports.number() };
    })
    .filter(({ kind }) => kind === FUNCTION)
    .map(({ name, index }) => ({ name, returns: results[all[index]] }));
}

/** The modules of this build, as they are on disk or as text. */
async function modules() {
  const { unpack } = await import('../js/unpack.js');
  const found = [];
  for (const path of readdirSync(DIST, { recursive: true })) {
    if (path.endsWith('.wasm')) found.push([path, readFileSync(DIST + path)]);
    if (!/module\w*\.js$/.test(path)) continue;
    const { default: text } = await import(DIST + path);
    found.push([path, await unpack(text)]);
  }
  return found;
}

test('no export of any module returns a reference', async () => {
  const all = await modules();
  assert.ok(all.length >= 4, String(all.map(([path]) => path)));
  for (const [path, bytes] of all) {
    const functions = exported(bytes);
    assert.ok(functions.some(({ name }) => name === 'flow_resumeHttp'), path);
    for (const { name, returns } of functions)
      assert.ok(returns.every((type) => NUMBERS.includes(type)), `${path}: ${name} returns ${returns}`);
  }
});
