// The client's TLS certificate (RFC 8705): who shows it, to whom, and what is refused without.

import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as full from '../dist/full/entry_node.js';
import * as web from '../dist/full/entry_web.js';
import * as node from '../dist/node/entry_node.js';
import { nodeTransport } from '../dist/node/node.js';
import { TLS, hostileServer } from './hostile.mjs';
import { NOW, REGISTRATION } from './memory_provider.mjs';
import { ISSUED, SELF_SIGNED, door, mutualProvider, pem, thumbprint } from './mutual.mjs';
import { startProxy } from './proxy.mjs';

const PASSPHRASE = 'canary-passphrase';
const BOUND = { tls_client_certificate_bound_access_tokens: true };
const lockedAs = (type) =>
  createPrivateKey(ISSUED.client_key).export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE });
const locked = lockedAs('pkcs8');

const request = (url, more = { client_certificate: true }) => ({
  kind: 'http',
  endpoint: 'token',
  method: 'GET',
  url,
  headers: [],
  limits: { max_response_bytes: 4096, timeout_secs: 5 },
  ...more,
});

describe('the transport on node:https', () => {
  let demanding;
  let asking;
  const seen = [];
  before(async () => {
    const answer = ({ socket }) => {
      seen.push(socket.getPeerCertificate().subject?.CN);
      return { status: 200, headers: [], body: '' };
    };
    demanding = await door(true, answer);
    asking = await door(false, answer);
  });
  after(() => [demanding, asking].forEach((server) => server.close()));
  beforeEach(() => (seen.length = 0));
  const send = (client, more) => nodeTransport({ ca_pem: TLS.cert, ...client })(request(`${demanding.url}/`, more));

  test('shows the certificate where the request says so', async () => {
    const { client_cert, client_key } = ISSUED;
    const forms = {
      'as text': ISSUED,
      'as bytes': { client_cert: Buffer.from(client_cert), client_key: new TextEncoder().encode(client_key) },
      'as one text': { client_cert: client_key + client_cert, client_key: client_cert + client_key },
      'as a chain': { client_cert: `of the client:\n${client_cert}${pem('client_authority')}`, client_key },
      'with a locked key': { client_cert, client_key: locked, client_key_passphrase: PASSPHRASE },
      'with a key of OpenSSL that is locked': { client_cert, client_key: lockedAs('sec1'), client_key_passphrase: PASSPHRASE },
      'with a locked key and bytes': { client_cert, client_key: locked, client_key_passphrase: Buffer.from(PASSPHRASE) },
      'of its own': SELF_SIGNED,
    };
    for (const [form, client] of Object.entries(forms)) assert.equal((await send(client)).status, 200, form);
    assert.deepEqual(new Set(seen), new Set(['client']));
  });

  test('keeps what it was given, whatever becomes of it', async () => {
    const client = { client_cert: Buffer.from(ISSUED.client_cert), client_key: Buffer.from(ISSUED.client_key) };
    const transport = nodeTransport({ ca_pem: TLS.cert, ...client });
    for (const bytes of Object.values(client)) bytes.fill(0);
    assert.equal((await transport(request(demanding.url))).status, 200);
  });

  test('k11_shows it on no other connection', async () => {
    const transport = nodeTransport({ ca_pem: TLS.cert, ...ISSUED });
    const without = [{}, { client_certificate: undefined }, { client_certificate: false }];
    const plain = without.map((more) => (url) => request(url, more));
    const inherits = (url) => Object.assign(Object.create({ client_certificate: true }), request(url, {}));
    for (const asked of [...plain, inherits]) {
      assert.equal((await transport(request(`${demanding.url}/`))).status, 200);
      assert.equal((await transport(request(`${asking.url}/`))).status, 200);
      assert.equal((await transport(asked(`${asking.url}/`))).status, 200);
      await assert.rejects(transport(asked(`${demanding.url}/`)));
      assert.deepEqual(seen.splice(0), ['client', 'client', undefined]);
    }
  });

  test('k11_sends no such request without', async () => {
    const server = await hostileServer(TLS);
    const plain = await hostileServer();
    try {
      for (const transport of [nodeTransport({ ca_pem: TLS.cert }), node.fetchTransport()])
        await assert.rejects(transport(request(`${server.url}/ok`)), /has no client certificate: /);
      // Without TLS nobody sees it.
      const over = nodeTransport(ISSUED);
      await assert.rejects(over(request(`${plain.url}/ok`)), /a client certificate is shown over https only/);
      assert.deepEqual([server.paths, plain.paths], [[], []]);
    } finally {
      server.close();
      plain.close();
    }
  });

  test('is refused with a certificate that the server does not know', async () => {
    const client = { client_cert: TLS.cert, client_key: TLS.key };
    await assert.rejects(send(client), (error) => {
      assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes('PRIVATE KEY'), 'a failure shows no key');
      return true;
    });
    assert.deepEqual(seen, []);
  });

  test('verifies the server as ever', async () => {
    await assert.rejects(nodeTransport(ISSUED)(request(demanding.url)), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    assert.deepEqual(seen, []);
  });

  test('says whether it has one, and shows no key', () => {
    const transport = nodeTransport({ ...ISSUED, client_key: locked, client_key_passphrase: PASSPHRASE });
    assert.deepEqual([transport.has_client_cert, nodeTransport().has_client_cert], [true, false]);
    const party = new node.RelyingParty({ issuer: 'https://op.example', ...REGISTRATION, transport });
    for (const value of [transport, party])
      assert.doesNotMatch(inspect(value, { depth: 9, showHidden: true }) + String(value) + JSON.stringify(value), /canary|PRIVATE/);
  });

  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { client_cert, client_key } = ISSUED;
  const texts = ['', ' ', 'canary', Buffer.alloc(0), Buffer.from('canary')];
  const junk = [...texts, undefined, null, [client_cert], [client_key], {}, 1, true, () => client_key];
  const refusals = {
    'a certificate that is none': ['client_cert', junk.map((client_cert) => ({ client_cert, client_key }))],
    'a certificate that cannot be read': [
      'client_cert',
      [{ client_cert: client_cert.replaceAll(/^[^-].*$/gm, 'AAAA'), client_key }],
    ],
    'a key that is none': ['client_key', [...junk, client_cert].map((client_key) => ({ client_cert, client_key }))],
    'a public key': [
      'client_key',
      [{ client_cert, client_key: rsa.publicKey.export({ type: 'spki', format: 'pem' }) }],
    ],
    'a key of another': [
      'client_key',
      [other, TLS.key, rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })].map((client_key) => ({ client_cert, client_key })),
    ],
    'a certificate that is not the first': ['client_key', [{ client_cert: pem('client_authority') + client_cert, client_key }]],
    'a key that is too short for TLS': ['client_cert', [{ client_cert: pem('weak'), client_key: pem('weak_key') }]],
    'a certificate alone': ['client_key', [{ client_cert }]],
    'a key alone': ['client_cert', [{ client_key }, { client_key, client_key_passphrase: PASSPHRASE }]],
    'a passphrase alone': ['client_cert', [{ client_key_passphrase: PASSPHRASE }]],
    'a passphrase that is missing': ['client_key_passphrase', ['pkcs8', 'sec1'].map((type) => ({ client_cert, client_key: lockedAs(type) }))],
    'a passphrase that is wrong': [
      'client_key',
      ['canary-wrong', '', 'x'.repeat(2000)].map((wrong) => ({ client_cert, client_key: locked, client_key_passphrase: wrong })),
    ],
    'a passphrase that is none': [
      'client_key_passphrase',
      [undefined, null, 1, true, [PASSPHRASE], {}].map((client_key_passphrase) => ({ ...ISSUED, client_key_passphrase })),
    ],
  };
  for (const [name, [member, all]] of Object.entries(refusals)) {
    test(`is not made with ${name}`, () => {
      for (const given of all)
        assert.throws(
          () => nodeTransport(given),
          (error) => {
            assert.deepEqual([error.name, error.code], ['ConfigurationError', 'invalid_configuration']);
            assert.equal(error.details.member, member);
            assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /canary|PRIVATE|MIGH/);
            return true;
          },
        );
    });
  }
});

