// Browsers as they are: what denies storage, forbids WebAssembly or loses a file ends in an error of ours, where it is
// needed and not before; a callback may come in another tab, in a whole URL, and more than once.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { CHROMIUM, QUIET } from './stage.mjs';

const DIST = fileURLToPath(new URL('../../../dist/small/', import.meta.url));
const ORIGIN = 'http://127.0.0.1:9';

let browser;
let context;
before(async () => {
  const executablePath = CHROMIUM.find((path) => path && existsSync(path));
  browser = await chromium.launch({ executablePath, args: QUIET });
});
after(() => browser.close());
afterEach(() => context.close());

/** A new browser, as it were, in which every URL of the origin is an empty page beside the package. */
async function visit(headers = {}) {
  context = await browser.newContext();
  await context.route(`${ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (!pathname.startsWith('/package/'))
      return route.fulfill({ contentType: 'text/html', headers, body: '<!doctype html><p>' });
    const path = DIST + pathname.split('/').pop();
    const cors = { 'access-control-allow-origin': '*' };
    return existsSync(path) ? route.fulfill({ path, headers: cors }) : route.fulfill({ status: 404, headers: cors });
  });
  return tab();
}

async function tab() {
  const page = await context.newPage();
  await page.goto(`${ORIGIN}/`);
  return page;
}

/**
 * What the function yields in the page, given the package, a relying party's options and what else it needs; or what
 * an error says of itself.
 */
function inPage(page, work, argument) {
  const script = `async (argument) => {
    const library = await import('${ORIGIN}/package/entry_web.js');
    const issuer = 'https://op.example';
    const metadata = {
      issuer,
      authorization_endpoint: issuer + '/auth',
      token_endpoint: issuer + '/token',
      jwks_uri: issuer + '/jwks',
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
    globalThis.requests ??= [];
    const transport = async ({ endpoint }) => {
      globalThis.requests.push(endpoint);
      if (endpoint !== 'discovery') throw new Error('not here');
      const body = new TextEncoder().encode(JSON.stringify(metadata));
      return { status: 200, headers: [['content-type', 'application/json']], body };
    };
    const options = { issuer, client_id: 'c', redirect_uri: '${ORIGIN}/', allow_insecure_loopback: true, transport };
    try {
      return { yields: await (${work})(library, options, argument) };
    } catch (error) {
      const { name, code, category, retryable, details, message, cause } = error;
      const ours = error instanceof library.RelyingPartyError;
      return { ours, name, code, category, retryable, details, message, cause: cause?.name };
    }
  }`;
  return page.evaluate(`(${script})(${JSON.stringify(argument)})`);
}

describe('storage that is denied', () => {
  // Such a page has an origin of its own, and no storage: as in a sandboxed frame, or where site data are blocked.
  const denied = { 'content-security-policy': 'sandbox allow-scripts' };

  test('is denied to the page', async () => {
    const page = await visit(denied);
    const { name } = await inPage(page, '() => sessionStorage');
    assert.equal(name, 'SecurityError');
  });

  test('does not keep the relying party, or a store, from being made', async () => {
    const page = await visit(denied);
    const made = `async ({ RelyingParty, SessionStorageStore }, options) => {
      new SessionStorageStore();
      new SessionStorageStore({ storage: () => localStorage });
      new RelyingParty(options);
      return (await RelyingParty.create(options)) instanceof RelyingParty;
    }`;
    assert.deepEqual(await inPage(page, made), { yields: true });
  });

  test('fails the verb that needs it, with a code of ours', async () => {
    const page = await visit(denied);
    const reason = 'SecurityError';
    const login = await inPage(page, '({ RelyingParty }, options) => new RelyingParty(options).authorize()');
    const { message, ...rest } = login;
    assert.match(message, /site data/);
    const what = { name: 'ConfigurationError', code: 'store_failed', category: 'Configuration' };
    const details = { operation: 'put', reason };
    assert.deepEqual(rest, { ours: true, ...what, retryable: false, details, cause: reason });
    const back = `({ RelyingParty }, options) => new RelyingParty(options).callback('?code=c&state=' + 's'.repeat(43))`;
    const taken = await inPage(page, back);
    assert.deepEqual([taken.code, taken.details], ['store_failed', { operation: 'take', reason }]);
  });

  test('is not needed where a store of the page’s own is given', async () => {
    const page = await visit(denied);
    const own = `async ({ MemoryStore, RelyingParty }, options) =>
      (await new RelyingParty({ ...options, store: new MemoryStore() }).authorize()).url.slice(0, 24)`;
    assert.deepEqual(await inPage(page, own), { yields: 'https://op.example/auth?' });
  });
});

test('storage that is full fails the login that needs it', async () => {
  const page = await visit();
  const full = `async ({ RelyingParty }, options) => {
    for (let size = 2 ** 22; size > 0; size >>= 1) {
      try {
        for (;;) sessionStorage.setItem('x' + Math.random(), 'x'.repeat(size));
      } catch {}
    }
    return new RelyingParty(options).authorize();
  }`;
  const { code, details, cause } = await inPage(page, full);
  assert.deepEqual([code, details.operation, cause], ['store_failed', 'put', 'QuotaExceededError']);
});

describe('a module that cannot be loaded', () => {
  const create = '({ RelyingParty }, options) => RelyingParty.create(options).then(() => true)';

  test('is refused by a policy that does not know of WebAssembly, and the error says what to add', async () => {
    const page = await visit({ 'content-security-policy': `script-src 'self' ${ORIGIN}` });
    const { ours, code, details, message, cause } = await inPage(page, create);
    assert.deepEqual([ours, code, details.reason, cause], [true, 'module_unavailable', 'CompileError', 'CompileError']);
    assert.match(message, /wasm-unsafe-eval/);
    const allowed = await visit({ 'content-security-policy': `script-src 'self' 'wasm-unsafe-eval' ${ORIGIN}` });
    assert.deepEqual(await inPage(allowed, create), { yields: true });
  });

  test('does not arrive, and the same call may succeed later', async () => {
    const page = await visit();
    await context.route('**/module.js', (route) => route.abort());
    const { ours, code, retryable, cause } = await inPage(page, create);
    assert.deepEqual([ours, code, retryable, cause], [true, 'module_unavailable', true, 'TypeError']);
    await context.unroute('**/module.js');
    assert.deepEqual(await inPage(page, create), { yields: true });
  });

  test('comes by its URL instead', async () => {
    const page = await visit();
    const byUrl = `async ({ RelyingParty, init }, options) => {
      await init('${ORIGIN}/package/relyingparty.wasm');
      return (await RelyingParty.create(options)) instanceof RelyingParty;
    }`;
    await context.route('**/module.js', (route) => route.abort());
    assert.deepEqual(await inPage(page, byUrl), { yields: true });
    const { code, cause } = await inPage(await visit(), `({ init }) => init('${ORIGIN}/package/nothing')`);
    assert.deepEqual([code, cause === undefined], ['module_unavailable', false]);
  });
});

describe('a key in IndexedDB', () => {
  const jkt = `new URL((await rp.authorize()).url).searchParams.get('dpop_jkt')`;
  const asked = (store = '') => `async ({ RelyingParty, dpopKeyStore }, options) => {
    const rp = new RelyingParty({ ...options, dpop_keys: [dpopKeyStore(${store})] });
    return ${jkt};
  }`;

  test('is one for all tabs, also of those that need it at the same time', async () => {
    const pages = [await visit(), await tab(), await tab(), await tab()];
    const found = await Promise.all(pages.map((page) => inPage(page, asked())));
    const [first, ...others] = found.map(({ yields }) => yields);
    assert.match(first, /^[\w-]{43}$/);
    for (const other of others) assert.equal(other, first);
    const { yields: later } = await inPage(await tab(), asked());
    assert.equal(later, first);
    const { yields: named } = await inPage(await tab(), asked(`{ name: 'of another provider' }`));
    assert.notEqual(named, first);
  });

  test('that cannot be had fails the verb that needs it, with a code of ours', async () => {
    const page = await visit({ 'content-security-policy': 'sandbox allow-scripts' });
    const made = `async ({ MemoryStore, RelyingParty, dpopKeyStore }, options) => {
      const rp = new RelyingParty({ ...options, store: new MemoryStore(), dpop_keys: [dpopKeyStore()] });
      return rp.authorize();
    }`;
    const { ours, code, details, message, retryable, cause } = await inPage(page, made);
    const reason = 'SecurityError';
    assert.deepEqual([ours, code, retryable, cause], [true, 'store_failed', false, reason]);
    assert.deepEqual(details, { operation: 'dpop_key', reason });
    assert.match(message, /site data/);
  });

  test('is not a key where a script of the page put something else', async () => {
    const page = await visit();
    const spoilt = `async ({ RelyingParty, dpopKeyStore }, options) => {
      const opening = indexedDB.open('relyingparty-dpop', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('keys').put({ odd: true }, 'dpop');
      await new Promise((resolve) => (opening.onsuccess = resolve));
      opening.result.close();
      return new RelyingParty({ ...options, dpop_keys: [dpopKeyStore()] }).authorize();
    }`;
    const { code, details } = await inPage(page, spoilt);
    assert.deepEqual([code, details.member], ['invalid_configuration', 'dpop_keys']);
  });

  test('cannot be made where there is no WebCrypto, which is said of the key and not of the storage', async () => {
    const page = await visit();
    const without = `(library, options) => {
      Object.defineProperty(crypto, 'subtle', { value: undefined });
      return (${asked()})(library, options);
    }`;
    const { ours, code, details, cause } = await inPage(page, without);
    assert.deepEqual([ours, code, details.member, cause], [true, 'invalid_configuration', 'dpop_keys', 'TypeError']);
  });

  test('needs files that may not arrive, and the same call may succeed later', async () => {
    const page = await visit();
    for (const file of ['module_signing', 'keys']) {
      await context.route(`**/${file}.js`, (route) => route.abort());
      const { ours, code, retryable } = await inPage(page, asked());
      assert.deepEqual([ours, code, retryable], [true, 'module_unavailable', true], file);
      await context.unroute(`**/${file}.js`);
    }
    const { yields } = await inPage(page, asked());
    assert.match(yields, /^[\w-]{43}$/);
  });
});

describe('a callback', () => {
  const begin = (storage) => `async ({ RelyingParty, SessionStorageStore }, options) => {
    const rp = new RelyingParty({ ...options, store: new SessionStorageStore(${storage}) });
    return new URL((await rp.authorize()).url).searchParams.get('state');
  }`;
  /** What became of it, and how often the provider was asked for tokens. */
  const end = (storage, times = 1) => `async ({ RelyingParty, SessionStorageStore }, options, url) => {
    const rp = new RelyingParty({ ...options, store: new SessionStorageStore(${storage}) });
    const calls = Array.from({ length: ${times} }, () => rp.callback(url).catch(({ code }) => code));
    const codes = await Promise.all(calls);
    return { codes, asked: requests.filter((endpoint) => endpoint === 'token').length };
  }`;
  const shared = '{ storage: () => localStorage }';

  test('in another tab is of no login, unless the tabs share their storage', async () => {
    const first = await visit();
    const { yields: alone } = await inPage(first, begin(''));
    const other = await tab();
    const { yields: none } = await inPage(other, end(''), `${ORIGIN}/?code=c&state=${alone}`);
    assert.deepEqual(none, { codes: ['no_pending_login'], asked: 0 });
    const { yields: state } = await inPage(first, begin(shared));
    const { yields: found } = await inPage(other, end(shared), `${ORIGIN}/?code=c&state=${state}`);
    assert.deepEqual(found, { codes: ['unreachable'], asked: 1 });
    const { yields: again } = await inPage(first, end(shared), `${ORIGIN}/?code=c&state=${state}`);
    assert.deepEqual(again, { codes: ['no_pending_login'], asked: 0 });
  });

  test('is read from a whole URL, with the route that a page keeps in its hash', async () => {
    const page = await visit();
    for (const hash of ['#', '#/', '#/inbox?folder=a', '#_=_', '#code=x&state=y']) {
      const { yields: state } = await inPage(page, begin(''));
      const url = `${ORIGIN}/?code=c&state=${state}${hash}`;
      const { yields } = await inPage(page, end(''), url);
      assert.deepEqual(yields.codes, ['unreachable'], hash);
    }
  });

  test('that comes four times at once asks for tokens once, and all get the same', async () => {
    const page = await visit();
    const { yields: state } = await inPage(page, begin(''));
    const { yields } = await inPage(page, end('', 4), `${ORIGIN}/?code=c&state=${state}`);
    assert.deepEqual(yields, { codes: Array(4).fill('unreachable'), asked: 1 });
  });
});
