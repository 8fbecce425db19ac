// The transport on `node:https`: the default in Node. No variable of the environment decides whom it trusts, nor, unless
// it is told so, where it goes, as `NODE_TLS_REJECT_UNAUTHORIZED` and `NODE_USE_ENV_PROXY` do for `fetch`.

import { readFileSync } from 'node:fs';

import { member, own } from './bare.js';
import { join, late } from './fetch.js';
import { CLIENT, certificates, clientIdentity } from './node_certificate.js';
import { proxyOption, tunnel, wayOut } from './node_proxy.js';
import { flag, invalid, label, options } from './options.js';

const OWN_READERS = {
  __proto__: null,
  ca_pem: certificates,
  ca_file: (value, name) => certificates(fileOf(label(value, name), name), name, `${value} `),
  danger_accept_invalid_certs: flag,
  proxy: proxyOption,
  proxy_from_environment: flag,
};
const READERS = /* @__PURE__ */ Object.assign(OWN_READERS, CLIENT);
/** What Node would find on `Object.prototype` where we say nothing of it. */
const PLAIN_TLS = {
  __proto__: null,
  minVersion: 'TLSv1.2',
  secureContext: undefined,
  pfx: undefined,
  key: undefined,
  passphrase: undefined,
  cert: undefined,
  crl: undefined,
  ciphers: undefined,
  socket: undefined,
  session: undefined,
  requestOCSP: false,
};
/** How an answer that is compressed, although that was not asked for, is read. */
const CODINGS = /* @__PURE__ */ new Map([
  ['gzip', 'createGunzip'],
  ['x-gzip', 'createGunzip'],
  ['deflate', 'createInflate'],
  ['br', 'createBrotliDecompress'],
]);

const UNREADABLE = {
  __proto__: null,
  ENOENT: 'does not exist (ENOENT)',
  EISDIR: 'is a directory (EISDIR)',
  EACCES: 'may not be read by this process (EACCES)',
};

let loading;
/** The network of Node, which takes longer to load than all of this package: when it is first used. */
async function network() {
  const [{ default: http }, { default: https }, { default: net }, { default: tls }, { default: zlib }] =
    await Promise.all([
      import('node:http'),
      import('node:https'),
      import('node:net'),
      import('node:tls'),
      import('node:zlib'),
    ]);
  return { __proto__: null, http, https, net, tls, zlib };
}

/**
 * Answers the core's HTTP requests with `node:https` (and `node:http` for loopback issuers), within the limits
 * that each request states. Redirects are not followed, no cookies are kept.
 *
 * `ca_pem`, `ca_file`: the authorities to trust instead of Node's own, in PEM; the file is read now.
 * `client_cert`, `client_key`, `client_key_passphrase`: the client's certificate (RFC 8705), in PEM, and its key. It is shown
 * to who asks for it where a request is to be sent with it, and on no other connection.
 * `danger_accept_invalid_certs`: trust any certificate. For tests only: whoever is on the way can be the provider.
 * `proxy`: the URL of an HTTP proxy, `http://user:password@proxy.example:3128`, through which every request goes but
 * those to this machine. `proxy_from_environment`: take `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`, in small letters or
 * large, for hosts that `NO_PROXY` does not name; they are read now.
 *
 * Throws `invalid_configuration`: an option of the wrong type, a file that cannot be read, a text without certificates,
 * a key that is not the certificate's, a proxy of another kind.
 */
export function nodeTransport(given = {}) {
  const read = options(given, READERS);
  const { ca_pem, ca_file, danger_accept_invalid_certs = false } = read;
  const authorities = [...(ca_pem ?? []), ...(ca_file ?? [])];
  const client = clientIdentity(read);
  const proxyFor = wayOut(read.proxy, read.proxy_from_environment);
  let made;
  const transport = async (request, aborted) => {
    const url = new URL(request.url);
    const shows = own(request, 'client_certificate');
    if (shows) checkShown(url, client);
    const node = await (loading ??= network());
    made ??= agents(node, { __proto__: null, authorities, client, rejectUnauthorized: !danger_accept_invalid_certs });
    const proxy = proxyFor(url, node.net);
    return exchange(request, aborted, node, async (opened) => {
      const { agent, over } = shows ? made.certified : made[url.protocol];
      if (!proxy) return { __proto__: null, agent };
      const socket = await tunnel(proxy, url, node.http, opened);
      if (url.protocol === 'http:') return { __proto__: null, createConnection: () => socket };
      return { __proto__: null, agent: over(socket) };
    });
  };
  // For the relying party: by default a client authenticates with the certificate that it has.
  return Object.defineProperty(transport, 'has_client_cert', { __proto__: null, value: client !== undefined });
}

