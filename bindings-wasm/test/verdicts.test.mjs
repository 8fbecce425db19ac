// The verifiers of both of JavaScript's cryptographies have the verdicts of the core.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeVerifier } from '../js/node_verify.js';
import { webVerifier } from '../js/verify.js';
import { disagreements, needsVerdicts, questions } from './verdicts.mjs';

for (const [name, verifier] of Object.entries({ 'node:crypto': nodeVerifier(), WebCrypto: webVerifier() })) {
  test(`${name} agrees about every signature vector`, needsVerdicts, async () => {
    const asked = questions();
    assert.ok(asked.length > 10_000 && asked.filter(({ good }) => good).length > 1_000);
    assert.deepEqual(await disagreements(verifier, asked), []);
  });
}
