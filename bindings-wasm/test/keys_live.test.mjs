// Clients that prove themselves with keys, at the certified provider: each login, userinfo and refresh is real.

import assert from 'node:assert/strict';
import { createPublicKey, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Browser, startProvider } from './op.mjs';
import { installPackage } from './packed.mjs';
import { ALGS, keyFor } from './proofs.mjs';

const REDIRECT = 'http://127.0.0.1:9/cb';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let installed;
let op;
before(async () => {
  installed = installPackage();
  op = await startProvider();
});
after(() => {
  op.stop();
  installed.remove();
});

const publicJwk = (key, more) => ({ ...createPublicKey(key).export({ format: 'jwk' }), use: 'sig', ...more });

/** Registers a client; logs in, asks userinfo and refreshes as one with these options. */
async function journey(module, metadata, options) {
  const client = await op.control('register', {
    application_type: 'native',
    redirect_uris: [REDIRECT],
    ...metadata,
  });
  const rp = new module.RelyingParty({
    issuer: op.issuer,
    allow_insecure_loopback: true,
    client_id: client.client_id,
    redirect_uri: REDIRECT,
    ...(typeof options === 'function' ? options(client) : options),
  });
  const login = async () => {
    const { url, id } = await rp.authorize();
    return rp.callback(await new Browser().login(url, REDIRECT), id);
  };
  const session = await login();
  assert.equal(session.claims.sub, 'alice');
  assert.equal((await rp.userinfo(session)).claims.email, 'alice@example.test');
  const refreshed = await rp.refresh(session);
  assert.notEqual(refreshed.refresh_token, session.refresh_token);
  assert.equal((await rp.userinfo(await rp.restore(refreshed.encoded))).claims.sub, 'alice');
  return { rp, client, login, session, refreshed };
}

const times = async (path) => (await op.control('requests')).filter((request) => request.path === path);

