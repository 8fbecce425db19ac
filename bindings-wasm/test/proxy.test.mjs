// Node's transport goes through the proxy that it is told of, and through no other.

import assert from 'node:assert/strict';
import net from 'node:net';
import process from 'node:process';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { inspect } from 'node:util';

import { RelyingParty, run } from '../dist/node/entry_node.js';
import { wayOut } from '../js/node_proxy.js';
import { nodeTransport } from '../js/node_transport.js';
import { TLS, hostileServer } from './hostile.mjs';
import { RULES, startProxy } from './proxy.mjs';

const PASSWORD = 'canary p:@/w';
const IN_URL = 'alice:canary%20p%3A%40%2Fw';
/** What Basic makes of `alice:canary`, and of what begins so. */
const AS_BASE64 = 'YWxpY2U6Y2FuYXJ5';
const SCHEMES = ['http', 'https', 'all', 'no'];
const VARIABLES = SCHEMES.flatMap((name) => [`${name}_proxy`, `${name.toUpperCase()}_PROXY`]);

function request(url, more = {}) {
  return {
    kind: 'http',
    endpoint: 'token',
    method: 'GET',
    url,
    headers: [['accept', 'application/json']],
    limits: { max_response_bytes: 4096, timeout_secs: 2 },
    ...more,
  };
}

/** What a failed exchange says to the core, which does not show the password, nor what it became. */
async function reason(transport, url, more) {
  const flow = {
    request: request(url, more),
    resume(reply) {
      this.request = undefined;
      this.result = reply;
    },
  };
  const { unreachable, cause } = await run(flow, transport);
  const shown = inspect(cause, { depth: 3, showHidden: true }) + cause.stack;
  assert.ok(!shown.includes('canary') && !shown.includes(AS_BASE64), shown);
  return unreachable;
}

