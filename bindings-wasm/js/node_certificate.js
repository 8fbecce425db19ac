// Certificates in PEM: of authorities, and of the client (RFC 8705), whose key never leaves the transport.

import { X509Certificate, createPrivateKey } from 'node:crypto';
import process from 'node:process';

import { own } from './bare.js';
import { invalid, record } from './options.js';

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [^-]*-----/g;
const ENCRYPTED = /BEGIN ENCRYPTED|Proc-Type: *4,ENCRYPTED/;

/** The certificates of a PEM text, of the file at `path` if that is said. Whoever says whom to trust means somebody. */
export function certificates(value, name, path = '') {
  const found = octets(value, name, 'in PEM').toString('latin1').match(CERTIFICATE);
  if (!found) throw invalid(name, `${path}has no certificate: PEM has lines such as -----BEGIN CERTIFICATE-----`);
  try {
    // As Node writes them: of some spellings TLS takes the first certificate only.
    return found.map((pem) => new X509Certificate(pem).toString());
  } catch (error) {
    throw invalid(name, `${path}has a certificate that cannot be read`, error);
  }
}

/** Readers of the options by which a client has a certificate. */
export const CLIENT = {
  __proto__: null,
  client_cert: certificates,
  client_key: (value, name) => octets(value, name, 'in PEM'),
  client_key_passphrase: (value, name) => octets(value, name, 'or bytes'),
};

/** The client's certificate and key as TLS takes them, or undefined. What is said of a key shows nothing of it. */
export function clientIdentity({ client_cert, client_key, client_key_passphrase }) {
  if (!client_cert && !client_key && !client_key_passphrase) return undefined;
  if (!client_cert) throw invalid('client_cert', 'is missing beside the key');
  if (!client_key) throw invalid('client_key', 'is missing beside client_cert');
  const key = privateKey(client_key, client_key_passphrase);
  if (!belongs(client_cert[0], key)) throw invalid('client_key', 'is not the key of the first certificate in client_cert');
  const identity = {
    __proto__: null,
    cert: client_cert.join(''),
    key: key.export({ __proto__: null, type: 'pkcs8', format: 'pem' }),
  };
  try {
    // An older Node says so at the first request.
    process.getBuiltinModule?.('node:tls').createSecureContext(identity);
  } catch (error) {
    throw invalid('client_cert', 'cannot be used: TLS refuses it, or its key, as too weak', error);
  }
  return identity;
}

function privateKey(key, passphrase) {
  try {
    return createPrivateKey({ __proto__: null, key, format: 'pem', passphrase });
  } catch {
    // What OpenSSL says of it helps nobody.
    if (!passphrase && ENCRYPTED.test(key)) throw invalid('client_key_passphrase', 'is missing: client_key is encrypted');
    if (passphrase) throw invalid('client_key', 'cannot be read: is it a private key in PEM, and client_key_passphrase its own?');
    throw invalid('client_key', 'is no private key in PEM');
  }
}

function belongs(certificate, key) {
  try {
    return new X509Certificate(certificate).checkPrivateKey(key);
  } catch {
    return false;
  }
}

/**
 * The options of a relying party, with what its transport says of the client's certificate. `initial` is the transport of
 * those that name none.
 */
export function certified(given, initial) {
  const read = Object.create(null);
  for (const name of Object.getOwnPropertyNames(record(given, 'the options'))) read[name] = given[name];
  const transport = Object.hasOwn(read, 'transport') ? read.transport : initial();
  const has = own(Object(transport), 'has_client_cert');
  if (has === true && !Object.hasOwn(read, 'tls_client_certificate')) read.tls_client_certificate = true;
  if (has === false && read.tls_client_certificate === true)
    throw invalid('tls_client_certificate', 'is set, and the transport has no client_cert');
  return read;
}

/** Text or bytes, as they are now, whatever becomes of them. */
function octets(value, name, what) {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw invalid(name, `is not text ${what}`);
  return Buffer.from(value);
}