for (const [build, module] of Object.entries({ node, full })) {
  describe(`a client with a certificate: ${build}`, () => {
    let op;
    before(async () => (op = await mutualProvider()));
    after(() => op.close());
    beforeEach(() => (op.seen.length = 0));
    const party = (client, options, more) =>
      new module.RelyingParty({
        issuer: op.issuer,
        ...REGISTRATION,
        transport: nodeTransport({ ca_pem: TLS.cert, ...client }),
        clock: () => NOW,
        ...options,
        ...more,
      });

    for (const [method, client] of Object.entries({ tls_client_auth: ISSUED, self_signed_tls_client_auth: SELF_SIGNED })) {
      test(`authenticates by ${method}`, async () => {
        const rp = party(client, { token_endpoint_auth_method: method });
        await rp.refresh(await op.login(rp));
        const by = thumbprint(client);
        assert.deepEqual(op.at('/token'), [by, by]);
        for (const { path, form } of op.seen.filter(({ path }) => path === '/token'))
          assert.deepEqual([form.client_id, form.client_secret, form.client_assertion], ['client', undefined, undefined], path);
        assert.deepEqual([...op.at('/.well-known/openid-configuration'), ...op.at('/jwks')], [undefined, undefined]);
      });
    }

    test('authenticates by tls_client_auth where nothing is said, beside a secret', async () => {
      for (const more of [{}, { client_secret: 's' }]) await op.login(party(ISSUED, more));
      const [first, second] = op.seen.filter(({ path }) => path === '/token');
      for (const { by, form } of [first, second])
        assert.deepEqual([by, form.client_id, form.client_secret], [thumbprint(ISSUED), 'client', undefined]);
    });

    test('authenticates otherwise where that is said, and shows none', async () => {
      for (const more of [{ token_endpoint_auth_method: 'client_secret_post' }, { tls_client_certificate: false }])
        await op.login(party(ISSUED, { client_secret: 's', ...more }));
      assert.deepEqual(op.at('/token'), [undefined, undefined]);
    });

    test('k11_a bound token goes over connections with the certificate', async () => {
      const rp = party(ISSUED, BOUND, { api_origins: [op.api] });
      const session = await op.login(rp);
      assert.equal((await rp.userinfo(session)).claims.sub, 'alice');
      const response = await rp.call(session, { url: `${op.api}/api` });
      assert.deepEqual([response.status, JSON.parse(Buffer.from(response.body))], [200, 'canary-answer']);
      assert.equal(await (await rp.fetchAs(session)(`${op.api}/api`)).json(), 'canary-answer');
      const by = thumbprint(ISSUED);
      assert.deepEqual([op.at('/userinfo'), op.at('/api')], [[by], [by, by]]);
      const restored = await rp.restore(session.encoded);
      assert.equal((await rp.call(restored, { url: `${op.api}/api` })).status, 200);
    });

    test('a bound token of a public client, too', async () => {
      const rp = party(SELF_SIGNED, BOUND, { token_endpoint_auth_method: 'none' });
      await rp.userinfo(await op.login(rp));
      const by = thumbprint(SELF_SIGNED);
      assert.deepEqual([op.at('/token'), op.at('/userinfo')], [[by], [by]]);
    });

    test('k11_a bound token is worth nothing with another certificate, and is not sent without', async () => {
      const options = { ...BOUND, api_origins: [op.api] };
      const rp = party(ISSUED, options);
      const session = await op.login(rp);
      const thief = party(SELF_SIGNED, options);
      const stolen = await thief.restore(session.encoded);
      assert.equal((await thief.call(stolen, { url: `${op.api}/api` })).status, 401);
      op.seen.length = 0;
      const bare = party({}, { api_origins: [op.api] });
      await assert.rejects(bare.call(await bare.restore(session.encoded), { url: `${op.api}/api` }), (error) => {
        assert.deepEqual([error.code, error.details.endpoint], ['unreachable', 'resource']);
        assert.match(error.message, /this transport has no client certificate: give it client_cert and client_key/);
        return true;
      });
      assert.deepEqual(op.at('/api'), []);
    });

    test('a token that is not bound goes over a connection without', async () => {
      const rp = party(ISSUED, { api_origins: [op.issuer] });
      const session = await op.login(rp);
      assert.equal((await rp.call(session, { url: `${op.issuer}/api` })).status, 401);
      assert.deepEqual(op.at('/api'), [undefined]);
    });

    test('is refused where the transport has no certificate', () => {
      const refused = { name: 'ConfigurationError', code: 'invalid_configuration', message: /\[tls_client_certificate\]/ };
      const given = { issuer: op.issuer, ...REGISTRATION };
      const methods = ['tls_client_auth', 'self_signed_tls_client_auth'];
      const needs = methods.map((token_endpoint_auth_method) => ({ token_endpoint_auth_method }));
      for (const options of [...needs, BOUND, { tls_client_certificate: true }]) {
        assert.throws(() => new module.RelyingParty({ ...given, ...options }), refused, inspect(options));
        assert.throws(() => party({}, options), refused, inspect(options));
      }
      const own = () => undefined;
      for (const transport of [own, Object.assign(() => undefined, { has_client_cert: true })]) {
        const named = transport === own ? { tls_client_certificate: true } : {};
        new module.RelyingParty({ ...given, ...needs[0], ...named, transport });
      }
      assert.throws(() => new module.RelyingParty({ ...given, ...needs[0], transport: own }), refused);
      for (const odd of [undefined, null, 'true', 1])
        assert.throws(() => party(ISSUED, { tls_client_certificate: odd }), { code: 'invalid_configuration' });
    });
  });
}

