// A server on 127.0.0.1 that does what providers must not.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

const pem = (name) => readFileSync(new URL(`tls/${name}.pem`, import.meta.url), 'utf8');

/** A certificate for 127.0.0.1 that is its own authority, for tests only. */
export const TLS = { key: pem('key'), cert: pem('cert') };

const BOMB = gzipSync(Buffer.alloc(32 * 1024 * 1024));
const JSON_TYPE = { 'content-type': 'application/json' };

function coded(coding, compress) {
  return (_request, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': coding });
    response.end(compress('{"coded":true}'));
  };
}

/** By path: what the server does with a request. */
const BEHAVIOURS = {
  '/ok': (_request, response) => response.writeHead(200, JSON_TYPE).end('{"ok":true}'),
  '/echo': (request, response) => {
    const body = [];
    request
      .on('data', (chunk) => body.push(chunk))
      .on('end', () => {
        const { method, headers } = request;
        response.writeHead(201, { ...JSON_TYPE, 'set-cookie': 'a=b' });
        response.end(JSON.stringify({ method, headers, body: Buffer.concat(body).toString() }));
      });
  },
  '/redirect': (_request, response) => response.writeHead(307, { location: '/ok' }).end(),
  '/endless': (_request, response) => flood(response.writeHead(200, JSON_TYPE)),
  '/bomb': (_request, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' });
    response.end(BOMB);
  },
  '/drip': (_request, response) => drip(response.writeHead(200, JSON_TYPE)),
  '/silent': () => {},
  '/upgrade': (_request, response) => {
    response.socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  },
  '/upgrade-unnamed': (_request, response) => {
    response.socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  },
  '/coded/gzip': coded('gzip', gzipSync),
  '/coded/deflate': coded('deflate', deflateSync),
  '/coded/br': coded('br', brotliCompressSync),
  '/coded/x-gzip': coded('X-GZIP', gzipSync),
  '/coded/members': coded('gzip', (text) => Buffer.concat([gzipSync(text.slice(0, 5)), gzipSync(text.slice(5))])),
  '/coded/wrong': coded('gzip', (text) => text),
  '/coded/cut': coded('gzip', (text) => gzipSync(text).subarray(0, -9)),
  '/coded/zstd': coded('zstd', () => Buffer.from('28b52ffd00581100007b7d', 'hex')),
  '/coded/twice': coded('gzip, gzip', (text) => gzipSync(gzipSync(text))),
  '/coded/at-the-limit': coded('gzip', () => gzipSync(Buffer.alloc(4096, ' '))),
  '/coded/past-the-limit': coded('gzip', () => gzipSync(Buffer.alloc(4097, ' '))),
  '/coded/empty-members': (_request, response) =>
    flood(response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }), gzipSync('')),
  '/cut': (_request, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': '100' }).write('{');
    setTimeout(() => response.destroy(), 20);
  },
};

/** Listens; `{ url, paths, close() }`. `paths` grows with every request. */
export async function hostileServer(tls) {
  const paths = [];
  const answer = (request, response) => {
    paths.push(request.url);
    response.on('error', () => {});
    const body = /^\/size\/(\d+)$/.exec(request.url);
    if (body) response.writeHead(200, JSON_TYPE).end(Buffer.alloc(Number(body[1]), ' '));
    else BEHAVIOURS[request.url](request, response);
  };
  const server = tls ? https.createServer(tls, answer) : http.createServer(answer);
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`,
    paths,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function flood(response, chunk = Buffer.alloc(64 * 1024, ' ')) {
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

function drip(response) {
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
}
