// What a provider does with a client's proofs: it reads them, and checks their signatures with node:crypto.

import assert from 'node:assert/strict';
import { createPublicKey, constants, generateKeyPairSync, verify } from 'node:crypto';

import { ISSUER, NOW, REGISTRATION, jsonReply, memoryProvider } from './memory_provider.mjs';

/** By algorithm, a private key that can do it. */
const KINDS = {
  RS: ['rsa', { modulusLength: 2048 }],
  PS: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
  EdDSA: ['ed25519', {}],
};
const made = new Map();
export function keyFor(alg) {
  const kind = KINDS[alg] ? alg : alg.slice(0, 2);
  if (!made.has(kind)) made.set(kind, generateKeyPairSync(...KINDS[kind]));
  return made.get(kind).privateKey;
}

export const ALGS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** A JWT, its signature checked: `{ header, claims }`. */
export function opened(jwt, publicKey) {
  const [header, claims, signature] = jwt.split('.');
  const [read, said] = [header, claims].map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  const key = publicKey ?? createPublicKey({ key: read.jwk, format: 'jwk' });
  const hash = read.alg === 'EdDSA' ? null : `sha${read.alg.slice(2)}`;
  const pss = read.alg.startsWith('PS') && {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  const input = Buffer.from(`${header}.${claims}`);
  const good = verify(hash, input, { key, dsaEncoding: 'ieee-p1363', ...pss }, Buffer.from(signature, 'base64url'));
  assert.ok(good, 'the signature is good');
  return { header: read, claims: said };
}

/** The form of a request, and its header of a name. */
export const form = ({ body }) => Object.fromEntries(new URLSearchParams(Buffer.from(body).toString()));
export const header = ({ headers }, wanted) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

/** A provider that wants a nonce in each proof, and binds tokens: `nonces` are what it gives, the last one for good. */
export function dpopProvider({ nonces = ['n-1'] } = {}) {
  const provider = memoryProvider();
  const proofs = [];
  const plain = { ...provider.replies };
  const demanding = (endpoint, status, answer) => (request) => {
    const proof = opened(header(request, 'dpop'));
    proofs.push(proof);
    const nonce = nonces[0];
    if (proof.claims.nonce !== nonce) {
      if (nonces.length > 1) nonces.shift();
      const reply = jsonReply({ error: 'use_dpop_nonce' }, status);
      return { ...reply, headers: [...reply.headers, ['DPoP-Nonce', nonce]] };
    }
    return answer(request);
  };
  provider.replies.token = demanding('token', 400, (request) => {
    const { body, ...reply } = plain.token(request);
    return { ...reply, body: Buffer.from(JSON.stringify({ ...JSON.parse(body), token_type: 'DPoP' })) };
  });
  provider.replies.userinfo = demanding('userinfo', 401, plain.userinfo);
  return { ...provider, proofs };
}

/** A relying party of a module at a provider in memory. */
export function party(module, { transport }, options) {
  return new module.RelyingParty({ issuer: ISSUER, ...REGISTRATION, transport, clock: () => NOW, ...options });
}
