// Whatever a host passes: a TypeError or a RelyingPartyError, never a trap, and the module works on.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';

import * as rp from '../dist/node/entry_node.js';
import { nodeTransport } from '../dist/node/node.js';

const ISSUER = 'https://op.example';
const METADATA = JSON.stringify({
  issuer: ISSUER,
  jwks_uri: `${ISSUER}/jwks`,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
});
const REGISTRATION = { client_id: 'c', redirect_uri: 'https://app.example/cb' };
const JUNK = [
  undefined,
  null,
  true,
  5,
  NaN,
  -1,
  2 ** 53,
  10n,
  Symbol('s'),
  '',
  'x',
  '\ud800',
  'x'.repeat(2 ** 25),
  {},
  [],
  [null],
  { get: null },
  () => undefined,
  new URL('https://app.example/cb'),
  new Uint8Array(3),
  new Proxy({}, {}),
  new Map([['a', 1]]),
  Object.create(null),
];

const found = () => ({
  status: 200,
  headers: [['content-type', 'application/json']],
  body: new TextEncoder().encode(METADATA),
});
const party = (options) =>
  new rp.RelyingParty({ issuer: ISSUER, ...REGISTRATION, transport: found, ...options });
const replying = (reply) => party({ transport: () => reply });
const works = () => {
  const provider = rp.Provider.fromMetadata(ISSUER, METADATA);
  return new rp.Client(provider, REGISTRATION).authorize({}, crypto.getRandomValues(new Uint8Array(32))).url;
};

/** Each takes one value of whatever kind; none may answer with anything but a value or one of two kinds of error. */
const CALLS = {
  'CallbackParams.parse': (junk) => rp.CallbackParams.parse(junk),
  'CallbackParams.parseFormPost': (junk) => rp.CallbackParams.parseFormPost(junk),
  'CallbackParams.get': (junk) => rp.CallbackParams.parse('a=b').get(junk),
  'Provider.discover': (junk) => rp.Provider.discover(junk),
  'Provider.discover context': (junk) => rp.Provider.discover(ISSUER, junk),
  'Provider.discover cache': (junk) => rp.Provider.discover(ISSUER, { cache: junk }),
  'Provider.discover clock': (junk) => rp.Provider.discover(ISSUER, { clock: () => junk }),
  'Provider.discover policy': (junk) => rp.Provider.discover(ISSUER, { policy: junk }),
  'Provider.fromMetadata': (junk) => rp.Provider.fromMetadata(ISSUER, junk),
  'Cache.fromJson': (junk) => rp.Cache.fromJson(junk),
  Client: (junk) => new rp.Client(junk, junk),
  'Client registration': (junk) => new rp.Client(rp.Provider.fromMetadata(ISSUER, METADATA), junk),
  run: (junk) => rp.run(junk, junk),
  RelyingParty: (junk) => new rp.RelyingParty(junk),
  'RelyingParty issuer': (junk) => party({ issuer: junk }).authorize(),
  'RelyingParty store': (junk) => party({ store: junk }).authorize(),
  'RelyingParty entropy': (junk) => party({ entropy: () => junk }).authorize(),
  'a reply': (junk) => replying(junk).authorize(),
  'a status': (junk) => replying({ status: junk, headers: [], body: new Uint8Array() }).authorize(),
  headers: (junk) => replying({ status: 200, headers: junk, body: new Uint8Array() }).authorize(),
  'a body': (junk) => replying({ status: 200, headers: [], body: junk }).authorize(),
  'a thrown value': (junk) => party({ transport: () => Promise.reject(junk) }).authorize(),
  callback: (junk) => party().callback(junk, junk),
  refresh: (junk) => party().refresh(junk),
  userinfo: (junk) => party().userinfo(junk),
  verify: (junk) => party().verify(junk, junk),
  restore: (junk) => party().restore(junk),
  endSession: (junk) => party().endSession(junk, junk),
  logOut: (junk) => party().logOut(junk, junk),
  loggedOut: (junk) => party().loggedOut(junk, junk),
  logoutToken: (junk) => party().logoutToken(junk),
  logoutTokenIn: (junk) => rp.logoutTokenIn(junk),
  frontChannelLogout: (junk) => party().frontChannelLogout(junk),
  revoke: (junk) => party().revoke(junk, junk),
  cookieName: (junk) => party().cookieName(junk),
};

describe('g6_junk', () => {
  before(() => rp.init());

  for (const [name, call] of Object.entries(CALLS)) {
    test(`${name} survives it`, async () => {
      for (const junk of JUNK) {
        try {
          await call(junk);
        } catch (error) {
          const known = error instanceof TypeError || error instanceof rp.RelyingPartyError;
          assert.ok(known, error?.stack ?? 'no Error was thrown');
          assert.doesNotMatch(error.message, /memory access|unreachable executed|reading '/);
        }
      }
      assert.match(works(), /^https:\/\/op\.example\/authorize\?/);
    });
  }

  test('a demand that JSON would drop is refused', () => {
    const client = new rp.Client(rp.Provider.fromMetadata(ISSUER, METADATA), REGISTRATION);
    const entropy = crypto.getRandomValues(new Uint8Array(32));
    for (const max_age of [NaN, Infinity, () => 1, Symbol('s')])
      assert.throws(() => client.authorize({ max_age }, entropy), { code: 'invalid_configuration' });
  });

  test('an authority file that is not there is said at once', () => {
    assert.throws(() => nodeTransport({ ca_file: '/does/not/exist.pem' }), { code: 'invalid_configuration', message: /ENOENT/ });
    const certificate = new URL('tls/cert.pem', import.meta.url).pathname;
    assert.equal(typeof nodeTransport({ ca_file: certificate }), 'function');
    assert.ok(readFileSync(certificate).length > 0);
  });
});
