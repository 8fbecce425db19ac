// The page that each bundler is given, and a server for what it makes of it.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

/**
 * Logs in: where the provider is comes with the first visit, and whether the tokens are bound to a key. What came of it
 * becomes the page's title.
 */
export const pageScript = (name = 'relyingparty') => `import { RelyingParty, dpopKeyStore } from '${name}';

async function main() {
  const query = new URLSearchParams(location.search);
  if (query.has('issuer')) sessionStorage.setItem('setup', JSON.stringify(Object.fromEntries(query)));
  const { bound, ...setup } = JSON.parse(sessionStorage.getItem('setup'));
  const redirect_uri = location.origin + '/';
  const keys = bound === 'true' ? { dpop_keys: [dpopKeyStore()] } : {};
  const rp = new RelyingParty({ ...setup, ...keys, redirect_uri, allow_insecure_loopback: true });
  if (query.has('code')) {
    const { claims, token_type } = await rp.callback(location.href);
    document.title = 'logged in: ' + claims.sub + ', ' + token_type;
  } else location.assign((await rp.authorize()).url);
}
main().catch((error) => (document.title = 'failed: ' + error.code + ' ' + error.stack));
`;

/** A page with a script: `src` is its address, and its kind a module's unless it is none. */
export function page(src, type = 'module') {
  const kind = type ? ` type="${type}"` : ' defer';
  return `<!doctype html><html><head><title>-</title><script${kind} src="${src}"></script></head><body></body></html>`;
}

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.map': 'application/json',
};

/** Serves a folder as it is: `{ url, close() }`. No kind of file is special to it, .wasm least of all. */
export async function served(folder) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://local');
    const path = join(folder, pathname === '/' ? 'index.html' : pathname);
    if (!existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not there');
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
    createReadStream(path).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
