// What a visitor sends is never a mistake of the application's.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';

import * as node from '../dist/node/entry_node.js';
import * as full from '../dist/full/entry_node.js';
import { ISSUER, NOW, REGISTRATION, entropy, memoryProvider } from './memory_provider.mjs';

const PARTS = { code: 'canary-code' };
const party = (rp, provider) =>
  new rp.RelyingParty({
    issuer: ISSUER,
    ...REGISTRATION,
    transport: provider.transport,
    clock: () => NOW,
    entropy: entropy(),
  });
const elsewhere = createContext({ URL });

for (const [build, rp] of Object.entries({ node, full })) {
  describe(`visitors: ${build}`, () => {
    test('a callback takes the URL as the framework has it', async () => {
      for (const form of [
        (url) => url,
        (url) => new URL(url),
        (url) => new URL(url).search,
        (url) => ({ href: url, pathname: '/cb' }),
        (url) => Object.create({ href: url }, { pathname: { value: '/cb' } }),
        (url) => runInContext(`new (class Url { get href() { return ${JSON.stringify(url)}; } })()`, elsewhere),
      ]) {
        const provider = memoryProvider();
        const client = party(rp, provider);
        const { url, id, cookie_name, handle } = await client.authorize();
        const state = new URL(url).searchParams.get('state');
        const back = form(`${REGISTRATION.redirect_uri}?${new URLSearchParams({ ...PARTS, state })}`);
        assert.equal(await client.cookieName(back), cookie_name);
        assert.equal(rp.CallbackParams.parse(back).handle, handle);
        assert.equal(new rp.LoginCookies(`${cookie_name}=${id}`).id(back), id);
      }
    });

    test('what is no URL at all is a TypeError', async () => {
      for (const other of [undefined, null, 7, [], {}, { href: 7 }, ['a'], () => 1])
        await assert.rejects(party(rp, memoryProvider()).cookieName(other), TypeError);
    });

    test('a response that names no login has no cookie, and is an error of the callback', async () => {
      const provider = memoryProvider();
      const client = party(rp, provider);
      const waits = await client.authorize();
      for (const sent of [
        '',
        '?',
        'code=x',
        'state=&code=x',
        'state=a&state=b',
        'code=a&code=b&state=s',
        'state=%zz',
        'state=%ff',
        'x=1&'.repeat(1000),
        `state=${'a'.repeat(100_000)}`,
        'error=access_denied',
        '?code=\ud800&code=\ud800',
      ]) {
        assert.equal(await client.cookieName(sent), undefined, sent.slice(0, 30));
        for (const id of [waits.id, undefined, null, '', 'x', 7, ['x'], { a: 1 }, '\ud800'.repeat(43), Symbol('s')])
          await assert.rejects(client.callback(sent, id), { category: 'Callback' }, sent.slice(0, 30));
      }
      for (const id of [7, ['x'], { a: 1 }, true])
        await assert.rejects(client.callback('?code=a&state=b', id), { code: 'no_pending_login' });
    });

    test('a return_to of any type ends no login', async () => {
      const provider = memoryProvider();
      const client = party(rp, provider);
      for (const value of [
        undefined,
        null,
        '',
        'me',
        7,
        NaN,
        10n,
        true,
        [],
        ['/a', '/b'],
        {},
        new Map(),
        Symbol('s'),
        () => '/',
        new URL('https://app.example/a'),
        'https://evil.example/',
        '//evil.example',
        '/a\n',
        '/\ud800',
        '/é',
        '/'.repeat(2 ** 24 + 1),
        `/${'a'.repeat(2 ** 24)}`,
      ]) {
        const login = await client.authorize({ return_to: value });
        assert.equal(typeof login.return_to_dropped, 'string', String(value).slice(0, 30));
        assert.equal((await provider.login(client, { return_to: value })).return_to, undefined);
      }
      assert.equal((await client.authorize({ return_to: '/inbox' })).return_to_dropped, undefined);
      assert.equal((await client.authorize()).return_to_dropped, undefined);
      assert.equal((await provider.login(client, { return_to: '/inbox' })).return_to, '/inbox');
    });
  });
}
