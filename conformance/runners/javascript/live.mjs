// Goes to the issuers of a plan with one of the package's transports: `node live.mjs TRANSPORT < plan.json`.
//
// A line of JSON for each row says where it came to an end: the last verb that was called, and the code of its error or
// `ok`. Nothing is judged here. `NODE_EXTRA_CA_CERTS` names the authority to trust where Node's fetch is asked, since it
// can be told in no other way; Chromium finds it in the NSS database below `HOME`.

import { createServer } from 'node:http';
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { comeToAnEnd } from './journey.mjs';

const DIST = new URL('../../../bindings-wasm/dist/', import.meta.url);
const PLAYWRIGHT = new URL('../../../bindings-wasm/examples/spa/', import.meta.url);

/** What the browser loads, beside the package and the journey. */
const PAGE = `<!doctype html>
<script type="module">
  import * as library from '/dist/entry_web.js';
  import { comeToAnEnd } from '/journey.mjs';
  globalThis.go = (row) => comeToAnEnd(row, library, library.fetchTransport(), globalThis.visit);
</script>`;
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

const plan = JSON.parse(await text(process.stdin));
const ca = readFileSync(plan.ca_file);
const DRIVERS = { fetch: inNode, nodeTransport: inNode, chromium: inChromium };
await DRIVERS[process.argv[2]](process.argv[2]);

async function inNode(name) {
  const library = await import(new URL('node/entry_node.js', DIST));
  const { nodeTransport } = await import(new URL('node/node.js', DIST));
  const transport = name === 'fetch' ? library.fetchTransport() : nodeTransport({ ca_pem: ca });
  for (const row of plan.rows) report(await comeToAnEnd(row, library, transport, visit));
}

/** The library runs in a page, with what a page has; the provider's redirect, which no script may read, is followed here. */
async function inChromium() {
  const { chromium } = createRequire(PLAYWRIGHT)('playwright-core');
  const profile = mkdtempSync(join(tmpdir(), 'relyingparty-live-'));
  const server = createServer(servePage).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  try {
    const page = await context.newPage();
    await page.exposeFunction('visit', visit);
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    for (const row of plan.rows) report(await page.evaluate((row) => globalThis.go(row), row));
  } finally {
    await context.close();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

function servePage(request, response) {
  const { url } = request;
  if (url === '/') return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
  const file = url.startsWith('/dist/') ? new URL(`small/${url.slice(6)}`, DIST) : new URL(`.${url}`, import.meta.url);
  const content = createReadStream(fileURLToPath(file)).on('error', () => response.writeHead(404).end());
  content.once('open', () => {
    response.writeHead(200, { 'content-type': TYPES[extname(url)] });
    content.pipe(response);
  });
}

/** The browser's part: where the provider sends it, or the form that it has it post there. */
async function visit(url) {
  const outgoing = (url.startsWith('https:') ? overHttps : overHttp)(url, { ca }).end();
  const [response] = await once(outgoing, 'response');
  const page = await text(response);
  const { location } = response.headers;
  if (location !== undefined) return { location };
  const fields = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  const form = new URLSearchParams(Array.from(fields, ([, name, value]) => [name, unescaped(value)]));
  return { form: form.toString() };
}

function unescaped(value) {
  const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
  return value.replaceAll(/&[a-z#0-9]+;/g, (entity) => entities[entity]);
}

function report(line) {
  console.log(JSON.stringify(line));
}
