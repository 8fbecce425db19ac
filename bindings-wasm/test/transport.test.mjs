import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fetchTransport } from '../js/fetch.js';
import { nodeTransport } from '../js/node_transport.js';
import { TLS, hostileServer } from './hostile.mjs';

const LIMIT = 4096;

function request(url, more = {}) {
  return {
    kind: 'http',
    endpoint: 'jwks',
    method: 'GET',
    url,
    headers: [['accept', 'application/json']],
    limits: { max_response_bytes: LIMIT, timeout_secs: 1 },
    ...more,
  };
}

for (const [name, transport] of [
  ['fetch', fetchTransport()],
  ['node:https', nodeTransport()],
]) {
  describe(`the transport on ${name}`, () => {
    let server;
    before(async () => (server = await hostileServer()));
    after(() => server.close());
    const get = (path) => transport(request(server.url + path));

    test('hands over status, headers and body', async () => {
      const reply = await get('/ok');
      assert.equal(reply.status, 200);
      assert.equal(Buffer.from(reply.body).toString(), '{"ok":true}');
      const [, type] = reply.headers.find(([header]) => header.toLowerCase() === 'content-type');
      assert.equal(type, 'application/json');
      assert.ok([undefined, `${server.url}/ok`].includes(reply.url));
    });

    test('sends method, headers and body as they are', async () => {
      const headers = [
        ['content-type', 'application/x-www-form-urlencoded'],
        ['authorization', 'Basic eDp5'],
      ];
      const reply = await transport(
        request(`${server.url}/echo`, { method: 'POST', headers, body: Buffer.from('a=%20b') }),
      );
      const echo = JSON.parse(Buffer.from(reply.body).toString());
      assert.equal(reply.status, 201);
      assert.deepEqual(
        [echo.method, echo.body, echo.headers.authorization],
        ['POST', 'a=%20b', 'Basic eDp5'],
      );
    });

    test('f11_keeps_and_sends_no_cookies', async () => {
      await get('/echo');
      const echo = JSON.parse(Buffer.from((await get('/echo')).body).toString());
      assert.equal(echo.headers.cookie, undefined);
      assert.equal(echo.headers.referer, undefined);
    });

    test('d6_f1_follows_no_redirect', async () => {
      const visited = server.paths.length;
      assert.equal((await get('/redirect')).status, 307);
      assert.deepEqual(server.paths.slice(visited), ['/redirect']);
    });

    test('reads up to the limit', async () => {
      assert.equal((await get(`/size/${LIMIT}`)).body.length, LIMIT);
    });

    test('hands over one byte more than the limit, for the core to refuse', async () => {
      assert.equal((await get(`/size/${LIMIT + 1}`)).body.length, LIMIT + 1);
      assert.equal((await get(`/size/${LIMIT * 100}`)).body.length, LIMIT + 1);
    });

    test('stops reading an endless body', async () => {
      assert.equal((await get('/endless')).body.length, LIMIT + 1);
    });

    test('is not blown up by compression', async () => {
      const heap = process.memoryUsage().arrayBuffers;
      const reply = await get('/bomb').catch((error) => error);
      if (reply instanceof Error) assert.match(reply.message, /encoded as "gzip"/);
      else assert.equal(reply.body.length, LIMIT + 1);
      assert.ok(process.memoryUsage().arrayBuffers - heap < 8 * 1024 * 1024);
    });

    for (const path of ['/drip', '/silent']) {
      test(`gives up on ${path} when the time for all of it is up`, async () => {
        const started = performance.now();
        await assert.rejects(get(path), /no complete answer within 1 s/);
        assert.ok(performance.now() - started < 1900);
      });
    }

    test('throws on an answer that is cut off', async () => {
      await assert.rejects(get('/cut'));
    });

    test('throws on an upgrade that it did not ask for', async () => {
      await assert.rejects(get('/upgrade'));
    });

    test('throws when nobody listens', async () => {
      const gone = await hostileServer();
      gone.close();
      await assert.rejects(transport(request(`${gone.url}/ok`)));
    });
  });
}

describe('f10_the transport on node:https', () => {
  let server;
  before(async () => (server = await hostileServer(TLS)));
  after(() => server.close());
  const status = async (options) => (await nodeTransport(options)(request(`${server.url}/ok`))).status;

  test('trusts no unknown authority', async () => {
    await assert.rejects(status(), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  test('trusts the authority it is given', async () => {
    assert.equal(await status({ ca_pem: TLS.cert }), 200);
  });

  test('trusts nobody when it is given no authority', async () => {
    await assert.rejects(status({ ca_pem: '' }), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  test('trusts anything only under a name with danger in it', async () => {
    assert.equal(await status({ danger_accept_invalid_certs: true }), 200);
  });
});
