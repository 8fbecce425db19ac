// The code of the READMEs and of the pages in docs/ is strict TypeScript as it stands, and the application on a server runs.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Browser, startProvider } from './op.mjs';
import { freePort } from './redis_server.mjs';
import { run, tool } from './packed.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const READMES = ['README.md', 'bindings-wasm/README.md'];
const DOCS = readdirSync(`${ROOT}docs`, { recursive: true }).filter((page) => page.endsWith('.md'));
const PAGES = [...READMES, ...DOCS.map((page) => `docs/${page}`)];
/** What a snippet that is not whole takes from the text around it. */
const AROUND = `
import type { Express } from 'express';
import express from 'express';
import { RelyingParty, RelyingPartyError, type Session, logoutTokenIn } from 'relyingparty';
declare const app: Express;
declare const seen: { add(key: string, until: number): Promise<boolean> };
declare function endSessions(sid: string | undefined, sub: string | undefined): Promise<void>;
declare const redis: {
  set(name: string, value: string | number, options: { EX: number }): Promise<unknown>;
  get(name: string): Promise<string | null>;
  getDel(name: string): Promise<string | null>;
};
declare const rp: RelyingParty;
declare const session: Session;
declare const url: string;
`;
/** A clock that can be moved. */
const CLOCK = `data:text/javascript,${encodeURIComponent(`
  const now = Date.now;
  let ahead = 0;
  Date.now = () => now() + ahead;
  process.on('message', (seconds) => process.send((ahead = seconds * 1000)));
`)}`;

const text = (page) => readFileSync(`${ROOT}${page}`, 'utf8');
const found = (page) => Array.from(text(page).matchAll(/^```(js|tsx?)\n([^]*?)^```/gm));
const snippets = (page) => found(page).map(([, , code]) => code);
/** What others import of a snippet that is a file of its own. */
const SITE = /^export const site = new Site\(\{\n  base_url: `/m;
/** The file that snippets of a page in docs/ import, which shows it. */
const DECLARED = "import type { Site } from 'relyingparty';\nexport declare const site: Site;\n";

let folder;
before(() => (folder = mkdtempSync(fileURLToPath(new URL('.readme-', import.meta.url)))));
after(() => rmSync(folder, { recursive: true }));

test('every snippet is strict TypeScript', () => {
  const files = PAGES.flatMap((page) =>
    found(page).map(([, language, code], at) => {
      const inDocs = page.startsWith('docs/');
      const isPage = language === 'tsx' || /^ *<[A-Z]/m.test(code);
      const name = `${page.replaceAll(/\W/g, '-')}-${at}.${isPage ? 'tsx' : 'mts'}`;
      const file = SITE.test(code) && !inDocs ? 'site.mts' : name;
      const whole = /^import .* from '(?:relyingparty|\.\/site)/m.test(code) || inDocs;
      writeFileSync(join(folder, file), `${whole ? '' : AROUND}${code}export {};\n`);
      return file;
    }),
  );
  const fences = PAGES.flatMap((page) => text(page).match(/^\s*```\s*[jt]sx?\b/gm) ?? []);
  assert.equal(files.length, fences.length);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: ['node'],
    jsx: 'react-jsx',
    paths: { '@/site': ['./site.d.mts'] },
  };
  writeFileSync(join(folder, 'site.d.mts'), DECLARED);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  run(tool('tsc'), ['--project', folder]);
});

