// In Node the module is at hand as text, which every bundler keeps with the code. It is unpacked when it is first used.

import { inflate } from './inflate.js';
import packed from './module.js';

export function here() {
  const deflated = Buffer.from(packed, 'base64');
  // Not an import: loading it would take as long as importing the package does. What is older than Node 20.16 has none.
  const zlib = globalThis.process.getBuiltinModule?.('node:zlib');
  return zlib ? zlib.inflateRawSync(deflated) : inflate(deflated);
}
