// Logins from Node, with the installed tarball, against the certified provider.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { TLS } from './hostile.mjs';
import { Browser, fetchOver, startProvider } from './op.mjs';
import { installPackage } from './packed.mjs';
import { startProxy } from './proxy.mjs';

const REDIRECT = 'http://127.0.0.1:9/cb';
const LOGGED_OUT = 'http://127.0.0.1:9/bye';
const AFTER_COOLDOWN = 31;

let installed;
let op;
let ahead = 0;
const clock = () => Math.floor(Date.now() / 1000) + ahead;

before(async () => {
  installed = installPackage();
  op = await startProvider();
});
after(() => {
  op.stop();
  installed.remove();
});

/** A relying party of `module` that is registered at `provider`, and what it takes to log in. */
async function registered(module, metadata, { provider = op, browser = new Browser(), ...options } = {}) {
  const client = await provider.control('register', {
    application_type: 'native',
    redirect_uris: [REDIRECT],
    post_logout_redirect_uris: [LOGGED_OUT],
    ...metadata,
  });
  const rp = new module.RelyingParty({
    issuer: provider.issuer,
    allow_insecure_loopback: true,
    client_id: client.client_id,
    ...(client.client_secret && { client_secret: client.client_secret }),
    redirect_uri: REDIRECT,
    clock,
    ...options,
  });
  const login = async (request = {}) => {
    const { url, id } = await rp.authorize(request);
    return rp.callback(await browser.login(url, REDIRECT), id);
  };
  return { rp, browser, login };
}

const PUBLIC = { token_endpoint_auth_method: 'none' };
const CONFIDENTIAL = { token_endpoint_auth_method: 'client_secret_basic' };
const CLIENTS = {
  'a public client': PUBLIC,
  client_secret_basic: CONFIDENTIAL,
  client_secret_post: { token_endpoint_auth_method: 'client_secret_post' },
};

for (const name of ['relyingparty', 'relyingparty/full']) {
  describe(name, () => {
    let module;
    before(async () => (module = await installed.load(name)));

    for (const [client, metadata] of Object.entries(CLIENTS)) {
      test(`${client} logs in, asks userinfo, refreshes and logs out`, async () => {
        const { rp, browser, login } = await registered(module, metadata);
        const session = await login({ return_to: '/inbox' });
        assert.equal(session.claims.iss, op.issuer);
        assert.equal(session.claims.sub, 'alice');
        assert.equal(session.return_to, '/inbox');
        assert.deepEqual(session.scope, ['openid', 'profile', 'email']);
        assert.ok(session.decisions.every(({ passed }) => passed));
        assert.ok(session.decisions.some(({ check, found }) => check === 'signature' && found === 'good'));

        assert.equal((await rp.userinfo(session)).claims.email, 'alice@example.test');

        const refreshed = await rp.refresh(session);
        assert.notEqual(refreshed.refresh_token, session.refresh_token);
        assert.equal((await rp.restore(refreshed.encoded)).access_token, refreshed.access_token);
        const { claims } = await rp.verify(refreshed.id_token, { sub: 'alice' });
        assert.equal(claims.sub, 'alice');
        // Who still holds the old session gets, for a moment, what it was refreshed to: the token is not sent again.
        assert.equal(await rp.refresh(session), refreshed);

        const logout = await rp.endSession(refreshed, { post_logout_redirect_uri: LOGGED_OUT, state: 's' });
        assert.equal(await browser.logout(logout, LOGGED_OUT), `${LOGGED_OUT}?state=s`);
      });
    }

    test('a logout goes there and back', async () => {
      const { rp, browser, login } = await registered(module, CONFIDENTIAL);
      const asked = { post_logout_redirect_uri: LOGGED_OUT, logout_hint: 'alice', ui_locales: 'de en' };
      const { url, fields, state } = await rp.logOut(await login(), asked);
      assert.equal(fields, undefined);
      await rp.loggedOut(await browser.logout(url, LOGGED_OUT), state);
    });

    test('a session and its tokens are revoked', async () => {
      const { rp, login } = await registered(module, CONFIDENTIAL);
      const session = await login({ scopes: ['openid', 'offline_access'] });
      await rp.revoke(session.access_token, 'access_token');
      await assert.rejects(rp.userinfo(session), { code: 'provider_error', error: 'invalid_token' });
      await rp.revoke(session);
      await rp.revoke(session);
      await assert.rejects(rp.refresh(session), { code: 'provider_error', error: 'invalid_grant' });
    });

    for (const alg of ['PS256', 'ES256', 'EdDSA']) {
      test(`an ID token signed with ${alg} is validated`, async () => {
        const metadata = { ...PUBLIC, id_token_signed_response_alg: alg };
        const { login } = await registered(module, metadata, { id_token_signed_response_alg: alg });
        assert.equal((await login()).claims.sub, 'alice');
      });
    }

    test('a resource is asked for the whole way', async () => {
      const resource = 'https://api.example/v1';
      const asked = { resource, scopes: ['openid', 'offline_access', 'api'] };
      const audience = ({ access_token }) =>
        access_token.includes('.') ? JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url')).aud : undefined;
      const { rp, login } = await registered(module, CONFIDENTIAL);
      const session = await login(asked);
      const refreshed = await rp.refresh(await rp.restore(session.encoded));
      assert.deepEqual([audience(session), audience(refreshed)], [resource, resource]);
      const elsewhere = rp.refresh(refreshed, { resource: 'https://other.example' });
      await assert.rejects(elsewhere, { name: 'ProviderError', error: 'invalid_target' });

      const spared = await registered(module, CONFIDENTIAL, { policy: { resource_in_token_requests: false } });
      const without = await spared.login(asked);
      assert.equal(audience(without), undefined);
      assert.equal(audience(await spared.rp.refresh(without, { resource })), resource);
    });

    test('keys that rotate while it runs are fetched once', async () => {
      const { login } = await registered(module, PUBLIC);
      await login();
      await op.control('rotate');
      ahead += AFTER_COOLDOWN;
      await op.control('requests');
      await login();
      await login();
      const fetches = (await op.control('requests')).filter(({ path }) => path === '/jwks');
      assert.equal(fetches.length, 1);
    });

    test('concurrent first calls share one discovery', async () => {
      const { rp } = await registered(module, PUBLIC);
      await op.control('requests');
      await Promise.all(Array.from({ length: 8 }, () => rp.authorize()));
      const paths = (await op.control('requests')).map(({ path }) => path);
      assert.deepEqual(paths, ['/.well-known/openid-configuration']);
    });

    test('e1_a_callback_counts_once_and_only_with_the_id_of_its_browser', async () => {
      const { rp, browser } = await registered(module, PUBLIC);
      const { url, id } = await rp.authorize();
      const back = await browser.login(url, REDIRECT);
      for (const wrong of [undefined, 'x']) {
        await assert.rejects(rp.callback(back, wrong), { name: 'CallbackError', code: 'no_pending_login' });
      }
      await rp.callback(back, id);
      await assert.rejects(rp.callback(back, id), { code: 'no_pending_login' });
    });

    test('the answer to another login is refused', async () => {
      const { rp, browser } = await registered(module, PUBLIC);
      const [mine, theirs] = [await rp.authorize(), await rp.authorize()];
      const back = await browser.login(theirs.url, REDIRECT);
      await assert.rejects(rp.callback(back, mine.id), { name: 'CallbackError', code: 'state_mismatch' });
    });

    test('a provider that is away is a TransportError with its cause', async () => {
      const { rp } = await registered(module, PUBLIC);
      await op.control('down');
      await assert.rejects(rp.authorize(), (error) => {
        assert.ok(error instanceof module.TransportError);
        assert.equal(error.code, 'unreachable');
        assert.ok(error.cause instanceof Error);
        return true;
      });
      await op.control('up');
      await assert.rejects(rp.authorize(), { code: 'metadata_unavailable' });
      const { rp: another } = await registered(module, PUBLIC);
      assert.ok((await another.authorize()).url.startsWith(op.issuer));
    });
  });
}

