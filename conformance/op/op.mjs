import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

import { Provider, errors } from 'oidc-provider';

import { KeySetFaults } from './key_set_faults.mjs';
import { settings, signingKeys } from './settings.mjs';
import { Storage } from './storage.mjs';

/** Every character that a client which forgets RFC 6749 2.3.1 (form-encode, then Basic) gets wrong. */
const AWKWARD_SECRET = 's:3%cr+t /&=?"\\~-every character of which has to arrive as it is';
/** How clients authenticate that have no secret. */
const WITHOUT_SECRET = ['none', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];

/**
 * The provider on its own port of 127.0.0.1, with what a test may do to it while it runs: register a
 * client, rotate the signing keys, let DPoP nonces run out, spoil fetches of the key set, take it off the
 * network and bring it back, ask what was requested and which grants were revoked.
 */
export class OpenIdProvider {
  #storage = new Storage();
  #keys = [];
  /** Keys that take the place of `#keys` right before the next token response is signed. */
  #nextKeys;
  #keySetFaults = new KeySetFaults();
  #nonceSecret = randomBytes(32);
  #clients = 0;
  #requests = [];
  #revoked = [];
  #server;
  /** Where clients are asked for their certificate, if anywhere. */
  #mutual;
  #mutualOrigin;
  #accessTokenSecs;
  #idTokenSecs;
  #postMethods;
  #port;
  #provider;
  #handle;

  /**
   * Listens, on a free port unless told one; over https when `tls` (`{ cert, key }`, PEM) is given. With `clientCa` (PEM)
   * it also listens on another port, where it asks clients for a certificate (RFC 8705). `host` is what the issuer calls
   * itself. Access tokens live for `accessTokenSecs`, ID tokens for `idTokenSecs`. With `postMethods` logouts and
   * logins may be posted from other sites, which takes `tls`.
   */
  static async listen(options = {}) {
    const { port = 0, tls, clientCa, host = '127.0.0.1', postMethods = false } = options;
    const { accessTokenSecs = 3600, idTokenSecs = 3600 } = options;
    const op = new OpenIdProvider();
    op.#accessTokenSecs = accessTokenSecs;
    op.#idTokenSecs = idTokenSecs;
    op.#postMethods = postMethods;
    if (clientCa) {
      op.#mutual = https.createServer({ ...tls, ca: clientCa, requestCert: true, rejectUnauthorized: false });
      op.#mutual.on('request', (request, response) => op.#answer(request, response));
      op.#mutual.listen(0, '127.0.0.1');
      await once(op.#mutual, 'listening');
      op.#mutualOrigin = `https://${host}:${op.#mutual.address().port}`;
    }
    op.#server = tls ? https.createServer(tls) : http.createServer();
    op.#server.on('request', (request, response) => op.#answer(request, response));
    op.#port = port;
    await op.up();
    op.#port = op.#server.address().port;
    op.issuer = `${tls ? 'https' : 'http'}://${host}:${op.#port}`;
    await op.rotate();
    return op;
  }

  /**
   * Registers a client from RFC 7591 metadata and returns all of its metadata. Whatever is left out is
   * filled in: a `client_id`, an awkward `client_secret` for a client that authenticates with one, the grants.
   */
  async register(metadata) {
    const hasSecret = !WITHOUT_SECRET.includes(metadata.token_endpoint_auth_method);
    const client = {
      client_id: `client-${++this.#clients}`,
      ...(hasSecret && { client_secret: AWKWARD_SECRET }),
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      ...metadata,
    };
    const clients = this.#storage.adapter('Client');
    await clients.upsert(client.client_id, client);
    try {
      return (await this.#provider.Client.find(client.client_id)).metadata();
    } catch (error) {
      await clients.destroy(client.client_id);
      if (error instanceof errors.OIDCProviderError) throw new TypeError(error.error_description, { cause: error });
      throw error;
    }
  }

  /**
   * Signs with fresh keys from now on, or from right before the next token response is signed (`before_signing`).
   * The old ones leave the key set unless `keep_old`; the new ones have `kid`s of their own unless `same_kid`.
   * `algs` limits it to the keys of these algorithms. Returns the `kid`s that are published from then on.
   */
  async rotate({ keep_old = false, same_kid = false, before_signing = false, algs } = {}) {
    if (keep_old && same_kid) throw new TypeError('keep_old and same_kid: two keys would share a kid');
    const old = this.#nextKeys ?? this.#keys;
    const fresh = await signingKeys(algs);
    const replaced = new Map(old.map(({ alg, kid }) => [alg, kid]));
    if (same_kid) for (const key of fresh) key.kid = replaced.get(key.alg);
    const isReplaced = ({ alg }) => fresh.some((key) => key.alg === alg);
    const keys = [...fresh, ...old.filter((key) => keep_old || !isReplaced(key))];
    if (before_signing) this.#nextKeys = keys;
    else this.#signWith(keys);
    return { kids: keys.map(({ kid }) => kid) };
  }

  /** What becomes of the fetches of the key set that come next; see `KeySetFaults.set`. */
  async keys(fault) {
    this.#keySetFaults.set(fault);
  }

  /** The nonces for DPoP proofs that were given up to now serve no longer (RFC 9449 8). */
  async nonces() {
    this.#nonceSecret = randomBytes(32);
    const next = this.#nextKeys;
    this.#signWith(this.#keys);
    this.#nextKeys = next;
  }

  /** The grants that were revoked since the last call, as they are when a refresh token is used twice. */
  async revoked() {
    return this.#revoked.splice(0);
  }

  /** Refuses connections until `up`. */
  async down() {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** Listens again, on the same port. */
  async up() {
    if (this.#server.listening) return;
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** The requests that came in since the last call, oldest first. */
  async requests() {
    return this.#requests.splice(0);
  }

  #signWith(keys) {
    this.#keys = keys;
    this.#nextKeys = undefined;
    const lives = { AccessToken: this.#accessTokenSecs, IdToken: this.#idTokenSecs };
    const made = settings(this.#storage, keys, this.#nonceSecret, this.#mutualOrigin, lives, this.#postMethods);
    this.#provider = new Provider(this.issuer, made);
    this.#provider.on('server_error', (_ctx, error) => console.error(error));
    this.#provider.on('grant.revoked', (_ctx, grant) => this.#revoked.push(grant));
    this.#handle = this.#provider.callback();
  }

  async #answer(request, response) {
    if (!this.#handle) return response.writeHead(503).end();
    const { pathname } = new URL(request.url, this.issuer);
    const seen = { method: request.method, path: pathname };
    this.#requests.push(seen);
    response.on('finish', () => Object.assign(seen, { status: response.statusCode }));
    if (pathname === '/token' && this.#nextKeys) this.#signWith(this.#nextKeys);
    if (pathname === '/jwks' && (await this.#keySetFaults.spoil(response))) return;
    // The pages import a web font: a machine without a network must not wait for it.
    response.setHeader('content-security-policy', "style-src 'unsafe-inline'");
    this.#handle(request, response);
  }
}
