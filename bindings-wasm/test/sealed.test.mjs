// Sessions that are stored sealed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import * as node from '../dist/node/entry_node.js';
import * as full from '../dist/full/entry_node.js';
import * as small from '../dist/small/entry_web.js';
import { METADATA } from './option_tree.mjs';
import { ISSUER, NOW, REGISTRATION, entropy, memoryProvider } from './memory_provider.mjs';

const VECTOR = JSON.parse(readFileSync(new URL('../../core/tests/data/sealed_session.json', import.meta.url)));
const [OLD, NEW] = [0, 32].map((from) => Uint8Array.from({ length: 32 }, (_, at) => from + at));
const REFUSED = { code: 'invalid_configuration', details: { member: 'sealing_keys' } };
const refused = (error) => {
  assert.equal(error.code, REFUSED.code);
  assert.equal(error.details.member, REFUSED.details.member);
  return true;
};
/** What is no list of 1 to 8 keys of 32 random bytes. */
const NO_KEYS = {
  'a key and no list': OLD,
  'a text': '0'.repeat(32),
  'a list of texts': ['0'.repeat(32)],
  'a list of numbers': [...OLD],
  'a list of lists': [[...OLD]],
  'other bytes': [new Uint8ClampedArray(OLD)],
  'a buffer': [OLD.buffer],
  'a list with a hole': [OLD, ,],
  'a list with nothing': [OLD, undefined],
  null: null,
  undefined: undefined,
  'no key': [],
  'an empty key': [new Uint8Array()],
  'a short key': [OLD.slice(0, 31)],
  'a long key': [new Uint8Array([...OLD, 1])],
  'a key of zeros': [new Uint8Array(32)],
  'a second key that repeats': [OLD, new Uint8Array(32).fill(7)],
  'nine keys': Array(9).fill(OLD),
  'a great many keys': Array(1_000_000).fill(OLD),
};