/** What is to be sent with the client's certificate is never sent without. */
function checkShown(url, client) {
  if (!client) throw new Error('this transport has no client certificate: give it client_cert and client_key');
  if (url.protocol !== 'https:') throw new Error('a client certificate is shown over https only');
}

/** By the kind of a request: the agent that sends it, and the one that sends it over a tunnel. */
function agents({ http, https, tls }, { authorities, client, rejectUnauthorized }) {
  const secured = (identity) => {
    const secure = {
      ...PLAIN_TLS,
      ...identity,
      __proto__: null,
      checkServerIdentity: tls.checkServerIdentity,
      // Undefined, which is Node's own, only where none are given.
      ca: authorities.length > 0 ? authorities : undefined,
      rejectUnauthorized,
    };
    return {
      __proto__: null,
      agent: new https.Agent(secure),
      over: (socket) => new https.Agent({ ...secure, __proto__: null, socket }),
    };
  };
  return {
    __proto__: null,
    'http:': { __proto__: null, agent: new http.Agent({ __proto__: null }) },
    'https:': secured(),
    certified: client && secured(client),
  };
}

/** What is in the file of an option. */
export function fileOf(path, name) {
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalid(name, `${path} ${UNREADABLE[error.code] ?? `cannot be read: ${error.code}`}`, error);
  }
}

/** Sends a request over what `connect` yields, which says of everything that it opens. It ends early once `aborted` is. */
function exchange(request, aborted, { http, https, zlib }, connect) {
  const { promise, resolve, reject } = withResolvers();
  const url = new URL(request.url);
  const body = member(request, 'body');
  const underWay = [];
  let over = false;
  const opened = (closable) => {
    // Who opened it says what its failure means.
    closable.on('error', () => {});
    underWay.push(closable);
    if (over) closable.destroy();
  };
  const fail = (message) => {
    reject(new Error(message));
    for (const closable of underWay) closable.destroy(new Error(message));
  };
  const timeout = setTimeout(() => fail(late(request)), request.limits.timeout_secs * 1000);
  const giveUp = () => fail('whoever asked for it gave it up');
  aborted?.addEventListener('abort', giveUp);
  if (aborted?.aborted) giveUp();
  const send = (connection) => {
    if (over) return;
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      __proto__: null,
      method: request.method,
      insecureHTTPParser: false,
      ...connection,
      headers: {
        __proto__: null,
        ...grouped(request.headers),
        'accept-encoding': 'identity',
        ...(body && { 'content-length': body.length }),
      },
    });
    opened(outgoing);
    outgoing.on('error', reject);
    // Nobody asked for another protocol. Without a listener such an answer is none, nor an error.
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail('the server switched to another protocol (status 101)');
    });
    outgoing.on('response', (response) => {
      receive(response, request.limits.max_response_bytes, zlib).then(resolve, reject);
    });
    outgoing.end(body);
  };
  connect(opened).then(send).catch(reject);
  return promise.finally(() => {
    over = true;
    clearTimeout(timeout);
    aborted?.removeEventListener('abort', giveUp);
    for (const closable of underWay) closable.destroy();
  });
}

/** Headers by name, each with all of its values. */
function grouped(headers) {
  const found = Object.create(null);
  for (const [name, value] of headers) found[name] = name in found ? [found[name], value].flat() : value;
  return found;
}

async function receive(response, limit, zlib) {
  const came = await read(response, limit);
  return {
    status: response.statusCode,
    headers: pairs(response.rawHeaders),
    body: (await decoded(came, response.headers['content-encoding'], limit, zlib)) ?? came,
  };
}

/** What `stream` holds, or the first `limit + 1` bytes of it: who stops reading stops what makes them, too. */
async function read(stream, limit) {
  const chunks = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return join(chunks, Math.min(length, limit + 1));
}

/** The body as it was before it was compressed. Undefined if that cannot be known: then it is the core that says so. */
async function decoded(came, coding = '', limit, zlib) {
  const decoder = CODINGS.get(coding.trim().toLowerCase());
  if (!decoder || came.length > limit) return undefined;
  const plain = zlib[decoder]({ __proto__: null });
  plain.end(came);
  return read(plain, limit).catch(() => undefined);
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

function withResolvers() {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
}
