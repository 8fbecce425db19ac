// The end of a session: logout tokens, front-channel requests, revocation, and the way to the provider and back.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inspect } from 'node:util';

import * as full from '../dist/full/entry_node.js';
import * as node from '../dist/node/entry_node.js';
import * as small from '../dist/small/entry_web.js';
import { ISSUER, NOW, REGISTRATION, entropy, idToken, jsonReply, memoryProvider } from './memory_provider.mjs';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const BYE = 'https://app.example/bye';
/** A logout token: undefined takes a claim away. */
const logoutToken = (claims = {}) => idToken({ jti: 'token-1', sid: 'session-1', events: { [EVENT]: {} }, ...claims });

/** A provider that ends sessions and revokes tokens, and its relying party. */
function parties({ RelyingParty }, revocation = () => ({ status: 200, headers: [], body: new Uint8Array() })) {
  const provider = memoryProvider();
  const metadata = JSON.parse(Buffer.from(provider.replies.discovery().body));
  const more = { revocation_endpoint: `${ISSUER}/revoke`, end_session_endpoint: `${ISSUER}/logout` };
  provider.replies.discovery = () => jsonReply({ ...metadata, ...more });
  provider.replies.revocation = revocation;
  const { transport } = provider;
  const options = { issuer: ISSUER, ...REGISTRATION, transport, clock: () => NOW, entropy: entropy() };
  const rp = new RelyingParty({ ...options, post_logout_redirect_uri: BYE });
  const sent = () => {
    const { endpoint, url, body } = provider.requests.at(-1);
    assert.deepEqual([endpoint, url], ['revocation', `${ISSUER}/revoke`]);
    return Object.fromEntries(new URLSearchParams(Buffer.from(body).toString()));
  };
  return { provider, rp, sent, login: () => provider.login(rp) };
}

