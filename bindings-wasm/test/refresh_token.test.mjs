// A bare refresh token, from another library.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';

import * as node from '../dist/node/entry_node.js';
import * as full from '../dist/full/entry_node.js';
import * as small from '../dist/small/entry_web.js';
import { ISSUER, NOW, REGISTRATION, entropy, memoryProvider } from './memory_provider.mjs';

const party = (rp, provider) =>
  new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: provider.transport,
    clock: () => NOW,
    entropy: entropy(),
  });

for (const [name, rp] of Object.entries({ node, full })) {
  test(`${name}: a valid ID token makes a session`, async () => {
    const client = party(rp, memoryProvider());
    const { grant, session } = await client.refreshToken('canary-elsewhere', 'alice');
    assert.equal(session.claims.sub, 'alice');
    assert.equal(grant.access_token, session.access_token);
    assert.doesNotMatch(inspect({ grant, session }) + JSON.stringify({ grant, session }), /canary/);
    await client.userinfo(session);
  });

  test(`${name}: somebody else, and what is no token, are refused`, async () => {
    const client = party(rp, memoryProvider());
    await assert.rejects(client.refreshToken('canary-elsewhere', 'bob'), { code: 'sub_mismatch' });
    await assert.rejects(client.refreshToken('', 'alice'), { code: 'no_refresh_token' });
    await assert.rejects(client.refreshToken('canary-elsewhere', ''), { code: 'invalid_configuration' });
  });
}

test('the build for browsers says that it has none', async () => {
  await small.init(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));
  const client = party(small, memoryProvider());
  await assert.rejects(client.refreshToken('x', 'alice'), { code: 'invalid_configuration' });
});
