// Clients that authenticate with assertions: of their secret (client_secret_jwt), and from elsewhere.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import * as full from '../dist/full/entry_node.js';
import * as node from '../dist/node/entry_node.js';
import { tokenFile } from '../dist/node/node.js';
import { memoryProvider } from './memory_provider.mjs';
import { form, party } from './proofs.mjs';

const SECRET = 'a secret of at least sixty-four octets, which is what HS512 wants of it';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const tokens = ({ requests }) => requests.filter(({ endpoint }) => endpoint === 'token').map(form);

for (const [build, module] of Object.entries({ node, full })) {
  describe(`client_secret_jwt: ${build}`, () => {
    const login = async (options) => {
      const provider = memoryProvider();
      await provider.login(party(module, provider, { client_secret: SECRET, ...options }));
      return provider;
    };

    for (const [alg, hash] of [[undefined, 'sha256'], ['HS256', 'sha256'], ['HS384', 'sha384'], ['HS512', 'sha512']]) {
      test(`signs with the secret: ${alg ?? 'HS256 when no alg is named'}`, async () => {
        const named = alg && { token_endpoint_auth_signing_alg: alg };
        const [sent] = tokens(await login({ token_endpoint_auth_method: 'client_secret_jwt', ...named }));
        const [header, claims, tag] = sent.client_assertion.split('.');
        assert.equal(createHmac(hash, SECRET).update(`${header}.${claims}`).digest('base64url'), tag);
        assert.equal(JSON.parse(Buffer.from(header, 'base64url')).alg, alg ?? 'HS256');
        assert.deepEqual([sent.client_secret, sent.client_assertion_type], [undefined, JWT_BEARER]);
      });
    }

    test('is never chosen unless it is named', async () => {
      const { requests } = await login({});
      const { headers } = requests.find(({ endpoint }) => endpoint === 'token');
      assert.match(headers.find(([name]) => name === 'authorization')[1], /^Basic /);
    });

    test('wants a secret as long as the hash', () => {
      const options = { client_secret: SECRET.slice(0, 31), token_endpoint_auth_method: 'client_secret_jwt' };
      assert.throws(() => party(module, memoryProvider(), options), { code: 'invalid_configuration', message: /client_secret/ });
    });
  });

  describe(`an assertion from elsewhere: ${build}`, () => {
    test('is asked for each time, and sent as it is', async () => {
      const provider = memoryProvider();
      let number = 0;
      const rp = party(module, provider, { client_assertion: async (...given) => `a.b.${(number += 1)}${given}` });
      await rp.refresh(await provider.login(rp));
      assert.deepEqual(
        tokens(provider).map(({ client_assertion, client_assertion_type }) => [client_assertion, client_assertion_type]),
        [['a.b.1', JWT_BEARER], ['a.b.2', JWT_BEARER]],
      );
    });

    test('has the type that the options name', async () => {
      const provider = memoryProvider();
      const spiffe = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';
      const options = { client_assertion: () => 'a.b.c', client_assertion_type: spiffe };
      await provider.login(party(module, provider, options));
      assert.equal(tokens(provider)[0].client_assertion_type, spiffe);
    });

    test('that is none is refused, or not there', async () => {
      const login = (client_assertion) => {
        const provider = memoryProvider();
        return provider.login(party(module, provider, { client_assertion }));
      };
      for (const text of ['', 'a b', 'a.b.c\n', '\u00e4', 'x'.repeat(65_537)])
        await assert.rejects(login(() => text), { name: 'MisuseError', code: 'assertion_unusable' });
      for (const odd of [undefined, null, 7, {}, Buffer.from('a.b.c')])
        await assert.rejects(login(() => odd), { code: 'unreachable', message: /client_assertion yielded no text/ });
      const cause = new Error('the metadata service is away');
      await assert.rejects(login(() => Promise.reject(cause)), (error) => {
        assert.deepEqual([error.code, error.details.endpoint, error.cause], ['unreachable', 'client_assertion', cause]);
        return true;
      });
    });
  });
}

describe('tokenFile', () => {
  test('reads anew each time, and drops one line end', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'relyingparty-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'token');
    const provider = memoryProvider();
    const rp = party(node, provider, { client_assertion: tokenFile(path) });
    writeFileSync(path, 'a.b.1\n');
    const session = await provider.login(rp);
    writeFileSync(path, 'a.b.2\r\n');
    await rp.refresh(session);
    assert.deepEqual(tokens(provider).map(({ client_assertion }) => client_assertion), ['a.b.1', 'a.b.2']);

    for (const text of ['a.b.3\n\n', ' a.b.3', 'a.b.\u00e4', `${'x'.repeat(70_000)}\n`]) {
      writeFileSync(path, text);
      await assert.rejects(party(node, provider, { client_assertion: tokenFile(path), cache: rp.cache }).refresh(session), {
        code: 'assertion_unusable',
      });
    }
    for (const text of ['', '\n']) {
      writeFileSync(path, text);
      await assert.rejects(provider.login(rp), { code: 'unreachable', message: /the file is empty/ });
    }
    rmSync(path);
    await assert.rejects(provider.login(rp), ({ code, message, cause }) => {
      assert.deepEqual([code, cause.code], ['unreachable', 'ENOENT']);
      assert.match(message, /client_assertion.*ENOENT/);
      return true;
    });
  });

  test('wants a path', () => {
    for (const path of [undefined, null, '', 7, {}])
      assert.throws(() => tokenFile(path), { name: 'ConfigurationError', code: 'invalid_configuration' });
  });
});
