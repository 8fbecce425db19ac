// APIs that are called with an access token.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as full from '../dist/full/entry_node.js';
import * as web from '../dist/full/entry_web.js';
import * as node from '../dist/node/entry_node.js';
import { nodeTransport } from '../dist/node/node.js';
import { ISSUER, NOW, REGISTRATION, entropy } from './memory_provider.mjs';
import { header, keyFor, opened, party } from './proofs.mjs';
import { API, pushingProvider } from './pushing.mjs';

const BUILDS = { node, full, workers: web };
const THINGS = `${API}/things`;
const key = (alg) => keyFor(alg).export({ format: 'jwk' });
const text = (bytes) => Buffer.from(bytes).toString();

/** A provider, and beside it an API that answers `replies.resource`, and wants a nonce in each proof if there is `nonce`. */
function withApi() {
  const provider = pushingProvider();
  const asked = [];
  const api = {
    ...provider,
    asked,
    nonce: undefined,
    reply: { status: 200, headers: [['X-Api', '1']], body: Buffer.from('canary-answer') },
  };
  provider.replies.resource = (request) => {
    asked.push(request);
    if (api.nonce === undefined || opened(header(request, 'dpop')).claims.nonce === api.nonce) return api.reply;
    const headers = [['DPoP-Nonce', api.nonce], ['WWW-Authenticate', 'DPoP error="use_dpop_nonce"']];
    return { status: 401, headers, body: Buffer.alloc(0) };
  };
  return api;
}

