/**
 * An HTTP proxy on 127.0.0.1 that runs until stdin closes or SIGTERM arrives. Its one line of output is
 * `{ "proxy": "http://127.0.0.1:…" }`; README.md says whom it connects to, and how to ask what it saw.
 */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { parseArgs } from 'node:util';

/** Names for which it does what proxies must not, or refuses. */
const MISBEHAVIOURS = {
  'forbidden.example': (socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'),
  'closed.example': (socket) => socket.destroy(),
  'silent.example': () => {},
  'endless.example': (socket) => endless(socket),
  'talkative.example': (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nand more'),
  'garbage.example': (socket) => socket.end('220 this is no proxy\r\n\r\n'),
};

const { values: args } = parseArgs({ options: { password: { type: 'string' } } });
const wanted = args.password && `Basic ${Buffer.from(args.password).toString('base64')}`;
let seen = [];

const server = http.createServer((request, response) => {
  if (request.url === '/seen') {
    const answer = JSON.stringify(seen);
    seen = [];
    return response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  }
  const url = note(request) && new URL(request.url);
  if (!url) return response.writeHead(407, { 'proxy-authenticate': 'Basic realm="tests"' }).end();
  const { 'proxy-authorization': _ours, ...headers } = request.headers;
  const options = { host: '127.0.0.1', port: url.port || 80, method: request.method, path: url.pathname + url.search, headers };
  const forward = http.request(options, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  forward.on('error', () => response.writeHead(502).end());
  request.pipe(forward);
});

server.on('connect', (request, socket, head) => {
  socket.on('error', () => {});
  if (!note(request)) {
    return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="tests"\r\n\r\n');
  }
  const { hostname, port } = new URL(`http://${request.url}`);
  if (MISBEHAVIOURS[hostname]) return MISBEHAVIOURS[hostname](socket);
  if (!hostname.endsWith('.example')) return socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
  const origin = net.connect(Number(port || 80), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    origin.write(head);
    socket.pipe(origin).pipe(socket);
  });
  origin.on('error', () => socket.destroy());
  socket.on('close', () => origin.destroy());
});

/** Remembers a request; whether it may pass. */
function note({ method, url, headers }) {
  const authorized = wanted === undefined || headers['proxy-authorization'] === wanted;
  seen.push({ method, target: url, headers, authorized });
  return authorized;
}

function endless(socket) {
  socket.write('HTTP/1.1 200 OK\r\n');
  const timer = setInterval(() => socket.write(`X-More: ${'x'.repeat(4000)}\r\n`), 1);
  socket.on('close', () => clearInterval(timer));
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(JSON.stringify({ proxy: `http://127.0.0.1:${server.address().port}` }));

process.on('SIGTERM', () => process.exit(0));
process.stdin.on('close', () => process.exit(0)).resume();