describe('the way out of Node', () => {
  let open, closed, server, plain, far;
  before(async () => {
    [open, closed] = await Promise.all([startProxy(), startProxy('--password', `alice:${PASSWORD}`)]);
    [server, plain] = await Promise.all([hostileServer(TLS), hostileServer()]);
    far = server.url.replace('127.0.0.1', 'op.example');
  });
  after(() => [open, closed].forEach((proxy) => proxy.stop()));
  after(() => [server, plain].forEach((server) => server.close()));
  beforeEach(() => Promise.all([open.seen(), closed.seen()]));
  const kept = {};
  beforeEach(() => {
    for (const name of [...VARIABLES, 'REQUEST_METHOD']) {
      kept[name] = process.env[name];
      delete process.env[name];
    }
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(kept))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });

  test('requests go through the proxy, which learns a host and a port', async () => {
    const transport = nodeTransport({ ca_pem: TLS.cert, proxy: open.url });
    assert.equal((await transport(request(`${far}/ok`))).status, 200);
    const reply = await transport(
      request(`${far}/echo`, {
        method: 'POST',
        headers: [['authorization', 'Basic c2VjcmV0']],
        body: Buffer.from('code=secret'),
      }),
    );
    const echo = JSON.parse(Buffer.from(reply.body).toString());
    assert.deepEqual([echo.method, echo.body], ['POST', 'code=secret']);
    assert.deepEqual(
      Object.keys(echo.headers).filter((name) => /^proxy-/.test(name)),
      [],
    );
    const seen = await open.seen();
    const { port } = new URL(far);
    assert.deepEqual(
      seen.map(({ method, target }) => `${method} ${target}`),
      [`CONNECT op.example:${port}`, `CONNECT op.example:${port}`],
    );
    assert.ok(seen.every(({ headers }) => headers.authorization === undefined));
  });

  test('a proxy gets its password and nobody else does', async () => {
    const transport = nodeTransport({ ca_pem: TLS.cert, proxy: closed.withPassword(IN_URL) });
    const echo = JSON.parse(Buffer.from((await transport(request(`${far}/echo`))).body).toString());
    assert.equal(echo.headers['proxy-authorization'], undefined);
    assert.deepEqual(
      (await closed.seen()).map(({ authorized }) => authorized),
      [true],
    );
  });

  test('f7_a password is in nothing that is shown', () => {
    const transport = nodeTransport({ proxy: closed.withPassword(IN_URL) });
    const party = new RelyingParty({
      issuer: 'https://op.example',
      client_id: 'client',
      redirect_uri: 'https://app.example/callback',
      transport,
    });
    for (const value of [transport, party]) {
      const shown = inspect(value, { depth: 9, showHidden: true }) + String(value) + JSON.stringify(value);
      assert.ok(!shown.includes('canary') && !shown.includes(AS_BASE64), shown);
    }
  });

  test('a password that is missing or wrong is named as the reason', async () => {
    for (const [proxy, said] of [
      [closed.url, 'the proxy wants a user name and a password (status 407): put them into its URL'],
      [closed.withPassword('alice:canary'), 'the proxy refused the user name and password (status 407)'],
    ])
      assert.equal(await reason(nodeTransport({ ca_pem: TLS.cert, proxy }), `${far}/ok`), said);
  });

  test('f10_tls is verified from end to end', async () => {
    const paths = server.paths.length;
    const proxy = closed.withPassword(IN_URL);
    assert.match(await reason(nodeTransport({ proxy }), `${far}/ok`), /DEPTH_ZERO_SELF_SIGNED_CERT/);
    const other = far.replace('op.example', 'other.example');
    const trusting = nodeTransport({ ca_pem: TLS.cert, proxy });
    assert.match(await reason(trusting, `${other}/ok`), /ERR_TLS_CERT_ALTNAME_INVALID/);
    assert.equal(server.paths.length, paths);
    const careless = nodeTransport({ danger_accept_invalid_certs: true, proxy });
    assert.equal((await careless(request(`${other}/ok`))).status, 200);
  });

  test('this machine is not behind the proxy', async () => {
    const transport = nodeTransport({ proxy: open.url });
    assert.equal((await transport(request(`${plain.url}/ok`))).status, 200);
    const named = plain.url.replace('127.0.0.1', 'localhost');
    assert.equal((await transport(request(`${named}/ok`))).status, 200);
    assert.deepEqual(await open.seen(), []);
  });

  test('plain http elsewhere goes through the proxy', async () => {
    const transport = nodeTransport({ proxy: closed.withPassword(IN_URL) });
    const reply = await transport(request(`${plain.url.replace('127.0.0.1', 'op.example')}/echo`));
    const echo = JSON.parse(Buffer.from(reply.body).toString());
    assert.equal(echo.headers['proxy-authorization'], undefined);
    assert.deepEqual(
      (await closed.seen()).map(({ authorized }) => authorized),
      [true],
    );
  });

  for (const [host, said] of [
    ['forbidden.example', /^the proxy refused to connect \(status 403\)$/],
    ['elsewhere.test', /^the proxy refused to connect \(status 502\)$/],
    ['closed.example', /^the proxy closed the connection: ECONNRESET$/],
    ['garbage.example', /^the proxy does not answer in HTTP: HPE_/],
    ['endless.example', /^the proxy does not answer in HTTP: HPE_HEADER_OVERFLOW$/],
    ['talkative.example', /^the proxy says more than that the tunnel is open$/],
  ]) {
    test(`a proxy that opens no tunnel to ${host} is a reason`, async () => {
      const started = performance.now();
      const proxy = closed.withPassword(IN_URL);
      assert.match(await reason(nodeTransport({ proxy }), `https://${host}/ok`), said);
      assert.ok(performance.now() - started < 1900);
    });
  }

  test('f4_a proxy that says nothing is cut off', async () => {
    const limits = { max_response_bytes: 4096, timeout_secs: 0.3 };
    const started = performance.now();
    const transport = nodeTransport({ proxy: open.url });
    assert.equal(
      await reason(transport, 'https://silent.example/ok', { limits }),
      'no complete answer within 0.3 s',
    );
    assert.ok(performance.now() - started < 1500);
  });

  test('a proxy that is not there is named as the reason', async () => {
    const gone = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => gone.once('listening', resolve));
    const { port } = gone.address();
    await new Promise((resolve) => gone.close(resolve));
    const said = (proxy) => reason(nodeTransport({ proxy }), `${far}/ok`);
    const refused = 'the proxy cannot be reached: ECONNREFUSED';
    assert.equal(await said(`http://alice:canary@127.0.0.1:${port}`), refused);
    assert.match(await said('http://alice:canary@proxy.invalid'), /^the proxy cannot be reached: (ENOTFOUND|EAI_AGAIN)$/);
  });

  test('f11_the environment names a proxy to those who ask for it', async () => {
    for (const name of ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']) {
      process.env[name] = closed.withPassword(IN_URL);
      const transport = nodeTransport({ ca_pem: TLS.cert, proxy_from_environment: true });
      assert.equal((await transport(request(`${far}/ok`))).status, 200);
      await assert.rejects(nodeTransport({ ca_pem: TLS.cert })(request(`${far}/ok`)));
      delete process.env[name];
    }
    assert.equal((await closed.seen()).length, 4);
    process.env.HTTP_PROXY = closed.withPassword(IN_URL);
    process.env.ALL_PROXY = process.env.HTTPS_PROXY = 'http://127.0.0.1:9';
    process.env.https_proxy = open.url.replace('http://', '');
    const transport = nodeTransport({ ca_pem: TLS.cert, proxy_from_environment: true });
    delete process.env.https_proxy;
    assert.equal((await transport(request(`${far}/ok`))).status, 200);
    assert.deepEqual([(await open.seen()).length, await closed.seen()], [1, []]);
  });

  test('no_proxy is honoured', async () => {
    process.env.HTTPS_PROXY = open.url;
    process.env.NO_PROXY = 'elsewhere.example,op.example';
    const transport = nodeTransport({ proxy_from_environment: true });
    assert.match(await reason(transport, `${far}/ok`), /ENOTFOUND|EAI_AGAIN/);
    assert.deepEqual(await open.seen(), []);
  });

  test('the rules of no_proxy are those of every language', () => {
    process.env.ALL_PROXY = 'http://proxy.example';
    for (const { no_proxy, url, proxied } of RULES) {
      process.env.NO_PROXY = no_proxy;
      assert.equal(Boolean(wayOut(undefined, true)(new URL(url), net)), proxied, `${no_proxy} ${url}`);
    }
    assert.ok(RULES.length > 40);
  });

  test('a visitor of a cgi program names no proxy', () => {
    const url = new URL('http://op.example/');
    process.env.REQUEST_METHOD = 'GET';
    process.env.HTTP_PROXY = 'http://evil.example';
    assert.equal(wayOut(undefined, true)(url, net), undefined);
    process.env.http_proxy = 'http://proxy.example';
    assert.equal(wayOut(undefined, true)(url, net).host, 'proxy.example');
  });

  test('f7_what is no proxy is refused and not shown', () => {
    for (const wrong of [
      ...['', ' ', 'http://', 'http://proxy.example:0', 'http://proxy.example:65536'],
      ...['http://proxy.example:canary', 'http://alice:canary@', 'http://alice:canary@[::1'],
      ...['http://alice:canary@proxy.example/path', 'http://alice:canary@proxy.example?x'],
      ...['http://alice:canary@proxy.example#x', 'http://alice:canary@proxy.example\r\nX: y'],
      ...['http://a%3Ab:canary@proxy.example', 'http://alice:canary@proxy.exämple'],
      ...['https://alice:canary@proxy.example', 'socks5://alice:canary@proxy.example'],
    ]) {
      process.env.HTTPS_PROXY = wrong;
      for (const [options, member] of [
        [{ proxy: wrong }, 'proxy'],
        [{ proxy_from_environment: true }, 'proxy_from_environment'],
      ]) {
        if (wrong === '' && member !== 'proxy') continue;
        assert.throws(
          () => nodeTransport(options),
          (error) => {
            assert.deepEqual([error.code, error.details.member], ['invalid_configuration', member]);
            assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes('canary'));
            return true;
          },
          wrong,
        );
      }
    }
    for (const proxy of [null, undefined, 3128, true, {}, [], new URL('http://proxy.example')])
      assert.throws(() => nodeTransport({ proxy }), { code: 'invalid_configuration' });
    for (const proxy_from_environment of [null, undefined, 1, 'true'])
      assert.throws(() => nodeTransport({ proxy_from_environment }), { code: 'invalid_configuration' });
    delete process.env.HTTPS_PROXY;
    const both = { proxy: 'http://proxy.example', proxy_from_environment: true };
    assert.throws(() => nodeTransport(both), { code: 'invalid_configuration' });
  });
});