for (const [build, module] of Object.entries(BUILDS)) {
  /** A session, and who may call the API with it. */
  const logged = async (options = {}, request = {}) => {
    const api = withApi();
    const rp = party(module, api, { api_origins: [API], ...options });
    return { api, rp, session: await api.login(rp, request) };
  };

  describe(`call: ${build}`, () => {
    test('carries the access token', async () => {
      const { api, rp, session } = await logged();
      const response = await rp.call(session, {
        method: 'POST',
        url: THINGS,
        headers: { 'X-One': '1', Accept: 'a/b' },
        body: '{"a": "ä"}',
      });
      assert.deepEqual([response.status, text(response.body), response.challenge], [200, 'canary-answer', undefined]);
      assert.deepEqual(response.headers, [['X-Api', '1']]);
      assert.doesNotMatch(`${inspect(response)}${JSON.stringify(response)}`, /canary|X-Api/);
      assert.ok(Array.isArray(response.decisions));
      const [request] = api.asked;
      assert.deepEqual([request.method, request.url, text(request.body)], ['POST', THINGS, '{"a": "ä"}']);
      assert.equal(header(request, 'authorization'), 'Bearer canary-access');
      assert.deepEqual([header(request, 'x-one'), header(request, 'accept'), request.coalesces], ['1', 'a/b', false]);
    });

    test('takes headers as pairs, octets, and a URL object; and all methods of HTTP', async () => {
      const { api, rp, session } = await logged();
      const body = new Uint8Array([1, 2, 3]);
      const calling = rp.call(session, { method: 'PUT', url: new URL(THINGS), headers: [['X-A', '1'], ['X-A', '2']], body });
      body.fill(0);
      await calling;
      assert.deepEqual(api.asked[0].headers.filter(([name]) => name === 'x-a').map(([, value]) => value), ['1', '2']);
      assert.deepEqual([...api.asked[0].body], [1, 2, 3], 'the body is what it was when it was given');
      await rp.call(session, { url: THINGS });
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        await rp.call(session, { method, url: THINGS });
        assert.equal(api.asked.at(-1).method, method);
      }
      assert.deepEqual([api.asked[1].method, api.asked[1].body], ['GET', undefined]);
    });

    test('k10_sends a token to nobody whom it is not for', async () => {
      const { api, rp, session } = await logged();
      for (const url of ['https://api.example.evil.example/', `${API}:8443/things`, `${ISSUER}/userinfo`])
        for (const send of [() => rp.call(session, { url }), () => rp.fetchAs(session)(url)])
          await assert.rejects(send(), { name: 'MisuseError', code: 'origin_not_allowed' });
      assert.deepEqual(api.asked, []);
    });

    test('may go to the resource of the login', async () => {
      const api = withApi();
      const rp = party(module, api, {});
      const session = await api.login(rp, { resource: `${API}/v1` });
      assert.equal((await rp.call(session, { url: `${API}/v1/things` })).status, 200);
      await assert.rejects(rp.call(session, { url: 'https://other.example/' }), { code: 'origin_not_allowed' });
    });

    test('takes a grant as well', async () => {
      const api = withApi();
      const rp = party(module, api, { api_origins: [API] });
      const { grant } = await rp.refreshToken('canary-elsewhere', 'alice');
      assert.equal((await rp.call(grant, { url: THINGS })).status, 200);
      assert.equal(header(api.asked[0], 'authorization'), 'Bearer canary-access');
      assert.equal(await (await rp.fetchAs(grant)(THINGS)).text(), 'canary-answer');
      await assert.rejects(rp.call({ ...grant }, { url: THINGS }), TypeError);
    });

    test('k1_proves a bound token, and a nonce costs one request', async () => {
      const { api, rp, session } = await logged({ dpop_keys: [key('ES256')] });
      api.nonce = 'nonce-7';
      const request = { method: 'POST', url: `${THINGS}?a=1`, body: 'once' };
      for (const time of [1, 2]) assert.equal(text((await rp.call(session, request)).body), 'canary-answer', time);
      const proofs = api.asked.map((request) => opened(header(request, 'dpop')).claims);
      assert.deepEqual(proofs.map(({ nonce }) => nonce), [undefined, 'nonce-7', 'nonce-7']);
      assert.equal(new Set(proofs.map(({ jti }) => jti)).size, 3);
      const ath = createHash('sha256').update('canary-access').digest('base64url');
      for (const proof of proofs) assert.deepEqual([proof.htm, proof.htu, proof.ath], ['POST', THINGS, ath]);
      assert.deepEqual(new Set(api.asked.map((request) => header(request, 'authorization'))), new Set(['DPoP canary-access']));
      assert.deepEqual(new Set(api.asked.map(({ body }) => text(body))), new Set(['once']));
    });

    test('asks for a nonce once', async () => {
      const { api, rp, session } = await logged({ dpop_keys: [key('ES256')] });
      Object.defineProperty(api, 'nonce', { get: () => `nonce-${api.asked.length}` });
      await assert.rejects(rp.call(session, { url: THINGS }), { name: 'ProtocolError', code: 'dpop_nonce_refused' });
      assert.equal(api.asked.length, 2);
    });

    test('k9_a bound token calls with its own key alone', async () => {
      const { api, session } = await logged({ dpop_keys: [key('ES256')] });
      const other = party(module, api, { api_origins: [API], dpop_keys: [key('EdDSA')] });
      await assert.rejects(other.call(session, { url: THINGS }), { name: 'MisuseError', code: 'dpop_key_mismatch' });
      const bearer = party(module, api, { api_origins: [API] });
      await assert.rejects(bearer.call(session, { url: THINGS }), { code: 'dpop_key_mismatch' });
      assert.deepEqual(api.asked, []);
    });

    test('says what an API wants instead', async () => {
      const { api, rp, session } = await logged();
      const refused = async (status, ...challenges) => {
        api.reply = { status, headers: challenges.map((value) => ['WWW-Authenticate', value]), body: Buffer.alloc(0) };
        return (await rp.call(session, { url: THINGS })).challenge;
      };
      const wanted =
        'Bearer error="insufficient_user_authentication", error_description="Once more", acr_values="gold silver", ' +
        'max_age="5", scope="a b", resource_metadata="https://api.example/about"';
      assert.deepEqual(await refused(401, wanted), {
        scheme: 'Bearer',
        error: 'insufficient_user_authentication',
        error_description: 'Once more',
        acr_values: 'gold silver',
        max_age: 5,
        scope: 'a b',
        resource_metadata: `${API}/about`,
      });
      assert.deepEqual(await refused(401, 'Bearer error="invalid_token"'), { scheme: 'Bearer', error: 'invalid_token' });
      assert.deepEqual(await refused(403, 'Bearer error="insufficient_scope"'), { scheme: 'Bearer', error: 'insufficient_scope' });
      assert.deepEqual(await refused(401, 'Bearer'), { scheme: 'Bearer' });
      assert.equal(await refused(401, 'Basic realm="x"'), undefined);
      assert.equal(await refused(401), undefined);
      assert.equal(await refused(200, wanted), undefined);
    });

    test('leaves a response of any status to the application', async () => {
      const { api, rp, session } = await logged();
      for (const status of [204, 404, 500, 503]) {
        api.reply = { status, headers: [], body: Buffer.alloc(0) };
        assert.equal((await rp.call(session, { url: THINGS })).status, status);
      }
    });

    test('rejects with what is no response of the API, and tells who listens', async () => {
      const told = [];
      const on_event = (channel, event) => channel === 'relyingparty:request' && told.push(event);
      const { api, rp, session } = await logged({ on_event });
      told.length = 0;
      api.reply = { status: 302, headers: [['location', 'https://evil.example']], body: Buffer.alloc(0) };
      await assert.rejects(rp.call(session, { url: THINGS }), { code: 'redirect_refused' });
      assert.deepEqual(told.map(({ endpoint, origin, status }) => [endpoint, origin, status]), [['resource', API, 302]]);
      const cause = new Error('no route');
      api.replies.resource = () => Promise.reject(cause);
      await assert.rejects(rp.call(session, { url: THINGS }), (error) => {
        assert.deepEqual([error.name, error.code, error.details.endpoint], ['TransportError', 'unreachable', 'resource']);
        assert.equal(error.cause, cause);
        return true;
      });
    });

    test('has limits, which can be set', async () => {
      const { api, rp, session } = await logged();
      api.reply = { status: 200, headers: [], body: Buffer.alloc(300_000) };
      await assert.rejects(rp.call(session, { url: THINGS }), { code: 'response_too_large' });
      assert.deepEqual(api.asked.at(-1).limits, { max_response_bytes: 262_144, timeout_secs: 10 });
      const limits = { max_response_bytes: 400_000, timeout_secs: 30 };
      assert.equal((await rp.call(session, { url: THINGS, limits })).body.length, 300_000);
      assert.deepEqual(api.asked.at(-1).limits, limits);
      assert.equal((await (await rp.fetchAs(session, limits)(THINGS)).arrayBuffer()).byteLength, 300_000);
      for (const odd of [null, {}, { max_response_bytes: 1 }, { ...limits, timeout_secs: 0 }, { ...limits, timeout_secs: 1e9 }]) {
        await assert.rejects(rp.call(session, { url: THINGS, limits: odd }), { code: 'invalid_configuration' });
        assert.throws(() => rp.fetchAs(session, odd), { code: 'invalid_configuration' });
      }
    });

    test('refuses what cannot be sent', async () => {
      const { api, rp, session } = await logged();
      for (const [given, member] of [
        [{ headers: { Authorization: 'Basic x' } }, 'headers'],
        [{ headers: [['dpop', 'x']] }, 'headers'],
        [{ headers: { 'X-A': '1\r\nX-B: 2' } }, 'headers'],
        [{ headers: { 'X-A: 1\r\nX-B': '2' } }, 'headers'],
        [{ headers: { 'Content-Length': '0' } }, 'headers'],
        [{ headers: { 'X-A': 1 } }, 'headers'],
        [{ headers: [['X-A']] }, 'headers'],
        [{ headers: 'X-A: 1' }, 'headers'],
        [{ headers: Object.create({ 'X-A': '1' }) }, 'headers'],
        [{ method: 'BREW' }, 'method'],
        [{ method: 'get' }, 'method'],
        [{ method: undefined }, 'method'],
        [{ url: 'http://api.example/' }, 'url'],
        [{ url: '/things' }, 'url'],
        [{ url: undefined }, 'url'],
        [{ body: { a: 1 } }, 'body'],
        [{ body: null }, 'body'],
        [{ bodi: '' }, 'bodi'],
      ])
        await assert.rejects(rp.call(session, { url: THINGS, ...given }), ({ code, details }) => {
          assert.deepEqual([code, details.member], ['invalid_configuration', member]);
          return true;
        });
      await assert.rejects(rp.call(session, {}), { code: 'invalid_configuration', message: /\[url\].*missing/ });
      for (const request of [null, undefined, THINGS, () => THINGS])
        await assert.rejects(rp.call(session, request), { code: 'invalid_configuration' });
      assert.deepEqual(api.asked, []);
    });

    test('takes nobody who has no token', async () => {
      const { api, rp, session } = await logged();
      for (const who of [null, undefined, 'canary-access', {}, { ...session }])
        await assert.rejects(rp.call(who, { url: THINGS }), TypeError);
      const elsewhere = party(module, api, { api_origins: [API], client_id: 'other' });
      await assert.rejects(elsewhere.call(session, { url: THINGS }), { code: 'session_mismatch' });
      assert.deepEqual(api.asked, []);
    });
  });

  describe(`fetchAs: ${build}`, () => {
    test('has the signature of fetch', async () => {
      const { api, rp, session } = await logged({ dpop_keys: [key('ES256')] });
      api.nonce = 'n-1';
      const fetch = rp.fetchAs(session);
      const response = await fetch(`${THINGS}?a=1#part`, { method: 'post', headers: { 'X-One': '1' }, body: 'text' });
      assert.ok(response instanceof Response);
      assert.deepEqual([response.status, response.ok, response.url], [200, true, `${THINGS}?a=1`]);
      assert.deepEqual([response.headers.get('x-api'), await response.text()], ['1', 'canary-answer']);
      const request = api.asked.at(-1);
      assert.deepEqual([api.asked.length, request.method, text(request.body)], [2, 'POST', 'text']);
      assert.deepEqual([header(request, 'x-one'), header(request, 'content-type')], ['1', 'text/plain;charset=UTF-8']);
      assert.match(header(request, 'authorization'), /^DPoP /);
      for (const input of [new URL(THINGS), new Request(THINGS, { headers: { 'X-One': '2' } })]) await fetch(input);
      assert.equal(header(api.asked.at(-1), 'x-one'), '2');
      await fetch(THINGS, { method: 'POST', body: new URLSearchParams({ a: 'ä' }) });
      assert.equal(text(api.asked.at(-1).body), 'a=%C3%A4');
    });

    test('has a response of any status', async () => {
      const { api, rp, session } = await logged();
      const fetch = rp.fetchAs(session);
      for (const status of [200, 204, 304, 401, 500]) {
        api.reply = { status, headers: [['WWW-Authenticate', 'Bearer error="invalid_token"']], body: Buffer.alloc(0) };
        const response = await fetch(THINGS);
        assert.deepEqual([response.status, await response.text()], [status, '']);
        assert.match(response.headers.get('www-authenticate'), /invalid_token/);
      }
    });

    test('rejects as a call does, and with what aborts it', async () => {
      const { api, rp, session } = await logged();
      const fetch = rp.fetchAs(session);
      await assert.rejects(fetch('/things'), TypeError);
      await assert.rejects(fetch(THINGS, { headers: { authorization: 'Bearer mine' } }), { code: 'invalid_configuration' });
      const reason = new Error('changed my mind');
      await assert.rejects(fetch(THINGS, { signal: AbortSignal.abort(reason) }), reason);
      assert.deepEqual(api.asked, []);
      const stop = new AbortController();
      api.replies.resource = () => new Promise(() => setTimeout(() => stop.abort(reason), 10));
      await assert.rejects(fetch(THINGS, { signal: stop.signal }), reason);
      api.replies.resource = () => Promise.reject(new Error('no route'));
      await assert.rejects(fetch(THINGS, { signal: new AbortController().signal }), { code: 'unreachable' });
      await assert.rejects(rp.fetchAs({})(THINGS), TypeError);
    });
  });
}

