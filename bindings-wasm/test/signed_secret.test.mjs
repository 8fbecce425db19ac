// Client secrets that the client signs itself, as Apple wants them.

import assert from 'node:assert/strict';
import { createPublicKey, sign } from 'node:crypto';
import { describe, test } from 'node:test';

import * as full from '../dist/full/entry_node.js';
import * as web from '../dist/full/entry_web.js';
import * as node from '../dist/node/entry_node.js';
import { NOW, REGISTRATION, jsonReply, memoryProvider } from './memory_provider.mjs';
import { form, keyFor, opened } from './proofs.mjs';

const APPLE = 'https://appleid.apple.com';
const ec = keyFor('ES256');
const jwk = (alg = 'ES256') => keyFor(alg).export({ format: 'jwk' });
const kms = {
  alg: 'ES256',
  kid: 'KEY1234567',
  sign: (input) => sign('sha256', input, { key: ec, dsaEncoding: 'ieee-p1363' }),
};

/** A provider at Apple's issuer that refuses every code, since the secret is what is looked at. */
function apple() {
  const { replies, requests, transport } = memoryProvider();
  const at = (path) => `${APPLE}${path}`;
  replies.discovery = () =>
    jsonReply({
      issuer: APPLE,
      authorization_endpoint: at('/auth/authorize'),
      token_endpoint: at('/auth/token'),
      jwks_uri: at('/auth/keys'),
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      id_token_signing_alg_values_supported: ['RS256'],
    });
  replies.token = () => jsonReply({ error: 'invalid_grant' }, 400);
  return { requests, transport };
}

for (const [build, module] of Object.entries({ node, full, workers: web })) {
  const party = (provider, options) =>
    new module.RelyingParty({ issuer: APPLE, ...REGISTRATION, transport: provider.transport, clock: () => NOW, ...options });

  describe(`signed_client_secret: ${build}`, () => {
    for (const [name, key] of Object.entries({ 'a JWK': { key: jwk(), kid: 'KEY1234567' }, 'a KMS': kms })) {
      test(`f3_at Apple the secret is signed by the team, with ${name}`, async () => {
        const provider = apple();
        const rp = party(provider, { signing_keys: [key], team_id: 'TEAM123456' });
        const { url, id } = await rp.authorize();
        const state = new URL(url).searchParams.get('state');
        await assert.rejects(rp.callback(`${REGISTRATION.redirect_uri}?code=c&state=${state}`, id), { error: 'invalid_grant' });
        const { client_id, client_secret, client_assertion } = form(provider.requests.find(({ endpoint }) => endpoint === 'token'));
        assert.deepEqual([client_id, client_assertion], ['client', undefined]);
        const { header, claims } = opened(client_secret, createPublicKey(ec));
        assert.deepEqual(header, { typ: 'JWT', alg: 'ES256', kid: 'KEY1234567' });
        assert.deepEqual(claims, { iss: 'TEAM123456', sub: 'client', aud: APPLE, iat: NOW, exp: NOW + 300 });
      });
    }

    test('what cannot work is refused by name', async () => {
      const keys = [{ key: jwk(), kid: 'k' }];
      for (const [member, options] of [
        ['team_id', { signing_keys: keys }],
        ['signing_keys', { team_id: 'T' }],
        ['signing_keys', { team_id: 'T', signing_keys: [{ key: jwk() }] }],
        ['token_endpoint_auth_signing_alg', { team_id: 'T', signing_keys: [{ key: jwk('ES384'), kid: 'k' }] }],
        ['client_secret', { team_id: 'T', signing_keys: keys, client_secret: 's' }],
        ['team_id', { team_id: 'T', signing_keys: keys, issuer: 'https://op.example' }],
      ]) {
        const making = async () => (await module.RelyingParty.create({
          issuer: APPLE, ...REGISTRATION, transport: apple().transport, clock: () => NOW, ...options,
        }));
        await assert.rejects(making(), ({ code, details }) => {
          assert.deepEqual([code, details.member], ['invalid_configuration', member]);
          return true;
        });
      }
    });
  });
}
