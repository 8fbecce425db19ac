import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

import { Provider, errors } from 'oidc-provider';

import { settings, signingKeys } from './settings.mjs';
import { Storage } from './storage.mjs';

/** Every character that a client which forgets RFC 6749 2.3.1 (form-encode, then Basic) gets wrong. */
const AWKWARD_SECRET = 's:3%cr+t /&=?"\\~-every character of which has to arrive as it is';

/**
 * The provider on its own port of 127.0.0.1, with what a test may do to it while it runs: register a
 * client, rotate the signing keys, take it off the network and bring it back, ask what was requested.
 */
export class OpenIdProvider {
  #storage = new Storage();
  #keys = [];
  #clients = 0;
  #requests = [];
  #server;
  #port;
  #provider;
  #handle;

  /** Listens, on a free port unless told one; over https when `tls` (`{ cert, key }`, PEM) is given. */
  static async listen({ port = 0, tls } = {}) {
    const op = new OpenIdProvider();
    op.#server = tls ? https.createServer(tls) : http.createServer();
    op.#server.on('request', (request, response) => op.#answer(request, response));
    op.#port = port;
    await op.up();
    op.#port = op.#server.address().port;
    op.issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${op.#port}`;
    await op.rotate();
    return op;
  }

  /**
   * Registers a client from RFC 7591 metadata and returns all of its metadata. Whatever is left out is
   * filled in: a `client_id`, an awkward `client_secret` for a client that authenticates, the grants.
   */
  async register(metadata) {
    const confidential = metadata.token_endpoint_auth_method !== 'none';
    const client = {
      client_id: `client-${++this.#clients}`,
      ...(confidential && { client_secret: AWKWARD_SECRET }),
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

  /** Signs with fresh keys from now on; the old ones leave the key set unless `keep_old`. Returns the published `kid`s. */
  async rotate({ keep_old = false } = {}) {
    this.#keys = [...(await signingKeys()), ...(keep_old ? this.#keys : [])];
    this.#provider = new Provider(this.issuer, settings(this.#storage, this.#keys));
    this.#provider.on('server_error', (_ctx, error) => console.error(error));
    this.#handle = this.#provider.callback();
    return { kids: this.#keys.map(({ kid }) => kid) };
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

  #answer(request, response) {
    if (!this.#handle) return response.writeHead(503).end();
    const { pathname } = new URL(request.url, this.issuer);
    const seen = { method: request.method, path: pathname };
    this.#requests.push(seen);
    response.on('finish', () => Object.assign(seen, { status: response.statusCode }));
    // The pages import a web font: a machine without a network must not wait for it.
    response.setHeader('content-security-policy', "style-src 'unsafe-inline'");
    this.#handle(request, response);
  }
}
