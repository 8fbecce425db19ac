// The code of the READMEs and of the pages in docs/ is strict TypeScript as it stands, and the application on a server runs.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Browser, startProvider } from './op.mjs';
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
/** The file that snippets of a page import, which shows it. */
const SITE = "import type { Site } from 'relyingparty';\nexport declare const site: Site;\n";

let folder;
before(() => (folder = mkdtempSync(fileURLToPath(new URL('.readme-', import.meta.url)))));
after(() => rmSync(folder, { recursive: true }));

test('every snippet is strict TypeScript', () => {
  const files = PAGES.flatMap((page) =>
    found(page).map(([, language, code], at) => {
      const file = `${page.replaceAll(/\W/g, '-')}-${at}.${language === 'tsx' ? 'tsx' : 'mts'}`;
      const whole = /^import .* from 'relyingparty/m.test(code) || page.startsWith('docs/');
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
    jsx: 'react-jsx',
    types: ['node'],
    paths: { '@/site': ['./site.d.mts'] },
  };
  writeFileSync(join(folder, 'site.d.mts'), SITE);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  run(tool('tsc'), ['--project', folder]);
});

/** A port that nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

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
    writeFileSync(file, snippets('bindings-wasm/README.md')[0]);
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