test('without aliases the request goes to the endpoint itself', async (t) => {
  const op = await mutualProvider({ aliases: false });
  t.after(() => op.close());
  const transport = nodeTransport({ ca_pem: TLS.cert, ...ISSUED });
  await op.login(new node.RelyingParty({ issuer: op.issuer, ...REGISTRATION, transport, clock: () => NOW }));
  assert.deepEqual(op.at('/token'), [thumbprint(ISSUED)]);
});

test('k11_through a proxy the certificate goes to the provider, and not to the proxy', async (t) => {
  const [op, proxy] = await Promise.all([mutualProvider({ host: 'op.example' }), startProxy('--password', 'alice:canary')]);
  t.after(() => (op.close(), proxy.stop()));
  const transport = nodeTransport({ ca_pem: TLS.cert, ...ISSUED, proxy: proxy.withPassword('alice:canary') });
  const rp = new node.RelyingParty({ issuer: op.issuer, ...REGISTRATION, ...BOUND, transport, clock: () => NOW });
  assert.equal((await rp.userinfo(await op.login(rp))).claims.sub, 'alice');
  const by = thumbprint(ISSUED);
  assert.deepEqual([op.at('/token'), op.at('/userinfo')], [[by], [by]]);
  assert.deepEqual([...op.at('/.well-known/openid-configuration'), ...op.at('/jwks')], [undefined, undefined]);
  const seen = await proxy.seen();
  assert.ok(seen.length >= 4 && seen.every(({ method }) => method === 'CONNECT'), inspect(seen));
  assert.doesNotMatch(JSON.stringify(seen), /CERTIFICATE|canary-/);
});

test('a page is told that it cannot choose one', async (t) => {
  const op = await mutualProvider();
  t.after(() => op.close());
  const plain = nodeTransport({ ca_pem: TLS.cert });
  const asked = [];
  // What is not to be sent with the certificate is answered as in a page, where fetch trusts the server.
  const transport = async (request) => {
    asked.push(request.endpoint);
    return request.client_certificate ? web.fetchTransport()(request) : plain(request);
  };
  const rp = await web.RelyingParty.create({
    issuer: op.issuer,
    ...REGISTRATION,
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_certificate: true,
    transport,
    clock: () => NOW,
  });
  await assert.rejects(op.login(rp), { code: 'unreachable', message: /fetch has no client certificate: a page cannot choose one/ });
  assert.deepEqual([asked.at(-1), op.at('/token')], ['token', []]);
});
