// A site in an application of Next.js, built and started: its routes, a server component, its proxy.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Browser, startProvider } from '../op.mjs';
import { installPackage, run } from '../packed.mjs';
import { freePort } from '../redis_server.mjs';

const FOLDER = fileURLToPath(new URL('built-next', import.meta.url));
const NEXT = fileURLToPath(new URL('node_modules/next/dist/bin/next', import.meta.url));
const FILES = {
  'package.json': '{"private":true,"type":"module"}',
  'site.mjs': `
    import { Site } from 'relyingparty';
    const { APP_URL = 'http://127.0.0.1', OIDC_ISSUER, OIDC_CLIENT_ID = 'c', OIDC_CLIENT_SECRET = 's' } = process.env;
    export const site = new Site({
      base_url: APP_URL + '/auth',
      providers: [{
        issuer: OIDC_ISSUER ?? 'http://127.0.0.1',
        client_id: OIDC_CLIENT_ID,
        client_secret: OIDC_CLIENT_SECRET,
        post_logout_redirect_uri: APP_URL + '/auth/logged-out',
        allow_insecure_loopback: true,
      }],
      sealing_keys: [Uint8Array.from({ length: 32 }, (_, at) => at * 3)],
    });`,
  'proxy.js': `
    import { middleware } from 'relyingparty/next';
    import { site } from './site.mjs';
    export const proxy = middleware(site, { required: ({ url }) => new URL(url).pathname === '/private' });`,
  'app/layout.js': 'export default ({ children }) => <html lang="en"><body>{children}</body></html>;',
  'app/auth/[...route]/route.js': `
    import { handlers } from 'relyingparty/next';
    import { site } from '../../../site.mjs';
    export const { GET, POST } = handlers(site);`,
  'app/page.js': `
    import { getSession } from 'relyingparty/next';
    import { site } from '../site.mjs';
    export default async function Page() {
      const { session } = await getSession(site);
      return <p>{'Hello ' + (session?.claims.sub ?? 'nobody')}</p>;
    }`,
  'app/private/page.js': "export { default } from '../page.js';\nexport const dynamic = 'force-dynamic';",
};

let op;
let home;
let server;
before(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  const installed = installPackage();
  const package_ = join('node_modules', 'relyingparty');
  mkdirSync(join(FOLDER, 'node_modules'), { recursive: true });
  cpSync(join(dirname(installed.tarball), package_), join(FOLDER, package_), { recursive: true });
  installed.remove();
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(FOLDER, name)), { recursive: true });
    writeFileSync(join(FOLDER, name), text);
  }
  process.env.NEXT_TELEMETRY_DISABLED = '1';
  run(process.execPath, [NEXT, 'build'], FOLDER);
  op = await startProvider();
  const port = await freePort();
  home = `http://127.0.0.1:${port}`;
  const { client_id, client_secret } = await op.control('register', {
    redirect_uris: [`${home}/auth/callback`],
    post_logout_redirect_uris: [`${home}/auth/logged-out`],
  });
  const given = { APP_URL: home, OIDC_ISSUER: op.issuer, OIDC_CLIENT_ID: client_id, OIDC_CLIENT_SECRET: client_secret };
  const options = { cwd: FOLDER, env: { ...process.env, ...given }, stdio: 'inherit' };
  server = spawn(process.execPath, [NEXT, 'start', '-H', '127.0.0.1', '-p', String(port)], options);
  for (let tries = 0; !(await fetch(home).catch(() => undefined)); tries += 1) {
    assert.ok(tries < 300, 'Next.js does not start');
    await pause(100);
  }
});
after(() => {
  server?.kill();
  op?.stop();
  rmSync(FOLDER, { recursive: true, force: true });
});

const opened = (url) =>
  new Promise((resolve, reject) => {
    get(url, (response) => resolve(response.resume())).once('error', reject);
  });

test('logs in, knows its visitor in server components and in the proxy, and logs out', async () => {
  const browser = new Browser();
  assert.match((await browser.open(home)).text, /Hello nobody/);
  const { statusCode, headers } = await opened(`${home}/private`);
  // Next.js takes its own origin off.
  const { href } = new URL(headers.location, home);
  assert.deepEqual([statusCode, href], [303, `${home}/auth/login?return_to=%2Fprivate`]);
  const back = await browser.login(href, `${home}/auth/callback`);
  const { status, location } = await browser.open(back);
  assert.deepEqual([status, new URL(location, home).pathname], [303, '/private']);
  assert.match((await browser.open(`${home}/private`)).text, /Hello alice/);
  assert.match((await browser.open(home)).text, /Hello alice/);
  const again = await browser.open(back);
  assert.equal(again.status, 303);
  const denied = await new Browser().open(back);
  assert.deepEqual([denied.status, /no login is in progress/.test(denied.text)], [400, true]);
  const elsewhere = await browser.open(`${home}/auth/logout`, { a: 'b' }, { 'sec-fetch-site': 'cross-site' });
  assert.equal(elsewhere.status, 403);
  const out = await browser.open(`${home}/auth/logout`, { return_to: '/bye' }, { 'sec-fetch-site': 'same-origin' });
  assert.match((await browser.open(home)).text, /Hello nobody/);
  const returned = await browser.logout(out.location, `${home}/auth/logged-out`);
  assert.equal(new URL((await browser.open(returned)).location, home).pathname, '/bye');
  assert.equal((await browser.open(`${home}/auth/nothing`)).status, 404);
});