for (const name of ['relyingparty', 'relyingparty/full']) {
  describe(name, () => {
    let module;
    before(async () => (module = await installed.load(name)));

    for (const alg of ALGS) {
      test(`private_key_jwt with ${alg}`, async () => {
        const [key, kid] = [keyFor(alg), `of-${alg}`];
        const metadata = {
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_signing_alg: alg,
          jwks: { keys: [publicJwk(key, { kid, alg })] },
        };
        await journey(module, metadata, { signing_keys: [{ key, kid, alg }] });
      });
    }

    test('private_key_jwt with a CryptoKey that cannot be exported, by what jwks() publishes', async () => {
      const key = await module.generateDpopKey();
      const options = { signing_keys: [{ key, kid: 'web' }], client_assertion_audience: 'token_endpoint' };
      const known = { issuer: op.issuer, allow_insecure_loopback: true, client_id: 'c', redirect_uri: REDIRECT };
      const jwks = await new module.RelyingParty({ ...known, ...options }).jwks();
      await journey(module, { token_endpoint_auth_method: 'private_key_jwt', jwks }, options);
    });

    test('private_key_jwt with a KMS', async () => {
      const key = keyFor('PS256');
      const kms = {
        alg: 'RS256',
        kid: 'kms',
        sign: async (input, alg) => sign(alg === 'RS256' ? 'sha256' : undefined, input, key),
      };
      const jwks = { keys: [publicJwk(key, { kid: 'kms' })] };
      await journey(module, { token_endpoint_auth_method: 'private_key_jwt', jwks }, { signing_keys: [kms] });
    });

    test('a key that the provider does not know is refused by it', async () => {
      const metadata = {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicJwk(keyFor('ES256'))] },
      };
      const { privateKey } = await module.generateDpopKey();
      await assert.rejects(journey(module, metadata, { signing_keys: [privateKey] }), {
        name: 'ProviderError',
        error: 'invalid_client',
      });
    });

    for (const alg of ['HS256', 'HS384', 'HS512']) {
      test(`client_secret_jwt with ${alg}`, async () => {
        const method = { token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: alg };
        await journey(module, method, ({ client_secret }) => ({ client_secret, ...method }));
      });
    }

    test('a file that another program keeps', async (t) => {
      const { tokenFile } = await installed.load('relyingparty/node');
      const folder = mkdtempSync(join(tmpdir(), 'relyingparty-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const path = join(folder, 'token');
      const key = keyFor('ES256');
      let number = 0;
      const write = (client_id) => {
        const now = Math.floor(Date.now() / 1000);
        const claims = { iss: client_id, sub: client_id, aud: op.issuer, iat: now, exp: now + 60 };
        const parts = [{ alg: 'ES256' }, { ...claims, jti: `${name} ${(number += 1)}` }];
        const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
        const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
        writeFileSync(path, `${input}.${signature.toString('base64url')}\n`);
      };
      const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicJwk(key)] } };
      const fromFile = tokenFile(path);
      const { rp, refreshed } = await journey(module, metadata, ({ client_id }) => ({
        client_assertion: () => (write(client_id), fromFile()),
        client_assertion_type: JWT_BEARER,
      }));
      const stale = new module.RelyingParty({
        issuer: op.issuer,
        allow_insecure_loopback: true,
        client_id: refreshed.claims.aud,
        redirect_uri: REDIRECT,
        client_assertion: fromFile,
        cache: rp.cache,
      });
      // The provider takes each assertion once: a file that nobody wrote anew is refused.
      await assert.rejects(stale.refresh(refreshed), { error: 'invalid_client' });
    });

    test('dpop: a nonce costs one round trip, until it runs out', async () => {
      const metadata = { token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true };
      await op.control('requests');
      const { rp, session, refreshed } = await journey(module, metadata, { dpop_keys: [await module.generateDpopKey()] });
      assert.deepEqual([session.token_type, refreshed.token_type], ['DPoP', 'DPoP']);
      assert.equal(refreshed.dpop_jkt, session.dpop_jkt);
      const requests = await op.control('requests');
      const statuses = (path) => requests.filter((request) => request.path === path).map(({ status }) => status);
      assert.deepEqual([statuses('/token'), statuses('/me')], [[400, 200, 200], [200, 200]]);

      await op.control('nonces');
      assert.equal((await rp.userinfo(refreshed)).claims.sub, 'alice');
      assert.deepEqual((await times('/me')).map(({ status }) => status), [401, 200]);
      await op.control('nonces');
      const again = await rp.refresh(refreshed);
      assert.equal(again.dpop_jkt, session.dpop_jkt);
      assert.deepEqual((await times('/token')).map(({ status }) => status), [400, 200]);
    });

    for (const alg of ALGS) {
      test(`dpop with ${alg}, beside private_key_jwt`, async () => {
        const key = keyFor('EdDSA');
        const metadata = {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [publicJwk(key)] },
          dpop_bound_access_tokens: true,
        };
        const { session } = await journey(module, metadata, { signing_keys: [key], dpop_keys: [{ key: keyFor(alg), alg }] });
        assert.equal(session.token_type, 'DPoP');
      });
    }

    test('dpop: whoever has the tokens and not the key is refused', async () => {
      const metadata = { token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true };
      const { session } = await journey(module, metadata, { dpop_keys: [await module.generateDpopKey()] });
      const thief = new module.RelyingParty({
        issuer: op.issuer,
        allow_insecure_loopback: true,
        client_id: session.claims.aud,
        redirect_uri: REDIRECT,
        dpop_keys: [await module.generateDpopKey()],
      });
      await assert.rejects(thief.userinfo(await thief.restore(session.encoded)), { code: 'dpop_key_mismatch' });
      const stolen = await fetch(`${op.issuer}/me`, { headers: { authorization: `Bearer ${session.access_token}` } });
      assert.equal(stolen.status, 401);
    });
  });
}
