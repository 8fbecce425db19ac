import { once } from 'node:events';
import http from 'node:http';
import { json } from 'node:stream/consumers';

/** What a test may ask of the provider: the paths, each the name of a method of `OpenIdProvider`. */
const VERBS = new Set(['register', 'rotate', 'keys', 'nonces', 'revoked', 'down', 'up', 'requests']);

/**
 * Serves `op`'s verbs to tests, on a port of its own: `POST /<verb>` with a JSON object, or nothing, as body.
 * Answers 200 with the verb's result; 400 with `{ "error": … }` when the verb refuses its argument.
 */
export async function control(op) {
  const server = http.createServer((request, response) => {
    answer(op, request).then(
      (result) => reply(response, 200, result ?? {}),
      (error) => reply(response, error instanceof TypeError || error instanceof SyntaxError ? 400 : 500, { error: error.message }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

async function answer(op, request) {
  const verb = request.url.slice(1);
  if (request.method !== 'POST' || !VERBS.has(verb)) throw new TypeError(`POST one of ${[...VERBS].join(', ')}`);
  const hasBody = request.headers['transfer-encoding'] || Number(request.headers['content-length']) > 0;
  return op[verb](hasBody ? await json(request) : {});
}

function reply(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
