// U12: nothing is read through a prototype: whatever another script put on `Object.prototype`, each verdict is the same.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as rp from '../dist/node/entry_node.js';
import { nodeTransport } from '../dist/node/node.js';
import { TLS, hostileServer } from './hostile.mjs';
import { ISSUER, NOW, REGISTRATION, idToken as signed, jsonReply, memoryProvider } from './memory_provider.mjs';
import { EXPECTATIONS, GOOD, METADATA, REQUEST } from './option_tree.mjs';

/** Tokens, each signed once, before there is anything on a prototype: Node's `sign` reads its options there. */
const TOKENS = new Map();
function idToken(claims) {
  const name = claims ? Object.entries(claims).join() : '';
  if (!TOKENS.has(name)) TOKENS.set(name, signed(claims));
  return TOKENS.get(name);
}

/** What is said of tokens, certificates and callbacks that are not to be trusted. Each is made anew, as an attacker would. */
function verdicts() {
  const forged = `${idToken().slice(0, -8)}AAAAAAAA`;
  const party = (options) => {
    const provider = memoryProvider();
    return new rp.RelyingParty({
      issuer: ISSUER,
      ...REGISTRATION,
      transport: provider.transport,
      clock: () => NOW,
      ...options,
    });
  };
  const throwing = () => {
    throw new Error('no WebCrypto here');
  };
  const request = (url, more) => ({
    kind: 'http',
    endpoint: 'jwks',
    method: 'GET',
    url,
    headers: [],
    limits: { max_response_bytes: 99, timeout_secs: 2 },
    ...more,
  });
  return {
    'a good token': () => party().verify(idToken()),
    'a forged token': () => party().verify(forged),
    'a forged token and a verifier that throws': () => party({ verifier: throwing }).verify(forged),
    'a forged token for WebCrypto': () => party({ verifier: rp.webVerifier() }).verify(forged),
    'a good token for WebCrypto': () => party({ verifier: rp.webVerifier() }).verify(idToken()),
    'an expired token': () => party().verify(idToken({ exp: NOW - 100, iat: NOW - 200 })),
    'an expired token by the clock': () =>
      new rp.RelyingParty({ issuer: ISSUER, ...REGISTRATION, transport: memoryProvider().transport }).verify(
        idToken({ exp: 1_000_000_000, iat: 999_999_900 }),
      ),
    'a token for another': () => party().verify(idToken({ aud: 'other' })),
    'a nonce that is another': () => party().verify(idToken({ nonce: 'a' }), { nonce: 'b' }),
    'an issuer on plain http': () => party({ issuer: 'http://127.0.0.1:9' }),
    'a reply that is none': () => party({ transport: () => ({}) }).verify(idToken()),
    'a reply with half a header': () =>
      party({
        transport: () => ({ status: 200, headers: [['content-type']], body: Buffer.from(METADATA) }),
      }).verify(idToken()),
    'a transport that throws': () => party({ transport: throwing }).verify(idToken()),
    'a redirect': () => party({ transport: () => ({ ...jsonReply({}), status: 302 }) }).verify(idToken()),
    'a callback without its cookie': async () => {
      const login = party();
      const { url } = await login.authorize();
      return login.callback(`?code=c&state=${new URL(url).searchParams.get('state')}`);
    },
    'a callback from the page of another': async () => {
      const store = new rp.MemoryStore();
      const [asking, finishing] = [party({ store }), party({ store })];
      const { url } = await asking.authorize();
      return finishing.callback(`?code=c&state=${new URL(url).searchParams.get('state')}`, undefined);
    },
    'a callback without state': () => party().callback('?code=c', 'x'.repeat(43)),
    'an authority that is none': () => nodeTransport({ ca_pem: '' }),
    'a certificate that nobody vouches for': async () =>
      (await nodeTransport()(request(`${tls.url}/ok`))).status,
    'a certificate that an authority vouches for': async () =>
      (await nodeTransport({ ca_pem: TLS.cert })(request(`${tls.url}/ok`))).status,
    // That it is answered: what else it reads of such a prototype is the affair of `fetch`.
    'what fetch is answered': () => rp.fetchTransport()(request(`${plain.url}/ok`)),
    'a storage whose entry is a part of one': () => {
      const storage = { length: 0, key: () => null, getItem: () => '{}', setItem() {}, removeItem() {} };
      return String(new rp.SessionStorageStore({ storage, clock: () => NOW }).take({ handle: 'h' }));
    },
    'the store’s default limit': () => {
      const store = new rp.MemoryStore();
      for (let number = 0; number < 5; number += 1)
        store.put({ id: `${number}`, pending: 'p', expires_at: 2e10 });
      return store.size;
    },
  };
}

