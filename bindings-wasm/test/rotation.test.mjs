// One session through 200 refreshes, at a provider that rotates its keys when it hurts and revokes on reuse.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Browser, startProvider } from './op.mjs';
import { installPackage } from './packed.mjs';

const REDIRECT = 'http://127.0.0.1:9/cb';
const REFRESHES = 200;
/** How often the session goes through its text. */
const RESTORE_EVERY = 20;
/** The key that is rotated: elliptic, because making one takes no time. */
const ALG = 'ES256';

let installed;
let op;

before(async () => {
  installed = installPackage();
  op = await startProvider();
});
after(() => {
  op.stop();
  installed.remove();
});

const rotate = (how) => op.control('rotate', { algs: [ALG], before_signing: true, ...how });
/** One of the two ways to fail, in turns. */
const failure = (step) => (step % 2 ? { status: 503 } : { closed: true });

/** What a refresh meets. Each rotation is between the request and the signature: nobody has seen the key yet. */
const DISTURBANCES = {
  nothing: async () => {},
  rotation: () => rotate(),
  rotation_under_one_kid: () => rotate({ same_kid: true }),
  async first_fetch_fails(step) {
    await rotate();
    await op.control('keys', { fetches: 1, ...failure(step) });
  },
  async every_fetch_fails(step) {
    await rotate();
    await op.control('keys', failure(step));
  },
  async slow_fetch() {
    await rotate();
    await op.control('keys', { delay_ms: 50 });
  },
};

/** Which disturbance each refresh meets: the same in every run and in every language. */
function plan() {
  const names = Object.keys(DISTURBANCES);
  let number = 1;
  return Array.from({ length: REFRESHES }, () => {
    number = (number * 75 + 74) % 65537;
    return names[number % names.length];
  });
}

/** What a lost session's next refresh comes to. */
async function afterwards(rp, session) {
  await op.control('keys', { fetches: 0 });
  const error = await rp.refresh(session).then(
    () => 'it goes on',
    ({ error, code }) => error ?? code,
  );
  return `${error}, grants revoked: ${(await op.control('revoked')).length}`;
}

for (const name of ['relyingparty', 'relyingparty/full']) {
  describe(name, () => {
    test('no session is lost in 200 refreshes with rotations at the worst moment', async () => {
      const { RelyingParty } = await installed.load(name);
      const metadata = { application_type: 'native', redirect_uris: [REDIRECT], id_token_signed_response_alg: ALG };
      const { client_id, client_secret } = await op.control('register', metadata);
      const options = {
        issuer: op.issuer,
        allow_insecure_loopback: true,
        client_id,
        client_secret,
        redirect_uri: REDIRECT,
        sleep: async () => {},
        id_token_signed_response_alg: ALG,
      };
      const rp = new RelyingParty(options);
      const { url, id } = await rp.authorize();
      let session = await rp.callback(await new Browser().login(url, REDIRECT), id);
      let used;
      await op.control('revoked');

      for (const [index, disturbance] of plan().entries()) {
        const step = index + 1;
        const place = `refresh ${step}, ${disturbance}`;
        await DISTURBANCES[disturbance](step);
        const refreshed = await rp
          .refresh(session)
          .catch(async ({ code }) => assert.fail(`${place}: ${code}; then ${await afterwards(rp, session)}`));
        await op.control('keys', { fetches: 0 });
        assert.notEqual(refreshed.access_token, session.access_token, place);
        assert.ok(refreshed.refresh_token, place);
        assert.notEqual(refreshed.refresh_token, session.refresh_token, place);
        assert.equal(refreshed.claims.sub, 'alice', place);
        const keys_were_there = disturbance !== 'every_fetch_fails';
        if (keys_were_there) {
          assert.ok(refreshed.id_token, place);
          assert.notEqual(refreshed.id_token, session.id_token, place);
        } else {
          assert.deepEqual(refreshed.claims, session.claims, place);
        }
        [used, session] = [session, refreshed];
        if (step % RESTORE_EVERY === 0 && keys_were_there) session = await rp.restore(session.encoded);
      }
      assert.equal((await rp.userinfo(session)).claims.sub, 'alice');
      assert.deepEqual(await op.control('revoked'), []);

      // Not by `refresh`, which has the result at hand for whoever comes a moment too late.
      await assert.rejects(rp.refreshToken(used.refresh_token, used.claims.sub), { error: 'invalid_grant' });
      assert.equal((await op.control('revoked')).length, 1, 'a provider that forgives is no judge');
    });
  });
}
