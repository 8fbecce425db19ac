// Logins at Keycloak, whose keys rotate between the request of a refresh and its answer: `cargo ci keycloak`.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import process from 'node:process';

import { installPackage } from '../../bindings-wasm/test/packed.mjs';
import { Browser, told } from './browser.mjs';

const REDIRECT = 'https://app.example/callback';
const LOGGED_OUT = 'https://app.example/';
const REFRESHES = 200;

const about = JSON.parse(process.env.RP_TEST_KEYCLOAK ?? '{"clients":[],"keyed":[]}');
const DPOP_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const skip = about.issuer ? false : 'needs Keycloak: cargo ci keycloak';

let installed;
before(() => (installed = installPackage()));
after(() => installed.remove());

const rotate = (keep_old) => told(about, 'rotate', { keep_old });

/** A relying party for a client of the realm, its browser, and what it takes to log in. */
async function party({ client_id, client_secret, options = {} }, changed = {}) {
  const { binds, ...others } = { ...options, ...changed };
  const { RelyingParty } = await installed.load('relyingparty');
  const browser = new Browser();
  const rp = new RelyingParty({
    issuer: about.issuer,
    allow_insecure_loopback: true,
    client_id,
    ...(client_secret && { client_secret }),
    redirect_uri: REDIRECT,
    ...(binds && { dpop_keys: [DPOP_KEY] }),
    ...others,
  });
  const login = async () => {
    const { url, id, request_object } = await rp.authorize({ return_to: '/inbox' });
    const hosting = request_object && (await hosted(request_object));
    try {
      return await rp.callback(await browser.follow(url, REDIRECT), id);
    } finally {
      await hosting?.stop();
    }
  };
  return { rp, browser, login };
}

/** Serves a request object at its URL, until it is stopped: then it was fetched. */
async function hosted({ request_uri, content_type, body }) {
  const { port, pathname } = new URL(request_uri);
  let fetched = 0;
  const server = createServer((request, response) => {
    if (request.url === pathname) fetched += 1;
    response.writeHead(request.url === pathname ? 200 : 404, { 'content-type': content_type }).end(body);
  });
  server.listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
  return {
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      assert.ok(fetched > 0, 'Keycloak fetched the request');
    },
  };
}

for (const client of about.clients) {
  describe(client.client_id, () => {
    test('logs in, asks userinfo, refreshes and logs out', async () => {
      const { rp, browser, login } = await party(client);
      const session = await login();
      assert.equal(session.claims.iss, about.issuer);
      assert.equal(session.return_to, '/inbox');
      const info = await rp.userinfo(session);
      assert.equal(info.claims.sub, session.claims.sub);
      assert.equal(info.claims.email, 'alice@example.test');

      const refreshed = await rp.refresh(session);
      assert.notEqual(refreshed.refresh_token, session.refresh_token);
      const logout = await rp.endSession(refreshed, { post_logout_redirect_uri: LOGGED_OUT, state: 's' });
      assert.equal(await browser.follow(logout, LOGGED_OUT), `${LOGGED_OUT}?state=s`);
      await assert.rejects(rp.refresh(refreshed), { code: 'provider_error', error: 'invalid_grant' });
    });

    test('a refresh token that was used before is refused', async () => {
      const { rp, login } = await party(client);
      const session = await login();
      await rp.refresh(session);
      // Not `refresh`, which has the result at hand for whoever comes a moment too late.
      const again = rp.refreshToken(session.refresh_token, session.claims.sub);
      await assert.rejects(again, { code: 'provider_error', error: 'invalid_grant' });
    });
  });
}

for (const client of about.keyed) {
  describe(`${client.client_id}, with keys`, () => {
    test('logs in, asks userinfo, refreshes and logs out', async () => {
      const { rp, browser, login } = await party(client);
      const session = await login();
      assert.equal(session.token_type.toLowerCase(), client.options.binds ? 'dpop' : 'bearer');
      assert.equal((await rp.userinfo(session)).claims.email, 'alice@example.test');
      const refreshed = await rp.refresh(session);
      assert.notEqual(refreshed.refresh_token, session.refresh_token);
      assert.equal((await rp.userinfo(refreshed)).claims.sub, session.claims.sub);
      const logout = await rp.endSession(refreshed, { post_logout_redirect_uri: LOGGED_OUT, state: 's' });
      assert.equal(await browser.follow(logout, LOGGED_OUT), `${LOGGED_OUT}?state=s`);
    });
  });
}

test('a key that is not registered is refused', { skip }, async () => {
  const client = about.keyed.find(({ client_id }) => client_id === 'signed-jwt');
  const { login } = await party(client, { signing_keys: [{ key: DPOP_KEY, kid: 'client-1' }] });
  await assert.rejects(login(), ({ error }) => ['invalid_client', 'unauthorized_client'].includes(error));
});

test('no session is lost in 200 refreshes with new keys', { skip }, async () => {
  const { login, rp } = await party(about.clients[0]);
  let session = await login();
  for (let step = 1; step <= REFRESHES; step += 1) {
    // In turns: the old key is still published, it is not, and nothing happened.
    if (step % 3) await rotate(step % 3 === 1);
    const refreshed = await rp.refresh(session);
    assert.notEqual(refreshed.access_token, session.access_token, `${step}`);
    assert.ok(refreshed.refresh_token, `${step}`);
    assert.notEqual(refreshed.refresh_token, session.refresh_token, `${step}`);
    assert.ok(refreshed.id_token, `${step}`);
    assert.notEqual(refreshed.id_token, session.id_token, `${step}`);
    assert.equal(refreshed.claims.sub, session.claims.sub, `${step}`);
    session = refreshed;
  }
  assert.equal((await rp.userinfo(session)).claims.sub, session.claims.sub);
});
