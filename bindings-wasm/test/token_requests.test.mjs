// What a login asks for, and what an exchange and a refresh ask for besides.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import * as node from '../dist/node/entry_node.js';
import * as full from '../dist/full/entry_node.js';
import * as small from '../dist/small/entry_web.js';
import { ISSUER, NOW, REGISTRATION, jsonReply, memoryProvider } from './memory_provider.mjs';

await small.init(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));

const party = (rp, provider, policy = {}) =>
  new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: provider.transport,
    clock: () => NOW,
    policy,
  });
/** What token requests said, the newest last. */
const sent = ({ requests }) =>
  requests
    .filter(({ endpoint }) => endpoint === 'token')
    .map(({ body }) => new URLSearchParams(Buffer.from(body).toString()));

for (const [build, rp] of Object.entries({ node, full, small })) {
  describe(`token requests: ${build}`, () => {
    test('ask again for what was asked for', async () => {
      const provider = memoryProvider();
      const client = party(rp, provider, { scope_in_refreshes: true });
      let session = await provider.login(client, { resource: ['https://a.example', 'urn:b'], scopes: ['openid', 'api'] });
      for (let turn = 0; turn < 3; turn += 1) {
        const asked = sent(provider).at(-1);
        assert.deepEqual(asked.getAll('resource'), ['https://a.example', 'urn:b']);
        assert.equal(asked.get('scope'), turn ? 'openid api' : null);
        assert.deepEqual(session.resource, ['https://a.example', 'urn:b']);
        session = await client.refresh(await client.restore(session.encoded));
      }
      const spared = memoryProvider();
      const other = party(rp, spared, { resource_in_token_requests: false });
      await other.refresh(await spared.login(other, { resource: 'urn:a' }));
      assert.deepEqual(sent(spared).flatMap((asked) => asked.getAll('resource')), []);
    });

    test('take parameters of their own', async () => {
      const provider = memoryProvider();
      const client = party(rp, provider);
      const { url, id } = await client.authorize({ resource: 'urn:a' });
      const state = new URL(url).searchParams.get('state');
      const exchanged = client.callback(`?code=x&state=${state}`, id, { resource: 'urn:b', extra: { tenant: 'a b' } });
      await assert.rejects(exchanged, { category: 'Token' });
      assert.deepEqual([sent(provider).at(-1).getAll('resource'), sent(provider).at(-1).get('tenant')], [['urn:b'], 'a b']);
      const session = await provider.login(client, { resource: 'urn:a' });
      await client.refresh(session, { scopes: ['openid'], resource: [], extra: { tenant: 'c' } });
      const asked = sent(provider).at(-1);
      assert.deepEqual([asked.get('scope'), asked.getAll('resource'), asked.get('tenant')], ['openid', [], 'c']);
      if (rp === small) return;
      await client.refreshToken('elsewhere', 'alice', { scopes: ['openid'], extra: { tenant: 'd' } }).catch(() => {});
      assert.deepEqual([sent(provider).at(-1).get('scope'), sent(provider).at(-1).get('tenant')], ['openid', 'd']);
    });

    test('that are refreshes and ask for different things are no one request', async () => {
      const provider = memoryProvider();
      const client = party(rp, provider);
      const session = await provider.login(client);
      const before = sent(provider).length;
      const options = [{ resource: 'urn:a' }, { resource: 'urn:a' }, { resource: 'urn:b' }, undefined, {}];
      await Promise.all(options.map((request) => client.refresh(session, request)));
      const asked = sent(provider).slice(before).map((form) => form.get('resource'));
      assert.deepEqual(asked.sort(), ['urn:a', 'urn:b', null].sort());
    });

    test('that are refreshes and ask for different things spend no token twice', async () => {
      const provider = memoryProvider();
      const client = party(rp, provider);
      const session = await provider.login(client);
      let [current, number, revoked] = [session.refresh_token, 0, false];
      provider.replies.token = async ({ body }) => {
        const form = new URLSearchParams(Buffer.from(body).toString());
        if (form.get('resource') === 'urn:nowhere') return jsonReply({ error: 'invalid_target' }, 400);
        revoked ||= form.get('refresh_token') !== current;
        if (revoked) return jsonReply({ error: 'invalid_grant' }, 400);
        current = `r${(number += 1)}`;
        const reply = { access_token: `a${number}`, refresh_token: current, token_type: 'Bearer' };
        await new Promise((resolve) => setTimeout(resolve, 20));
        return jsonReply(reply);
      };
      const options = ['urn:a', 'urn:nowhere', 'urn:b', 'urn:a', 'urn:nowhere'].map((resource) => ({ resource }));
      const outcomes = await Promise.allSettled(options.map((request) => client.refresh(session, request)));
      assert.deepEqual(
        outcomes.map(({ value, reason }) => value?.access_token ?? reason.error),
        ['a1', 'invalid_target', 'a2', 'a1', 'invalid_target'],
      );
      const next = await client.refresh(outcomes[2].value, {});
      assert.deepEqual([next.refresh_token, revoked], ['r3', false]);
    });

    test('do not take what the library sets', async () => {
      const provider = memoryProvider();
      const client = party(rp, provider);
      const session = await provider.login(client);
      const before = sent(provider).length;
      for (const name of ['refresh_token', 'grant_type', 'scope', 'resource', 'client_id', 'client_secret'])
        await assert.rejects(client.refresh(session, { extra: { [name]: 'x' } }), {
          code: 'reserved_parameter',
          details: { parameter: name },
        });
      await assert.rejects(client.refresh(session, null), { code: 'invalid_configuration' });
      assert.equal(sent(provider).length, before);
    });
  });

  test(`${build}: hosts of the policy stand for themselves`, () => {
    const named = (policy, jwks_uri) => {
      try {
        rp.Provider.fromMetadata(ISSUER, JSON.stringify({ issuer: ISSUER, jwks_uri }), { policy });
        return 'ok';
      } catch ({ code }) {
        return code;
      }
    };
    const no = 'metadata_member_invalid';
    for (const [policy, url, outcome] of [
      [{}, 'https://10.0.2.15:6443/jwks', no],
      [{ local_hosts: ['10.0.2.15:6443'] }, 'https://10.0.2.15:6443/jwks', 'ok'],
      [{ local_hosts: ['10.0.2.15'] }, 'http://10.0.2.15/jwks', no],
      [{ local_hosts: ['10.0.2.15'] }, 'https://10.0.2.1/jwks', no],
      [{ local_hosts: ['Keycloak'] }, 'https://keycloak./jwks', 'ok'],
      [{ local_hosts: ['keycloak'] }, 'https://a.keycloak.svc/jwks', no],
      [{ local_hosts: ['fd00::1'] }, 'https://[FD00:0::1]:1/jwks', 'ok'],
      [{ danger_http_hosts: ['keycloak:8080'] }, 'http://keycloak:8080/jwks', 'ok'],
      [{ danger_http_hosts: ['keycloak:8080'] }, 'http://keycloak/jwks', no],
    ])
      assert.equal(named(policy, url), outcome, `${JSON.stringify(policy)} ${url}`);
  });

  test(`${build}: http takes the dangerous list, and names under localhost are this machine`, async () => {
    const made = (issuer, more) =>
      rp.RelyingParty.create({ issuer, ...REGISTRATION, transport: () => undefined, ...more }).then(
        () => 'ok',
        ({ code }) => code,
      );
    const compose = 'http://keycloak:8080/realms/a';
    assert.equal(await made(compose, { policy: { danger_http_hosts: ['keycloak'] } }), 'ok');
    for (const policy of [{}, { local_hosts: ['keycloak'] }, { danger_http_hosts: ['keycloak:80'] }])
      assert.equal(await made(compose, { policy }), 'invalid_issuer');
    for (const issuer of ['http://op.localhost:1', 'http://a.b.LOCALHOST.:1'])
      assert.equal(
        await made(issuer, { allow_insecure_loopback: true, redirect_uri: 'http://app.localhost:2/cb' }),
        'ok',
      );
    assert.equal(await made('http://localhost.example', { allow_insecure_loopback: true }), 'invalid_issuer');
  });
}
