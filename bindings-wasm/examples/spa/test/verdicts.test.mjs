// Chromium's WebCrypto has the verdicts of the core.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { disagreements, needsVerdicts, questions } from '../../../test/verdicts.mjs';
import { setUp } from './stage.mjs';

const JS = fileURLToPath(new URL('../../../js/', import.meta.url));

let stage;
before(async () => (stage = await setUp()));
after(() => stage.close());

test('Chromium agrees about every signature vector', { ...needsVerdicts, timeout: 300_000 }, async () => {
  const page = await stage.tab();
  await page.route('**/verifier/*', (route) => route.fulfill({ path: JS + route.request().url().split('/').pop() }));
  const inPage = `async (questions) => {
    const { webVerifier } = await import('/verifier/verify.js');
    globalThis.verifier ??= webVerifier();
    return (${disagreements})(globalThis.verifier, questions);
  }`;
  const asked = questions();
  for (let first = 0; first < asked.length; first += 1000)
    assert.deepEqual(await page.evaluate(`(${inPage})(${JSON.stringify(asked.slice(first, first + 1000))})`), []);
});
