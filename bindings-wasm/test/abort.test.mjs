// A fetch that carries an access token, and is aborted: the request that is under way stops, and none follows.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import * as node from '../dist/node/entry_node.js';
import { nodeTransport } from '../dist/node/node.js';
import { NOW, jsonReply } from './memory_provider.mjs';
import { keyFor, party } from './proofs.mjs';
import { pushingProvider } from './pushing.mjs';

const REASON = new Error('changed my mind');
const LIMITS = { max_response_bytes: 1_000_000, timeout_secs: 30 };

/** An API that answers `respond`, and says when a request came and when its connection was closed. */
async function api(t, respond = () => {}) {
  const server = createServer(respond);
  server.listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}

/** A relying party whose API is asked over the network by `transport`, and whose provider is in memory. */
async function logged(transport, origin) {
  const provider = pushingProvider();
  const both = (request, ...more) =>
    request.endpoint === 'resource' ? transport(request, ...more) : provider.transport(request);
  const where = { policy: { danger_http_hosts: [new URL(origin).host] }, api_origins: [origin] };
  const rp = party(node, { transport: both }, where);
  return { rp, session: await provider.login(rp) };
}

for (const [name, transport] of Object.entries({ nodeTransport: nodeTransport(), fetchTransport: node.fetchTransport() })) {
  describe(name, () => {
    test('a request that waits for its answer is stopped', async (t) => {
      const { server, url } = await api(t);
      const { rp, session } = await logged(transport, url);
      const stop = new AbortController();
      const [fetched, [request]] = [rp.fetchAs(session, LIMITS)(url, { signal: stop.signal }), await once(server, 'request')];
      const closed = once(request.socket, 'close');
      const began = performance.now();
      stop.abort(REASON);
      await assert.rejects(fetched, REASON);
      await closed;
      assert.ok(performance.now() - began < (LIMITS.timeout_secs * 1000) / 2, 'long before its time is up');
    });

    test('a body that is still coming is stopped', async (t) => {
      const { server, url } = await api(t, (_, response) => void response.writeHead(200).write('x'));
      const { rp, session } = await logged(transport, url);
      const stop = new AbortController();
      const [fetched, [request]] = [rp.fetchAs(session, LIMITS)(url, { signal: stop.signal }), await once(server, 'request')];
      const closed = once(request.socket, 'close');
      await pause(50);
      const began = performance.now();
      stop.abort(REASON);
      await assert.rejects(fetched, REASON);
      await closed;
      assert.ok(performance.now() - began < (LIMITS.timeout_secs * 1000) / 2, 'long before its time is up');
    });

    test('the next request is none of its concern', async (t) => {
      const { url } = await api(t, (request, response) => request.url === '/fast' && response.end('here'));
      const { rp, session } = await logged(transport, url);
      const fetch = rp.fetchAs(session, LIMITS);
      await assert.rejects(fetch(`${url}/slow`, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
      const stop = new AbortController();
      const response = await fetch(`${url}/fast`, { signal: stop.signal });
      stop.abort(REASON);
      assert.equal(await response.text(), 'here');
    });
  });
}

test('a request that was aborted while its proof was signed is not sent', async () => {
  const seen = [];
  const stop = new AbortController();
  const provider = pushingProvider();
  const transport = (request) => {
    seen.push(request.endpoint);
    return request.endpoint === 'resource' ? jsonReply({}) : provider.transport(request);
  };
  let aborts = false;
  const key = keyFor('ES256');
  const pair = await crypto.subtle.importKey('jwk', key.export({ format: 'jwk' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  const { d, ...jwk } = key.export({ format: 'jwk' });
  const sign = async (input) => {
    if (aborts) stop.abort(REASON);
    return crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair, input);
  };
  const origin = 'https://api.example';
  const rp = party(node, { transport }, { api_origins: [origin], dpop_keys: [{ alg: 'ES256', jwk, sign }], clock: () => NOW });
  const session = await provider.login(rp);
  aborts = true;
  seen.length = 0;
  await assert.rejects(rp.fetchAs(session)(origin, { signal: stop.signal }), REASON);
  await pause(20);
  assert.deepEqual(seen, []);
});

test('a transport that knows nothing of signals is asked as ever', async () => {
  const provider = pushingProvider();
  const counts = [];
  const transport = (...given) => {
    counts.push([given[0].endpoint, given.length]);
    return given[0].endpoint === 'resource' ? jsonReply({}) : provider.transport(given[0]);
  };
  const rp = party(node, { transport }, { api_origins: ['https://api.example'] });
  const session = await provider.login(rp);
  assert.equal((await rp.fetchAs(session)('https://api.example/')).status, 200);
  assert.deepEqual(counts.at(-1)[0], 'resource');
});