describe('the application with Express', () => {
  let provider;
  let server;
  let home;

  before(async () => {
    provider = await startProvider();
    const PORT = await freePort();
    home = `http://127.0.0.1:${PORT}`;
    const { client_id, client_secret } = await provider.control('register', {
      redirect_uris: [`${home}/callback`],
      post_logout_redirect_uris: [`${home}/`],
    });
    const file = join(folder, 'server.mjs');
    writeFileSync(file, snippets('bindings-wasm/README.md').find((code) => /LoginCookies, .*RelyingParty/.test(code)));
    const environment = {
      APP_URL: home,
      PORT,
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: client_id,
      OIDC_CLIENT_SECRET: client_secret,
      SESSION_KEY: Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7)).toString('hex'),
    };
    server = fork(file, { execArgv: ['--import', CLOCK], env: { ...process.env, ...environment } });
    for (let tries = 0; tries < 100; tries += 1) {
      if (await fetch(home).catch(() => undefined)) return;
      await pause(100);
    }
    assert.fail('it does not start');
  });
  after(() => {
    server?.kill();
    provider?.stop();
  });

  /** Sets the application's clock so many seconds ahead. */
  const ahead = (seconds) =>
    new Promise((resolve) => {
      server.once('message', resolve);
      server.send(seconds);
    });

  test('logs in, refreshes and logs out', async (t) => {
    t.after(() => ahead(0));
    const browser = new Browser();
    assert.match((await browser.open(home)).text, /Log in/);
    const back = await browser.login(`${home}/login`, `${home}/callback`);
    const { status, location } = await browser.open(back);
    assert.deepEqual([status, location], [303, '/']);
    assert.deepEqual(browser.cookies.filter((name) => name.startsWith('__Host-')), ['__Host-session']);
    assert.match((await browser.open(home)).text, /Hello alice /);

    await provider.control('requests');
    await browser.open(home);
    assert.deepEqual(await provider.control('requests'), []);
    await ahead(3560);
    assert.match((await browser.open(home)).text, /Hello alice /);
    const paths = (await provider.control('requests')).map(({ path }) => path);
    assert.equal(paths.filter((path) => path === '/token').length, 1, paths.join());

    const logout = await browser.open(`${home}/logout`, {});
    assert.equal(await browser.logout(logout.location, `${home}/`), `${home}/`);
    assert.match((await browser.open(home)).text, /Log in/);
    assert.ok(!browser.cookies.includes('__Host-session'));
  });

  test('answers a callback that belongs to nobody with a page', async () => {
    const back = await new Browser().login(`${home}/login`, `${home}/callback`);
    const { status, text } = await new Browser().open(back);
    assert.equal(status, 400);
    assert.match(text, /no login is in progress/);
  });

  test('leaves eight cookies of logins that nobody finished', async () => {
    const browser = new Browser();
    for (let logins = 0; logins < 20; logins += 1) await browser.open(`${home}/login`);
    assert.equal(browser.cookies.length, 8);
  });
});

describe('the site in ten lines', () => {
  let provider;
  before(async () => (provider = await startProvider()));
  after(() => provider?.stop());

  for (const [name, isOne] of Object.entries({
    Express: /^import .* from 'relyingparty\/express'/m,
    Fastify: /^import .* from 'relyingparty\/fastify'/m,
    Hono: /^import .* from 'relyingparty\/fetch'/m,
    'Node without a framework': /^import { createServer }/m,
  })) {
    test(`${name}: logs in and out`, async (t) => {
      const own = snippets('bindings-wasm/README.md');
      const at = join(folder, name.replaceAll(' ', ''));
      mkdirSync(at);
      writeFileSync(join(at, 'site.mjs'), own.find((code) => SITE.test(code)));
      writeFileSync(join(at, 'server.mjs'), own.find((code) => isOne.test(code)));
      const PORT = await freePort();
      const APP_URL = `http://localhost:${PORT}`;
      const { client_id, client_secret } = await provider.control('register', {
        redirect_uris: [`${APP_URL}/auth/callback`],
        post_logout_redirect_uris: [`${APP_URL}/auth/logged-out`],
      });
      const SESSION_KEY = randomBytes(32).toString('hex');
      const environment = { OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: client_id, OIDC_CLIENT_SECRET: client_secret };
      const server = fork(join(at, 'server.mjs'), { env: { ...process.env, ...environment, APP_URL, PORT, SESSION_KEY } });
      t.after(() => server.kill());
      for (let tries = 0; !(await fetch(APP_URL).catch(() => undefined)); tries += 1) {
        assert.ok(tries < 100, 'it does not start');
        await pause(100);
      }
      const browser = new Browser();
      const back = await browser.login(`${APP_URL}/auth/login`, `${APP_URL}/auth/callback`);
      const { status, location } = await browser.open(back);
      assert.deepEqual([status, location], [303, '/']);
      assert.deepEqual(JSON.parse((await browser.open(APP_URL)).text), { hello: 'alice' });
      const logout = await browser.open(`${APP_URL}/auth/logout`, {}, { 'sec-fetch-site': 'same-origin' });
      const returned = await browser.logout(logout.location, `${APP_URL}/auth/logged-out`);
      assert.equal((await browser.open(returned)).location, '/');
      assert.notEqual((await browser.open(APP_URL)).status, 200);
    });
  }
});