test('the default build asks the host to verify, the full one does not', async () => {
  for (const [name, expected] of [
    ['relyingparty', 1],
    ['relyingparty/full', 0],
  ]) {
    const module = await installed.load(name);
    const { nodeVerifier } = await installed.load('relyingparty/node');
    const verify = nodeVerifier();
    let asked = 0;
    const verifier = (request) => {
      asked += 1;
      return verify(request);
    };
    const { login } = await registered(module, PUBLIC, { verifier });
    await login();
    assert.equal(asked, expected, name);
  }
});

test('over https, with the provider’s own authority', async (t) => {
  const path = (name) => fileURLToPath(new URL(`tls/${name}.pem`, import.meta.url));
  const provider = await startProvider('--tls-cert', path('cert'), '--tls-key', path('key'));
  t.after(() => provider.stop());
  const module = await installed.load('relyingparty');
  const { nodeTransport } = await installed.load('relyingparty/node');
  const transport = nodeTransport({ ca_pem: TLS.cert });
  const browser = new Browser({ fetch: fetchOver(transport) });
  const { login } = await registered(module, CONFIDENTIAL, {
    provider,
    transport,
    browser,
    allow_insecure_loopback: false,
  });
  assert.equal((await login()).claims.iss, provider.issuer);
  const distrustful = await registered(module, CONFIDENTIAL, { provider, transport: nodeTransport() });
  await assert.rejects(distrustful.rp.authorize(), { name: 'TransportError', code: 'unreachable' });
});

test('through a proxy that wants a password', async (t) => {
  const path = (name) => fileURLToPath(new URL(`tls/${name}.pem`, import.meta.url));
  const tls = ['--tls-cert', path('cert'), '--tls-key', path('key')];
  const [provider, proxy] = await Promise.all([
    startProvider('--host', 'op.example', ...tls),
    startProxy('--password', 'alice:a password'),
  ]);
  t.after(() => [provider, proxy].forEach((running) => running.stop()));
  const { nodeTransport } = await installed.load('relyingparty/node');
  const through = (url) => nodeTransport({ ca_pem: TLS.cert, proxy: url });
  const transport = through(proxy.withPassword('alice:a%20password'));
  const browser = new Browser({ fetch: fetchOver(transport) });
  const module = await installed.load('relyingparty');
  const { rp, login } = await registered(module, CONFIDENTIAL, { provider, transport, browser });
  const session = await login();
  assert.equal(session.claims.iss, provider.issuer);
  assert.match(provider.issuer, /^https:\/\/op\.example:/);
  assert.equal((await rp.userinfo(session)).claims.sub, 'alice');
  const seen = await proxy.seen();
  const target = new URL(provider.issuer).host;
  assert.ok(seen.length > 3);
  assert.ok(seen.every((asked) => asked.method === 'CONNECT' && asked.target === target && asked.authorized));
  const shut = await registered(module, CONFIDENTIAL, { provider, transport: through(proxy.url) });
  await assert.rejects(shut.rp.authorize(), ({ code, details, message }) => {
    assert.deepEqual([code, details.endpoint], ['unreachable', 'discovery']);
    assert.match(message, /the proxy wants a user name and a password/);
    return true;
  });
});
