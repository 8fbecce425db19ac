// A provider that many log in at, at once, for hours of simulated time: it knows its logins apart by their codes.

import { generateKeyPairSync, sign } from 'node:crypto';

import { RelyingParty } from '../dist/node/entry_node.js';
import { ISSUER, NOW, REGISTRATION, jsonReply } from './memory_provider.mjs';

const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** `{ transport, counts, login(rp), idToken(claims), rotate(kid), now, down }`. */
export class StormProvider {
  now = NOW;
  down = false;
  counts = { discovery: 0, jwks: 0, token: 0 };
  #keys = [];
  #nonces = new Map();

  constructor() {
    this.rotate('k');
  }

  /** Signs with a new key from now on; the old ones stay published. */
  rotate(kid) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#keys.unshift({ kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } });
  }

  relyingParty(options) {
    return new RelyingParty({
      issuer: ISSUER,
      ...REGISTRATION,
      transport: this.transport,
      clock: () => this.now,
      ...options,
    });
  }

  transport = async ({ endpoint, body }) => {
    this.counts[endpoint] += 1;
    for (let turns = this.counts[endpoint] % 5; turns > 0; turns -= 1) await undefined;
    if (this.down) throw new Error('down');
    if (endpoint === 'discovery') return jsonReply(METADATA);
    if (endpoint === 'jwks') return jsonReply({ keys: this.#keys.map(({ jwk }) => jwk) });
    const code = new URLSearchParams(Buffer.from(body).toString()).get('code');
    const nonce = this.#nonces.get(code);
    return jsonReply({
      access_token: `canary-access-${code}`,
      token_type: 'Bearer',
      id_token: this.idToken({ nonce }),
    });
  };

  async login(rp) {
    const { url, id } = await rp.authorize();
    const asked = new URL(url).searchParams;
    const code = `code-${this.#nonces.size}`;
    this.#nonces.set(code, asked.get('nonce'));
    const session = await rp.callback(`?code=${code}&state=${asked.get('state')}`, id);
    return session.claims.nonce === asked.get('nonce') ? session.claims.sub : 'somebody else';
  }

  /** An ID token of this moment. */
  idToken(claims) {
    const [{ kid, privateKey }] = this.#keys;
    const input = this.#input(kid, claims);
    return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
  }

  /** A token of a key that nobody has, with a signature that is nobody's. */
  tokenOfNobody(kid) {
    return `${this.#input(kid, { exp: this.now + 1e6 })}.${Buffer.alloc(64).toString('base64url')}`;
  }

  #input(kid, claims) {
    const usual = { iss: ISSUER, aud: REGISTRATION.client_id, sub: 'alice', iat: this.now, exp: this.now + 300 };
    return `${encoded({ alg: 'EdDSA', kid })}.${encoded({ ...usual, ...claims })}`;
  }
}

const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/jwks`,
  id_token_signing_alg_values_supported: ['EdDSA'],
  token_endpoint_auth_methods_supported: ['none'],
};