for (const [name, module] of Object.entries({ node, full })) {
  test(`${name}: a logout token says which sessions end`, async () => {
    const { rp } = parties(module);
    const token = await rp.logoutToken(module.logoutTokenIn(`x=1&logout_token=${logoutToken({ more: [1] })}`));
    const { issuer, subject, session_id, jti, issued_at, expires_at, remember_until } = token;
    assert.deepEqual([issuer, subject, session_id, jti], [ISSUER, 'alice', 'session-1', 'token-1']);
    assert.deepEqual([issued_at, expires_at, remember_until], [NOW, NOW + 300, NOW + 361]);
    assert.deepEqual([token.replay_key.length, token.claims.more], [43, [1]]);
    assert.ok(Object.isFrozen(token) && token.decisions.some(({ check }) => check === 'events'));
    const { subject: nobody } = await rp.logoutToken(logoutToken({ sub: undefined }));
    assert.equal(nobody, undefined);
  });

  test(`l6 ${name}: a logout token that is none is refused`, async () => {
    const { rp, login } = parties(module);
    for (const [claims, code] of [
      [{ nonce: 'n' }, 'claim_invalid'],
      [{ events: {} }, 'claim_invalid'],
      [{ aud: 'other' }, 'aud_mismatch'],
      [{ iat: NOW - 661 }, 'logout_token_too_old'],
    ])
      await assert.rejects(rp.logoutToken(logoutToken(claims)), { code, category: 'Token' });
    const { id_token } = await login();
    await assert.rejects(rp.logoutToken(id_token), { code: 'claim_missing' });
    await assert.rejects(rp.verify(logoutToken()), { code: 'claim_invalid' });
    assert.throws(() => module.logoutTokenIn(''), { code: 'logout_malformed', category: 'Callback' });
  });

  test(`${name}: a logout goes to the provider and back`, async () => {
    const { rp, login } = parties(module);
    const session = await login();
    const logout = await rp.logOut(session, { logout_hint: 'alice' });
    const sent = new URL(logout.url).searchParams;
    const names = ['id_token_hint', 'state', 'logout_hint'].map((name) => sent.get(name));
    assert.deepEqual(names, [session.id_token, logout.state, 'alice']);
    assert.equal(logout.fields, undefined);
    assert.doesNotMatch(inspect(logout) + JSON.stringify(logout), /id_token_hint|eyJ/);
    await rp.loggedOut(new URL(`${BYE}?state=${logout.state}`), logout.state);
    module.loggedOut(`?state=${logout.state}`, logout.state);
  });

  test(`${name}: a hint that is too long for a URL goes in a form`, async () => {
    const { rp } = parties(module);
    const logout = await rp.logOut(undefined, { logout_hint: 'h'.repeat(2_048) });
    assert.equal(logout.url, `${ISSUER}/logout`);
    const names = ['client_id', 'state', 'logout_hint', 'post_logout_redirect_uri'];
    assert.deepEqual(Object.keys(logout.fields), names);
    assert.equal(logout.fields.state, logout.state);
  });

  test(`l10 ${name}: a return from another logout is refused`, async () => {
    const { rp } = parties(module);
    for (const [back, expected, code] of [
      ['state=other', 'mine', 'logout_state_mismatch'],
      ['state=mine', undefined, 'logout_state_mismatch'],
      [BYE, 'mine', 'logout_state_missing'],
    ]) {
      await assert.rejects(rp.loggedOut(back, expected), { code });
      assert.throws(() => module.loggedOut(back, expected), { code });
    }
  });

  test(`${name}: a front-channel logout names issuer and session or neither`, async () => {
    const { rp } = parties(module);
    const url = `https://app.example/frontchannel?iss=${encodeURIComponent(ISSUER)}&sid=session-1`;
    assert.deepEqual({ ...(await rp.frontChannelLogout(url)) }, { issuer: ISSUER, session_id: 'session-1' });
    assert.deepEqual({ ...(await rp.frontChannelLogout(new URL('https://app.example/frontchannel'))) }, {});
    await assert.rejects(rp.frontChannelLogout('sid=s'), { code: 'logout_malformed' });
    const elsewhere = 'iss=https://evil.example&sid=s';
    await assert.rejects(rp.frontChannelLogout(elsewhere), { code: 'logout_issuer_mismatch' });
  });

  test(`${name}: a session, a grant and a token are revoked`, async () => {
    const { rp, login, sent } = parties(module);
    const session = await login();
    assert.equal(await rp.revoke(session), undefined);
    const { token, token_type_hint } = sent();
    assert.deepEqual([token, token_type_hint], [session.refresh_token, 'refresh_token']);
    const { grant } = await rp.refreshToken('canary-elsewhere', 'alice');
    await rp.revoke(grant);
    assert.equal(sent().token, grant.refresh_token);
    await rp.revoke(session.access_token, 'access_token');
    assert.deepEqual(sent(), { token: 'canary-access', token_type_hint: 'access_token', client_id: 'client' });
    await rp.revoke('a-token');
    assert.deepEqual(sent(), { token: 'a-token', client_id: 'client' });
    await assert.rejects(rp.revoke(session, 'access_token'), TypeError);
    await assert.rejects(rp.revoke('a-token', 'id_token'), { code: 'invalid_configuration' });
    await assert.rejects(rp.revoke(''), { code: 'no_access_token' });
    await assert.rejects(rp.revoke({ ...session }), TypeError);
  });

  test(`${name}: why a token was not revoked`, async () => {
    const later = parties(module, () => ({ status: 503, headers: [['retry-after', '120']], body: new Uint8Array() }));
    const unavailable = { code: 'revocation_unavailable', retryable: true };
    await assert.rejects(later.rp.revoke('a-token'), unavailable);
    await later.rp.revoke('a-token').catch(({ details }) => assert.equal(details.retry_after, '120'));
    const never = parties(module, () => jsonReply({ error: 'unsupported_token_type' }, 400));
    await assert.rejects(never.rp.revoke('a-token'), { code: 'provider_error', error: 'unsupported_token_type' });
    const { transport } = memoryProvider();
    const rp = new module.RelyingParty({ issuer: ISSUER, ...REGISTRATION, transport, clock: () => NOW });
    await assert.rejects(rp.revoke('a-token'), { code: 'endpoint_missing' });
  });
}

test('a session keeps the session_state of its login, in a page too', async () => {
  await small.init(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));
  for (const module of [node, full, small]) {
    const { provider, rp } = parties(module);
    const begun = await rp.authorize();
    const asked = new URL(begun.url).searchParams;
    provider.replies.token = () => {
      const id_token = idToken({ nonce: asked.get('nonce') });
      return jsonReply({ access_token: 'canary-access', token_type: 'Bearer', id_token });
    };
    const back = new URLSearchParams({ code: 'c', state: asked.get('state'), session_state: 's.salt' });
    const session = await rp.callback(`?${back}`, begun.id);
    assert.equal(session.session_state, 's.salt');
    assert.equal((await rp.restore(session.encoded)).session_state, 's.salt');
  }
});

test('the build for browsers says what it does without', async () => {
  await small.init(readFileSync(new URL('../dist/small/relyingparty.wasm', import.meta.url)));
  const { rp } = parties(small);
  const absent = { code: 'invalid_configuration' };
  for (const call of ['logOut', 'loggedOut', 'logoutToken', 'frontChannelLogout', 'revoke'])
    await assert.rejects(async () => rp[call](call === 'logOut' ? undefined : 'x'), absent, call);
  assert.equal(small.logoutTokenIn, undefined);
});
