// The way out of Node: which proxy a request goes through, and what is said to one. A request goes through a tunnel
// (`CONNECT`, RFC 9110 9.3.6): the proxy learns a host and a port, and TLS is verified from end to end as it is without
// one. This machine is never behind a proxy, whose own machine its names would mean.

import process from 'node:process';

import { own } from './bare.js';
import { invalid } from './options.js';

const VISIBLE = /^[\x21-\x7e]+$/;
const NO_URL = 'is no URL of a proxy, such as http://proxy.example:3128';
const SCHEMES = ['http', 'https'];

/** Reads the option `proxy`. */
export const proxyOption = (value, name) => parse(value, (reason) => invalid(name, reason));

/** By a URL, the proxy that a request to it goes through, or undefined: `proxy`, or what the environment says now. */
export function wayOut(proxy, fromEnvironment) {
  if (proxy && fromEnvironment) throw invalid('proxy', 'is given beside proxy_from_environment');
  const proxies = fromEnvironment ? named() : new Map(SCHEMES.map((scheme) => [`${scheme}:`, proxy]));
  const exempt = fromEnvironment ? variable('no_proxy') || variable('NO_PROXY') : undefined;
  const without = (exempt ?? '').toLowerCase().split(/[\s,]+/);
  return (url, net) => {
    const host = bare(url).replace(/\.$/, '');
    const port = portOf(url);
    const direct = isLoopback(host, net) || without.some((entry) => matches(entry, host, port, net));
    return direct ? undefined : proxies.get(url.protocol);
  };
}

function named() {
  const proxies = new Map();
  for (const scheme of SCHEMES) {
    const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'].filter(
      // In CGI a visitor's header "Proxy" has this name.
      (name) => name !== 'HTTP_PROXY' || variable('REQUEST_METHOD') === undefined,
    );
    const name = names.find(variable);
    if (!name) continue;
    const refuse = (reason) => invalid('proxy_from_environment', `${name} ${reason}`);
    proxies.set(`${scheme}:`, parse(variable(name), refuse));
  }
  return proxies;
}

/** The environment, too, has what is on `Object.prototype`. */
const variable = (name) => own(process.env, name);

/** A proxy. `refuse` makes the error, which shows nothing of what was given. */
function parse(given, refuse) {
  if (typeof given !== 'string' || !VISIBLE.test(given)) throw refuse(NO_URL);
  let url;
  try {
    url = new URL(given.includes('://') ? given : `http://${given}`);
  } catch {
    throw refuse(NO_URL);
  }
  if (url.protocol !== 'http:')
    throw refuse('is no http:// proxy, which is the one kind that is supported: TLS goes through it to the provider');
  if (url.pathname !== '/' || url.search || url.hash || url.port === '0') throw refuse(NO_URL);
  const [user, password] = [url.username, url.password].map(octets);
  if (user.includes(':')) throw refuse('has a user name with a colon, which Basic cannot express');
  const authorized = user.length > 0 || password.length > 0;
  const credentials = Buffer.concat([user, Buffer.from(':'), password]).toString('base64');
  return {
    __proto__: null,
    host: bare(url),
    port: url.port || 80,
    headers: { __proto__: null, ...(authorized && { 'proxy-authorization': `Basic ${credentials}` }) },
    authorized,
  };
}

function octets(encoded) {
  const text = encoded.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}

/**
 * A connection to the host of `url` through `proxy`: a promise of its socket. What has to be destroyed when the time is
 * up is handed to `opened`.
 */
export function tunnel(proxy, url, http, opened) {
  const target = `${url.hostname}:${portOf(url)}`;
  return new Promise((resolve, reject) => {
    const asking = http.request({
      __proto__: null,
      method: 'CONNECT',
      host: proxy.host,
      port: proxy.port,
      path: target,
      agent: new http.Agent({ __proto__: null }),
      insecureHTTPParser: false,
      headers: { __proto__: null, host: target, ...proxy.headers },
    });
    opened(asking);
    asking.on('error', (error) => reject(new Error(failure(error), { cause: error })));
    asking.on('connect', ({ statusCode }, socket, head) => {
      opened(socket);
      if (statusCode < 200 || statusCode > 299) reject(refusal(statusCode, proxy));
      // In the tunnel it is the client that speaks first.
      else if (head.length > 0) reject(new Error('the proxy says more than that the tunnel is open'));
      else resolve(socket);
    });
    asking.end();
  });
}

function failure({ code = '' }) {
  if (code === 'ECONNRESET') return 'the proxy closed the connection';
  return `the proxy ${code.startsWith('HPE_') ? 'does not answer in HTTP' : 'cannot be reached'}`;
}

function refusal(status, { authorized }) {
  if (status !== 407) return new Error(`the proxy refused to connect (status ${status})`);
  if (authorized) return new Error('the proxy refused the user name and password (status 407)');
  return new Error('the proxy wants a user name and a password (status 407): put them into its URL');
}

const bare = (url) => url.hostname.replace(/^\[|\]$/g, '');
const portOf = (url) => url.port || (url.protocol === 'https:' ? '443' : '80');

function isLoopback(host, net) {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return inNetwork(host, '127.0.0.0', 8, net) || inNetwork(host, '::1', 128, net);
}

/** Whether an entry of `NO_PROXY` names the host: itself, a domain above it or its network; with a port, there. */
function matches(entry, host, port, net) {
  if (entry === '*') return true;
  if (entry.includes('/')) {
    const [address, bits] = entry.split('/');
    return inNetwork(host, address, Number(bits), net);
  }
  const [, inBrackets, after, plain, ofPlain] = /^(?:\[([^\]]*)\]:?(.*)|([^:]*):([^:]*))$/.exec(entry) ?? [];
  const name = inBrackets ?? plain ?? entry;
  const ownPort = after ?? ofPlain;
  if (ownPort && ownPort !== port) return false;
  if (net.isIP(name)) return inNetwork(host, name, net.isIPv6(name) ? 128 : 32, net);
  const domain = name.replace(/^\*?\.?/, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function inNetwork(host, address, bits, net) {
  const family = net.isIP(host);
  if (!family || family !== net.isIP(address)) return false;
  const network = new net.BlockList();
  try {
    network.addSubnet(address, bits, `ipv${family}`);
  } catch {
    return false;
  }
  return network.check(host, `ipv${family}`);
}
