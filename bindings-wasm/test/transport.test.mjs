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
      const reply = await get('/bomb');
      assert.equal(reply.body.length, LIMIT + 1);
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

    test('throws at once on an upgrade that it did not ask for', async () => {
      const started = performance.now();
      await assert.rejects(get('/upgrade'));
      assert.ok(performance.now() - started < 500);
    });

    test('waits for nothing after a status 101 that names no protocol', async () => {
      const started = performance.now();
      const status = await get('/upgrade-unnamed').then(
        (reply) => reply.status,
        () => 101,
      );
      assert.equal(status, 101);
      assert.ok(performance.now() - started < 500);
    });

    for (const coding of ['gzip', 'deflate', 'br']) {
      test(`reads what is compressed with ${coding} although that was not asked for`, async () => {
        assert.equal(Buffer.from((await get(`/coded/${coding}`)).body).toString(), '{"coded":true}');
      });
    }

    test('counts what was decompressed against the limit', async () => {
      assert.equal((await get('/coded/at-the-limit')).body.length, LIMIT);
      assert.equal((await get('/coded/past-the-limit')).body.length, LIMIT + 1);
    });

    test('throws when nobody listens', async () => {
      const gone = await hostileServer();
      gone.close();
      await assert.rejects(transport(request(`${gone.url}/ok`)));
    });
  });
}

describe('what is compressed although that was not asked for', () => {
  let server;
  before(async () => (server = await hostileServer()));
  after(() => server.close());
  const get = async (path, transport = nodeTransport()) =>
    Buffer.from((await transport(request(server.url + path))).body);

  test('is read by Node as zlib reads it', async () => {
    for (const path of ['x-gzip', 'members'])
      assert.equal((await get(`/coded/${path}`)).toString(), '{"coded":true}', path);
  });

  test('is handed over as it came where that cannot be undone', async () => {
    assert.equal((await get('/coded/wrong')).toString(), '{"coded":true}');
    assert.equal((await get('/coded/zstd')).toString('hex'), '28b52ffd00581100007b7d');
    for (const path of ['cut', 'twice']) assert.equal((await get(`/coded/${path}`))[0], 0x1f, path);
  });

  test('is thrown away by fetch where that cannot be undone', async () => {
    await assert.rejects(get('/coded/wrong', fetchTransport()));
  });

  test('f4_is bounded as it comes, too', async () => {
    assert.equal((await get('/coded/empty-members')).length, LIMIT + 1);
  });
});

describe('a page is not told why fetch failed', () => {
  const failing = fetchTransport({ fetch: () => Promise.reject(new TypeError('Failed to fetch')) });
  const said = () => failing(request('https://op.example/')).catch((error) => error);
  after(() => delete globalThis.origin);

  test('and its error says how to find out', async () => {
    globalThis.origin = 'https://app.example';
    const { message, cause } = await said();
    assert.match(message, /^Failed to fetch: a page is not told why\. .*CORS.*connect-src.*console/);
    assert.equal(cause.message, 'Failed to fetch');
    assert.ok(message.length < 512 && /^[\w ._~:/?#@!$()*+,;=-]+$/.test(message), 'nothing of it is left out');
  });

  test('and elsewhere the error is what the runtime says', async () => {
    delete globalThis.origin;
    assert.equal((await said()).message, 'Failed to fetch');
  });
});

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

  test('is not made when it is given authorities that are none', async () => {
    const junk = TLS.cert.replaceAll(/^[^-].*$/gm, 'AAAA');
    const texts = ['', ' ', 'x', '-----BEGIN CERTIFICATE-----', TLS.key, junk, `${TLS.cert}${junk}`];
    for (const ca_pem of [...texts, Buffer.from('x'), null, undefined, [], [TLS.cert], {}, 1, true])
      assert.throws(() => nodeTransport({ ca_pem }), {
        name: 'ConfigurationError',
        code: 'invalid_configuration',
        message: /member: \[ca_pem\]/,
      });
    const here = new URL('transport.test.mjs', import.meta.url).pathname;
    for (const ca_file of ['', here, '/', null, undefined, 3, Buffer.from(here)])
      assert.throws(() => nodeTransport({ ca_file }), { code: 'invalid_configuration' });
  });

  test('takes bytes, and several certificates', async () => {
    assert.equal(await status({ ca_pem: Buffer.from(`an authority:\n${TLS.cert}${TLS.cert}`) }), 200);
    const ca_file = new URL('tls/cert.pem', import.meta.url).pathname;
    assert.equal(await status({ ca_file }), 200);
  });

  test('trusts anything only under a name with danger in it', async () => {
    assert.equal(await status({ danger_accept_invalid_certs: true }), 200);
    await assert.rejects(status({ danger_accept_invalid_certs: false }));
    for (const danger_accept_invalid_certs of [
      'true',
      'false',
      1,
      0,
      '',
      null,
      undefined,
      {},
      [],
      new Boolean(true),
    ])
      assert.throws(() => nodeTransport({ danger_accept_invalid_certs }), { code: 'invalid_configuration' });
  });
});
