// The standard claims (OIDC Core 5.1): of their type, or absent. The values are those of all three languages.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as full from '../dist/full/entry_node.js';
import * as node from '../dist/node/entry_node.js';
import { ISSUER, NOW, REGISTRATION, entropy, idToken, jsonReply, memoryProvider } from './memory_provider.mjs';

const VECTORS = JSON.parse(readFileSync(new URL('../../conformance/vectors/standard_claims.json', import.meta.url), 'utf8'));
const KINDS = ['strings', 'booleans', 'times', 'addresses'];

/** Each claim with each value, and what it reads as. */
function* rows() {
  for (const kind of KINDS) {
    for (const name of VECTORS[kind]) {
      for (const good of VECTORS.good[kind]) yield [name, good, good];
      for (const odd of VECTORS.odd[kind]) yield [name, odd, undefined];
    }
  }
}

/** The claims of an ID token, of a UserInfo response and of a restored session. */
async function found({ RelyingParty }, sent) {
  const provider = memoryProvider();
  const options = { transport: provider.transport, clock: () => NOW, entropy: entropy() };
  const rp = new RelyingParty({ issuer: ISSUER, ...REGISTRATION, ...options });
  provider.replies.userinfo = () => jsonReply({ sub: 'alice', ...sent });
  const session = await provider.login(rp);
  return [await rp.verify(idToken(sent)), await rp.userinfo(session)];
}

for (const [name, build] of Object.entries({ node, full })) {
  test(`a standard claim is of its type or absent: ${name}`, async () => {
    for (const [claim, sent, expected] of rows()) {
      for (const { claims, raw_claims } of await found(build, { [claim]: sent, groups: [sent] })) {
        assert.deepEqual(claims[claim], expected, `${claim}: ${JSON.stringify(sent)}`);
        assert.equal(claim in claims, expected !== undefined);
        assert.deepEqual([raw_claims[claim], raw_claims.groups], [sent, [sent]], 'as it came');
        assert.deepEqual(claims.groups, [sent], 'no standard claim');
        assert.equal(raw_claims === claims, expected !== undefined);
        assert.ok(Object.isFrozen(claims) && Object.isFrozen(raw_claims));
      }
    }
  });
}

test('the members of an address are strings or absent', async () => {
  const { sent, read } = VECTORS.odd_members;
  for (const { claims, raw_claims } of await found(node, { address: sent })) {
    assert.deepEqual(claims.address, read);
    assert.deepEqual(raw_claims.address, sent);
  }
});

test('email_verified by its type, and whoever writes it as a text', async () => {
  for (const [sent, strict, lenient] of [[true, true, true], ['true', false, true], ['false', false, false], [1, false, false]]) {
    for (const verified of await found(node, { email_verified: sent })) {
      assert.equal(verified.claims.email_verified, sent === true ? true : undefined);
      assert.deepEqual([verified.email_verified, verified.email_verified_lenient], [strict, lenient]);
    }
  }
});

test('the raw claims are listed nowhere', async () => {
  const [verified] = await found(node, { email: 1 });
  assert.ok(!JSON.stringify(verified).includes('raw_claims'));
  assert.ok(!('email' in { ...verified }.claims));
});