let tls;
let plain;

/** The code of each verdict, or `ok`. */
async function judge(network = true) {
  const found = {};
  for (const [name, verdict] of Object.entries(verdicts())) {
    if (!network && /certificate|fetch/.test(name)) continue;
    try {
      const value = await verdict();
      found[name] = typeof value === 'object' ? 'ok' : value;
    } catch (error) {
      found[name] = error.code ?? error.name;
    }
  }
  return found;
}

describe('u12_what_another_script_puts_on_Object.prototype', () => {
  const NAMES = [
    ...Object.keys(GOOD()),
    ...Object.keys(GOOD().policy),
    ...Object.keys(EXPECTATIONS),
    ...Object.keys(REQUEST),
    'verified',
    'unreachable',
    'cause',
    'status',
    'headers',
    'body',
    'url',
    'in_page',
    'put',
    'take',
    'id',
    'handle',
    'pending',
    'expires_at',
    'max_age',
    'ca_pem',
    'ca_file',
    'danger_accept_invalid_certs',
    'rejectUnauthorized',
    'ca',
    'checkServerIdentity',
    'secureContext',
    'fetch',
    'limit',
    'storage',
    'prefix',
    'value',
    'kind',
    'limits',
    'request',
    'signature',
    'signing_input',
    'listener',
    'ready',
    'decisions',
    'server_error',
    'claims',
    'name',
    'padding',
    'saltLength',
    'hash',
    'document',
    'rest',
    'refresh_token',
    'toJSON',
    '0',
    '1',
  ];
  const VALUES = [true, 'x', () => ({ verified: true })];
  // What a transport goes by; whatever else Node's own client reads there is not ours.
  const OF_TRANSPORTS = new Set([
    ...['danger_accept_invalid_certs', 'ca_pem', 'ca_file', 'ca', 'rejectUnauthorized', 'secureContext'],
    ...['checkServerIdentity', 'transport', 'verified', 'unreachable', 'url', 'limits', 'fetch'],
  ]);
  const ONCE = new Set(['toJSON', ...Object.keys(GOOD().policy), ...Object.keys(REQUEST), ...Object.keys(EXPECTATIONS)]);
  const UNFIT = new Set(['name', 'value', 'get', 'set']);

  test('makes no verdict another', { timeout: 110_000 }, async (t) => {
    [tls, plain] = [await hostileServer(TLS), await hostileServer()];
    t.after(() => [tls, plain].forEach((server) => server.close()));
    const clean = await judge();
    for (const [name, verdict] of Object.entries(clean))
      assert.equal(
        ['ok', 200, 5, 'undefined', '{"ok":true}'].includes(verdict),
        /good|vouches for$|fetch|limit|storage/.test(name) && !/nobody/.test(name),
        `${name}: ${verdict}`,
      );
    for (const prototype of [Object.prototype, Array.prototype]) {
      for (const name of new Set(NAMES)) {
        if (prototype === Array.prototype && !/^\d$|^(verified|toJSON|status|in_page)$/.test(name)) continue;
        const values = ONCE.has(name) ? [true] : VALUES;
        for (const value of values) {
          Object.defineProperty(prototype, name, {
            __proto__: null,
            value,
            configurable: true,
            writable: true,
            enumerable: !UNFIT.has(name),
          });
          let found;
          try {
            found = await judge(OF_TRANSPORTS.has(name));
          } finally {
            delete prototype[name];
          }
          assert.deepEqual({ ...clean, ...found }, clean, `${name} = ${String(value)}`);
        }
      }
    }
  });
});
