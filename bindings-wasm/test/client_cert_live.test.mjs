// Clients that show a certificate (RFC 8705), at the certified provider: each login, userinfo and refresh is real.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { TLS } from './hostile.mjs';
import { ISSUED, SELF_SIGNED } from './mutual.mjs';
import { Browser, fetchOver, startProvider } from './op.mjs';
import { installPackage } from './packed.mjs';

const REDIRECT = 'https://app.example/cb';
const BOUND = { tls_client_certificate_bound_access_tokens: true };
const BY_AUTHORITY = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=client' };

let installed;
let op;
let nodeTransport;
before(async () => {
  installed = installPackage();
  ({ nodeTransport } = await installed.load('relyingparty/node'));
  const path = (name) => fileURLToPath(new URL(`tls/${name}.pem`, import.meta.url));
  const tls = ['--tls-cert', path('cert'), '--tls-key', path('key'), '--client-ca', path('client_authority')];
  op = await startProvider(...tls);
});
after(() => {
  op.stop();
  installed.remove();
});

/** The certificate as a JWK Set. */
function jwks({ client_cert }) {
  const { raw, publicKey } = new X509Certificate(client_cert);
  return { keys: [{ ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] }] };
}

const register = (metadata) => op.control('register', { redirect_uris: [REDIRECT], ...metadata });

for (const name of ['relyingparty', 'relyingparty/full']) {
  describe(name, () => {
    let module;
    before(async () => (module = await installed.load(name)));

    const party = ({ client_id }, who, options) =>
      new module.RelyingParty({
        issuer: op.issuer,
        client_id,
        redirect_uri: REDIRECT,
        transport: nodeTransport({ ca_pem: TLS.cert, ...who }),
        ...options,
      });

    async function login(rp) {
      const { url, id } = await rp.authorize({ scopes: ['openid', 'offline_access'], prompt: 'consent' });
      const browser = new Browser({ fetch: fetchOver(nodeTransport({ ca_pem: TLS.cert })) });
      return rp.callback(await browser.login(url, REDIRECT), id);
    }

    /** A login, UserInfo, a refresh, and an API behind the door that asks for certificates. */
    async function journey(client, who, options) {
      const response = await nodeTransport({ ca_pem: TLS.cert })({
        url: `${op.issuer}/.well-known/openid-configuration`,
        method: 'GET',
        headers: [],
        limits: { max_response_bytes: 1_000_000, timeout_secs: 10 },
      });
      const api = JSON.parse(Buffer.from(response.body)).mtls_endpoint_aliases.userinfo_endpoint;
      const rp = party(client, who, { ...options, api_origins: [new URL(api).origin] });
      const session = await login(rp);
      assert.equal((await rp.userinfo(session)).claims.sub, 'alice');
      const refreshed = await rp.refresh(session);
      assert.equal((await rp.userinfo(refreshed)).claims.sub, 'alice');
      assert.equal((await rp.call(refreshed, { url: api })).status, 200);
      assert.equal((await (await rp.fetchAs(refreshed)(api)).json()).sub, 'alice');
      return session;
    }

    for (const [kind, bound] of Object.entries({ bearer: {}, bound: BOUND })) {
      test(`tls_client_auth, ${kind} tokens`, async () => {
        await journey(await register({ ...BY_AUTHORITY, ...bound }), ISSUED, bound);
      });

      test(`self_signed_tls_client_auth, ${kind} tokens`, async () => {
        const method = { token_endpoint_auth_method: 'self_signed_tls_client_auth' };
        await journey(await register({ ...method, jwks: jwks(SELF_SIGNED), ...bound }), SELF_SIGNED, { ...method, ...bound });
      });
    }

    test('a public client whose tokens are bound', async () => {
      const method = { token_endpoint_auth_method: 'none' };
      await journey(await register({ ...method, ...BOUND }), SELF_SIGNED, { ...method, ...BOUND });
    });

    test('another’s certificate is refused', async () => {
      const rp = party(await register(BY_AUTHORITY), SELF_SIGNED);
      await assert.rejects(login(rp), { name: 'ProviderError', error: 'invalid_client' });
    });

    test('a bound token is worth nothing with another certificate', async () => {
      const client = await register({ ...BY_AUTHORITY, ...BOUND });
      const session = await login(party(client, ISSUED, BOUND));
      const thief = party(client, SELF_SIGNED, BOUND);
      await assert.rejects(thief.userinfo(await thief.restore(session.encoded)), { name: 'ProviderError', error: 'invalid_token' });
    });
  });
}
