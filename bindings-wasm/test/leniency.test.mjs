// Providers that differ from the specifications: the options by their names, judged before anything is fetched.

import assert from 'node:assert/strict';
import test from 'node:test';

import { RelyingParty } from 'relyingparty';

const OPTIONS = { client_id: 'client', redirect_uri: 'https://app.example/callback', transport: () => undefined };

/** What a relying party with these options says before it asks anybody. */
async function judged(options) {
  try {
    await new RelyingParty({ ...OPTIONS, issuer: 'https://op.example', ...options }).authorize();
  } catch ({ code, details }) {
    return [code, details?.member];
  }
  return [];
}

test('no kind of another token is a word for ID tokens', async () => {
  for (const typ of ['at+jwt', 'application/Logout+JWT', 'dpop+jwt', '']) {
    const found = await judged({ policy: { accepted_typ: [typ] } });
    assert.deepEqual(found, ['invalid_configuration', 'accepted_typ'], typ);
  }
});

test('tenants are named where there are many, and nowhere else', async () => {
  assert.deepEqual(await judged({ tenants: ['9122040d'] }), ['invalid_configuration', 'tenants']);
  const [code] = await judged({ issuer: 'https://op.example/common/v2.0', tenants: ['9122040d'] });
  assert.notEqual(code, 'invalid_configuration');
});