test('over the network each header is sent as often as it is given', async (t) => {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push([request.method, request.rawHeaders]);
    response.writeHead(200, { 'x-two': ['a', 'b'] }).end(request.method === 'HEAD' ? undefined : 'x'.repeat(9));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const limits = { max_response_bytes: 99, timeout_secs: 5 };
  const headers = [['x-a', '1'], ['x-b', 'b'], ['x-a', '2'], ['x-a', '3']];
  for (const transport of [nodeTransport(), node.fetchTransport()])
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const { status, body } = await transport({ kind: 'http', endpoint: 'resource', method, url, headers, limits });
      assert.deepEqual([status, body.length], [200, method === 'HEAD' ? 0 : 9]);
      const [asked, raw] = seen.at(-1);
      assert.equal(asked, method);
      const values = (name) => raw.filter((_, at) => at % 2 === 1 && raw[at - 1].toLowerCase() === name).join(', ');
      assert.deepEqual([values('x-a'), values('x-b')], ['1, 2, 3', 'b']);
    }
});

test('the layer without I/O calls, with entropy where the client proves something', async () => {
  const api = withApi();
  const options = { api_origins: [API], dpop_keys: [key('ES256')] };
  const session = await api.login(party(node, api, options));
  const context = { clock: () => NOW, cache: new node.Cache() };
  const provider = await node.run(node.Provider.discover(ISSUER, context), api.transport);
  const { d, ...jwk } = key('ES256');
  const registration = { ...REGISTRATION, api_origins: [API], dpop_keys: [{ name: 'k', alg: 'ES256', jwk }] };
  const client = new node.Client(provider, registration, context);
  const request = { method: 'DELETE', url: THINGS };
  assert.throws(() => client.call(session, request), { code: 'entropy_missing' });
  const flow = client.call(session, request, entropy()(32));
  assert.deepEqual([flow.request.kind, flow.request.key, flow.request.purpose, typeof d], ['sign', 'k', 'dpop_proof', 'string']);
  flow.resume({ signature: new Uint8Array(64) });
  const { endpoint, method, url } = flow.request;
  assert.deepEqual([endpoint, method, url], ['resource', 'DELETE', THINGS]);
  flow.resume({ status: 204, headers: [], body: new Uint8Array() });
  assert.deepEqual([flow.result.status, flow.result.body.length], [204, 0]);
  const plain = new node.Client(provider, REGISTRATION, context);
  assert.throws(() => plain.call({}, request), TypeError);
  assert.throws(() => plain.call(session, request), { code: 'origin_not_allowed' });
});
