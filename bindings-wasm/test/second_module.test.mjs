// Browsers: the module that a page loads is the one that its clients need.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

const here = (path) => new URL(path, import.meta.url).href;
const PRELUDE = `
  import { readFileSync } from 'node:fs';
  import { memoryProvider } from '${here('memory_provider.mjs')}';
  import { dpopProvider, form, party } from '${here('proofs.mjs')}';
  import { API, pushingProvider } from '${here('pushing.mjs')}';
  const code = (work) => Promise.resolve().then(work).then(() => 'ok', (error) => error.code + ' ' + error.message);
  const say = (value) => console.log(JSON.stringify(value));
`;

/** What a script says that has a page of its own. */
async function page(entry, script) {
  const code = `${PRELUDE}import * as rp from '${here(`../dist/${entry}.js`)}';\n${script}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code]);
  return JSON.parse(stdout);
}

test('a page whose client has keys loads the module that asks for signatures', async () => {
  const said = await page(
    'small/entry_web',
    `const provider = dpopProvider();
    const client = party(rp, provider, { dpop_keys: [await rp.generateDpopKey()] });
    const other = party(rp, memoryProvider(), {});
    await other.authorize();
    const session = await provider.login(client);
    say([session.token_type, (await client.userinfo(session)).claims.sub, (await client.refresh(session)).dpop_jkt === session.dpop_jkt]);`,
  );
  assert.deepEqual(said, ['DPoP', 'alice', true]);
});

test('so does one whose client authenticates with assertions', async () => {
  const said = await page(
    'small/entry_web',
    `const provider = memoryProvider();
    const client = party(rp, provider, { client_assertion: () => 'a.b.c' });
    await rp.init();
    await provider.login(client);
    say(form(provider.requests.find(({ endpoint }) => endpoint === 'token')).client_assertion);`,
  );
  assert.equal(said, 'a.b.c');
});

const STEPS = {
  require_pushed_authorization_requests: [`{ require_pushed_authorization_requests: true }`, '{}', ['client_id', 'request_uri'], 'code'],
  authorization_signed_response_alg: [`{ authorization_signed_response_alg: 'EdDSA' }`, `{ response_mode: 'jwt' }`, undefined, 'response'],
  fapi2_message_signing: [
    `{ policy: { preset: 'fapi2_message_signing' }, signing_keys: [await rp.generateDpopKey()], dpop_keys: [await rp.generateDpopKey()] }`,
    '{}',
    ['client_id', 'request_uri'],
    'response',
  ],
  authorization_details: [
    `{ require_pushed_authorization_requests: true }`,
    `{ authorization_details: [{ type: 'payment' }] }`,
    ['client_id', 'request_uri'],
    'code',
  ],
};

for (const [name, [options, request, sent, back]] of Object.entries(STEPS)) {
  test(`so does one that has ${name}`, async () => {
    const said = await page(
      'small/entry_web',
      `const provider = pushingProvider();
      const client = party(rp, provider, ${options});
      const { url, id } = await client.authorize(${request});
      const back = provider.browser(url);
      const session = await client.callback(back, id);
      say([Object.keys(Object.fromEntries(new URL(url).searchParams)), Object.keys(Object.fromEntries(new URL(back).searchParams)), session.claims.sub, session.authorization_details ?? null]);`,
    );
    if (sent) assert.deepEqual(said[0].sort(), sent);
    assert.equal(said[1][0], back);
    assert.deepEqual(said.slice(2), ['alice', name === 'authorization_details' ? [{ type: 'payment' }] : null]);
  });
}

test('so does one that calls an API', async () => {
  const said = await page(
    'small/entry_web',
    `const provider = pushingProvider();
    provider.replies.resource = ({ headers }) => ({ status: 200, headers: [], body: Buffer.from(headers.find(([name]) => name === 'authorization')[1]) });
    const client = party(rp, provider, { api_origins: [API] });
    const session = await provider.login(client);
    const { body } = await client.call(session, { url: API });
    say([Buffer.from(body).toString(), await (await client.fetchAs(session)(API)).text(), await code(() => client.fetchAs(session)('https://evil.example'))]);`,
  );
  assert.deepEqual(said.slice(0, 2), ['Bearer canary-access', 'Bearer canary-access']);
  assert.match(said[2], /^origin_not_allowed/);
});

const REFUSED = /^invalid_configuration .*\[(\w+)\].*import relyingparty\/full, or use this relying party first/;
const KMS = `{ sign() {}, alg: 'ES256' }`;
const ASKING = {
  signing_keys: `{ signing_keys: [${KMS}] }`,
  dpop_keys: `{ dpop_keys: [rp.dpopKeyStore()] }`,
  client_assertion: `{ client_assertion: () => 'a' }`,
  require_pushed_authorization_requests: `{ require_pushed_authorization_requests: true }`,
  require_signed_request_object: `{ require_signed_request_object: true }`,
  authorization_signed_response_alg: `{ authorization_signed_response_alg: 'ES256' }`,
  api_origins: `{ api_origins: [API] }`,
  preset: `{ policy: { preset: 'oauth2_1' } }`,
  token_endpoint_auth_method: `{ token_endpoint_auth_method: 'client_secret_jwt', client_secret: 's'.repeat(32) }`,
};

test('what is loaded without refuses clients with keys by name', async () => {
  for (const [entry, load] of [
    ['small/entry_web', 'await party(rp, memoryProvider(), {}).authorize();'],
    ['small/entry_manual', `await rp.init(readFileSync(new URL('${here('../dist/small/relyingparty.wasm')}')));`],
  ]) {
    const said = await page(
      entry,
      `${load}
      say({ ${Object.entries(ASKING).map(([name, options]) => `${name}: await code(() => party(rp, memoryProvider(), ${options}).authorize())`)} });`,
    );
    for (const name of Object.keys(ASKING)) assert.equal(REFUSED.exec(said[name])?.[1], name, `${entry}: ${said[name]}`);
  }
});

test('what a login asks for beyond it is refused by name too, and so is a call', async () => {
  const said = await page(
    'small/entry_web',
    `const provider = pushingProvider();
    const client = party(rp, provider, {});
    const session = await provider.login(client);
    const demanding = party(rp, pushingProvider({ require_pushed_authorization_requests: true }), {});
    const { transport } = provider;
    say([
      await code(() => client.authorize({ response_mode: 'jwt' })),
      await code(() => client.authorize({ authorization_details: [{ type: 'payment' }] })),
      await code(() => demanding.authorize()),
      await code(() => client.call(session, { url: API })),
      await code(() => client.fetchAs(session)(API)),
      await code(() => client.callback('?response=a.b.c')),
    ]);`,
  );
  assert.match(said[0], /^invalid_configuration .*\[response_mode\]/);
  assert.match(said[1], /^invalid_configuration .*\[authorization_details\].*not in this build/);
  assert.match(said[2], /^proving_needed .*require_pushed_authorization_requests/);
  for (const call of [said[3], said[4]]) assert.match(call, /^invalid_configuration .*\[call\].*or set api_origins/);
  assert.match(said[5], /^state_missing/);
});

test('so does its sans-IO layer, whose clients prove nothing', async () => {
  const said = await page(
    'small/entry_web',
    `await rp.init();
    const provider = rp.Provider.fromMetadata('https://op.example', JSON.stringify({ issuer: 'https://op.example', jwks_uri: 'https://op.example/jwks', authorization_endpoint: 'https://op.example/a', token_endpoint: 'https://op.example/t' }));
    const registration = { client_id: 'c', redirect_uri: 'https://app.example/cb' };
    const client = new rp.Client(provider, registration);
    const params = () => rp.CallbackParams.parse('?code=x&state=' + new URL(login.url).searchParams.get('state'));
    const login = client.authorize({}, crypto.getRandomValues(new Uint8Array(32)));
    const flow = client.exchange(client.callback(login.pending, params()), {}, crypto.getRandomValues(new Uint8Array(32)));
    const { kind } = flow.request;
    const resumed = await Promise.resolve().then(() => flow.resume({ signature: new Uint8Array(64) })).catch(({ name }) => name);
    say([
      client.needsEntropy(),
      client.jwks(),
      kind,
      resumed,
      await code(() => new rp.Client(provider, { ...registration, signing_keys: [{ name: 'k', alg: 'ES256' }] })),
      client.authorizesInSteps(),
      params().is_signed,
      await code(() => client.authorizeInSteps({}, crypto.getRandomValues(new Uint8Array(32)))),
      await code(() => client.signedCallback(login.pending, params())),
    ]);`,
  );
  assert.deepEqual(said.slice(0, 3), [false, { keys: [] }, 'http']);
  assert.equal(said[3], 'TypeError');
  assert.match(said[4], REFUSED);
  assert.deepEqual(said.slice(5, 7), [false, false]);
  for (const refused of said.slice(7)) assert.match(refused, REFUSED);
});

test('the full module has both', async () => {
  for (const entry of ['full/entry_web', 'full/entry_node', 'node/entry_node']) {
    const said = await page(
      entry,
      `await party(rp, memoryProvider(), {}).authorize();
      const provider = dpopProvider();
      say((await provider.login(party(rp, provider, { dpop_keys: [await rp.generateDpopKey()] }))).token_type);`,
    );
    assert.equal(said, 'DPoP', entry);
  }
});

test('a page without keys loads none of it', () => {
  const read = (name) => readFileSync(new URL(`../dist/small/${name}`, import.meta.url), 'utf8');
  const later = Array.from(read('entry_web.js').matchAll(/import\("\.\/([a-z_]+)[-.]/g), ([, name]) => name);
  assert.deepEqual(later.sort(), ['inflate', 'keys', 'module', 'module_signing']);
  assert.doesNotMatch(read('keys.js'), /^import /m, 'what is loaded later brings nothing along that is there already');
});