for (const [name, rp] of Object.entries({ node, full })) {
  const party = (provider, options) =>
    new rp.RelyingParty({
      issuer: ISSUER,
      ...REGISTRATION,
      transport: provider.transport,
      clock: () => NOW,
      ...options,
    });
  /** A relying party with a key, a session of it, and the sealed text. */
  const sealed = async (options) => {
    const provider = memoryProvider();
    const relying = party(provider, { sealing_keys: [OLD], ...options });
    const session = await provider.login(relying);
    return { relying, session, text: await relying.encode(session) };
  };

  describe(name, () => {
    test('u14_a_sealed_session_outlives_the_key_that_signed_it', async () => {
      const { relying, session, text } = await sealed();
      assert.match(text, /^v1\./);
      for (const secret of ['canary', 'alice', session.id_token]) assert.ok(!text.includes(secret));
      const provider = memoryProvider();
      provider.replies.jwks = () => assert.fail('nobody asks for keys');
      const restored = await party(provider, { sealing_keys: [OLD] }).restore(text);
      assert.deepEqual(restored.claims, session.claims);
      assert.deepEqual([restored.access_token, restored.encoded], [session.access_token, session.encoded]);
      assert.deepEqual(restored.decisions.map(({ check }) => check), ['sealed']);
      assert.deepEqual(provider.requests, []);
      assert.equal((await relying.restore(text)).encoded, session.encoded);
    });

    test('each text is another', async () => {
      const { relying, session, text } = await sealed();
      assert.notEqual(await relying.encode(session), text);
    });

    test('keys change one after the other', async () => {
      const { text } = await sealed();
      const both = party(memoryProvider(), { sealing_keys: [NEW, Buffer.from(OLD)] });
      const resealed = await both.encode(await both.restore(text));
      const fresh = party(memoryProvider(), { sealing_keys: [NEW] });
      assert.equal((await fresh.restore(resealed)).claims.sub, 'alice');
      await assert.rejects(fresh.restore(text), { code: 'unreadable_session' });
    });

    test('u14_what_is_not_sealed_is_refused_unless_the_policy_takes_it', async () => {
      const { relying, session, text } = await sealed();
      await assert.rejects(relying.restore(session.encoded), { code: 'unreadable_session' });
      await assert.rejects(party(memoryProvider()).restore(text), { code: 'unreadable_session' });
      const policy = { accept_unsealed_sessions: true };
      const accepting = party(memoryProvider(), { sealing_keys: [OLD], policy });
      for (const stored of [session.encoded, text])
        assert.equal((await accepting.restore(stored)).claims.sub, 'alice');
    });

    test('u14_what_was_changed_or_is_of_another_client_is_unreadable', async () => {
      const { relying, text } = await sealed();
      const middle = Math.floor(text.length / 2);
      const other = text[middle] === 'A' ? 'B' : 'A';
      const unreadable = { name: 'MisuseError', code: 'unreadable_session' };
      for (const changed of [`${text.slice(0, middle)}${other}${text.slice(middle + 1)}`, text.slice(0, -4), 'v1.'])
        await assert.rejects(relying.restore(changed), unreadable);
      const another = party(memoryProvider(), { sealing_keys: [OLD], client_id: 'another' });
      await assert.rejects(another.restore(text), unreadable);
    });

    test('without keys nothing is sealed', async () => {
      const { session } = await sealed();
      await assert.rejects(party(memoryProvider()).encode(session), refused);
      const { relying } = await sealed();
      await assert.rejects(relying.encode({ ...session }), TypeError);
    });

    for (const [what, sealing_keys] of Object.entries(NO_KEYS)) {
      test(`u1_u14_${what} is refused by the constructor`, () => {
        assert.throws(() => party(memoryProvider(), { sealing_keys }), refused);
        const provider = rp.Provider.fromMetadata(ISSUER, METADATA);
        assert.throws(() => new rp.Client(provider, REGISTRATION, { sealing_keys }), refused);
      });
    }

    test('keys are those that were given, whatever becomes of the list', async () => {
      const { text } = await sealed();
      const keys = [OLD.slice()];
      const relying = party(memoryProvider(), { sealing_keys: keys });
      keys[0].fill(0);
      keys.length = 0;
      assert.equal((await relying.restore(text)).claims.sub, 'alice');
    });

    test('f7_nobody_is_shown_a_key', async () => {
      const { relying } = await sealed();
      const client = new rp.Client(rp.Provider.fromMetadata(ISSUER, METADATA), REGISTRATION, { sealing_keys: [OLD] });
      for (const holder of [relying, client]) {
        const shown = inspect(holder, { showHidden: true, depth: 9 }) + JSON.stringify(holder);
        assert.ok(!shown.includes('Uint8Array') && !shown.includes('3, 4, 5'));
      }
    });

    test('a seal needs nothing of the provider', async () => {
      const { relying, session, text } = await sealed();
      const seal = new rp.SessionSeal(ISSUER, REGISTRATION.client_id, { sealing_keys: [OLD] });
      assert.equal(seal.open(text).encoded, session.encoded);
      assert.equal((await relying.restore(seal.seal(session, entropy()(32)))).claims.sub, 'alice');
      const unreadable = { code: 'unreadable_session' };
      assert.throws(() => seal.open(session.encoded), unreadable);
      assert.throws(() => new rp.SessionSeal(ISSUER, 'another', { sealing_keys: [OLD] }).open(text), unreadable);
      const policy = { accept_unsealed_sessions: true };
      const accepting = new rp.SessionSeal(ISSUER, REGISTRATION.client_id, { sealing_keys: [OLD], policy });
      assert.equal(accepting.open(session.encoded), undefined);
      for (const options of [undefined, {}, { sealing_keys: undefined }, { sealing_keys: [] }])
        assert.throws(() => new rp.SessionSeal(ISSUER, REGISTRATION.client_id, options), refused);
    });

    test('u14_a_session_is_sealed_and_opened_as_elsewhere', async () => {
      await rp.init();
      const octets = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
      const { issuer, client_id, keys, entropy, session, sealed } = VECTOR;
      const seal = new rp.SessionSeal(issuer, client_id, { sealing_keys: keys.map(octets) });
      assert.equal(seal.open(sealed).encoded, session);
      assert.equal(seal.seal(seal.open(sealed), octets(entropy)), sealed);
    });

    test('the layer without I/O seals and opens with no request', async () => {
      const { session } = await sealed();
      const provider = rp.Provider.fromMetadata(ISSUER, METADATA);
      const client = new rp.Client(provider, REGISTRATION, { sealing_keys: [OLD], clock: () => NOW });
      const { request, result } = client.restore(client.seal(session, entropy()(32)));
      assert.equal(request, undefined);
      assert.equal(result.encoded, session.encoded);
      assert.throws(() => client.seal(session, new Uint8Array(32)), { code: 'weak_entropy' });
      assert.throws(() => client.seal(session), TypeError);
      assert.throws(() => rp.Provider.discover(ISSUER, { sealing_keys: [OLD] }), refused);
    });
  });
}

test('the build for browsers says that it seals nothing', async () => {
  const provider = memoryProvider();
  const options = { issuer: ISSUER, ...REGISTRATION, transport: provider.transport, clock: () => NOW };
  await small.init(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));
  assert.throws(() => new small.RelyingParty({ ...options, sealing_keys: [OLD] }), (error) => {
    assert.match(error.details.reason, /not in this build/);
    return refused(error);
  });
  const relying = new small.RelyingParty(options);
  const session = await provider.login(relying);
  await assert.rejects(relying.encode(session), refused);
  assert.equal((await relying.restore(session.encoded)).claims.sub, 'alice');
});
