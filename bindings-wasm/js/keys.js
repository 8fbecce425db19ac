// The keys that a client proves itself with, signed with by WebCrypto or by the host's own functions. They stay where they
// are: the core knows their public halves, and asks for each signature by the name of its key.
//
// A file of its own in the package, since a page loads it only where a client has keys. So it imports nothing of which there
// has to be one: errors are made by who calls it.

import { ALGORITHMS } from './algorithms.js';
import { member, own } from './bare.js';
import { storedKey } from './key_store.js';

/** Members of a public JWK, and those that a private one has beside them (RFC 7518 6, RFC 8037 2). */
const PUBLIC = ['kty', 'crv', 'x', 'y', 'n', 'e'];
const PRIVATE = [...PUBLIC, 'd', 'p', 'q', 'dp', 'dq', 'qi'];
/** The algorithm of a key that names none, by its type or its curve: what providers expect of it. */
const USUAL = new Map([
  ['RSA', 'RS256'],
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
  ['Ed25519', 'EdDSA'],
]);
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** How long a function may take to yield a key, in seconds. */
const PATIENCE = 60;

/** Why a key cannot be used: the end of a sentence. */
export class Unusable extends Error {}

/**
 * What a client's proofs have come to: further members of its registration, and who answers what the core then asks.
 * `refused(option, reason, cause)` makes the error of a key that cannot be used. `runtime` reads kinds of keys that are its
 * own: `text(text)`, `jwk(jwk, alg)`, `object(value)`.
 */
export async function heldKeys(proofs, registration, refused, runtime = WEB) {
  const { signing_keys = [], dpop_keys = [], client_assertion } = { __proto__: null, ...proofs };
  const type = own(registration, 'client_assertion_type');
  if (type !== undefined && !client_assertion)
    throw refused('client_assertion', 'is missing, and there is a client_assertion_type');
  const signers = new Map();
  const hold = async (given, at, option) => {
    const { sign, ...known } = await keyOf(given, option, refused, runtime);
    const name = `${option}.${at}`;
    signers.set(name, sign);
    return { name, ...known };
  };
  const all = (keys, option) => Promise.all(keys.map((given, at) => hold(given, at, option)));
  const [signing, dpop] = await Promise.all([all(signing_keys, 'signing_keys'), all(dpop_keys, 'dpop_keys')]);
  return {
    __proto__: null,
    registered: {
      ...(client_assertion && { client_assertion_type: type ?? JWT_BEARER }),
      ...(signing.length && { signing_keys: signing }),
      ...(dpop.length && { dpop_keys: dpop }),
    },
    answer: ({ kind, key, signing_input }) =>
      kind === 'sign' ? signature(signers.get(key), signing_input) : assertion(client_assertion),
  };
}

/** What a key signs, as WebCrypto yields it or as others do. */
async function signature(sign, signing_input) {
  const signed = await sign(signing_input);
  const kind = Object.prototype.toString.call(signed).slice(8, -1);
  if (kind !== 'ArrayBuffer' && kind !== 'Uint8Array')
    throw new Error(`the signing key yielded no Uint8Array but ${typeof signed}`);
  return { __proto__: null, signature: new Uint8Array(signed) };
}

async function assertion(client_assertion) {
  const asserted = await client_assertion();
  if (typeof asserted === 'string') return { __proto__: null, assertion: asserted };
  throw new Error(`client_assertion yielded no text but ${typeof asserted}`);
}

/** One key: what the core may know of it, and `sign(signing_input)`. */
async function keyOf(given, option, refused, runtime) {
  try {
    const found = await yielded(given);
    const { key, alg: wanted, kid: named, jwk: known } = unwrapped(found);
    const held = await holding(key, wanted, runtime);
    const alg = wanted ?? held.alg ?? held.algs[0];
    if (!held.algs.includes(alg)) throw new Unusable('is of another type than its alg');
    const jwk = known ?? held.jwk;
    const kid = named ?? held.kid ?? (jwk && own(jwk, 'kid'));
    return {
      alg,
      ...(kid !== undefined && { kid: text(kid, 'kid') }),
      ...(jwk && { jwk: picked(jwk, PUBLIC) }),
      sign: (signing_input) => held.sign(signing_input, alg),
    };
  } catch (cause) {
    const reason = cause instanceof Unusable ? cause.message : 'cannot be used here';
    throw refused(option, `have one that ${reason}`, cause instanceof Unusable ? undefined : cause);
  }
}

/** A key that is there, or comes from a function or from this browser's IndexedDB. */
async function yielded(given) {
  const store = isObject(given) ? own(given, 'key_store') : undefined;
  if (store !== undefined) return inTime(() => storedKey(store));
  return typeof given === 'function' ? inTime(given) : given;
}

async function inTime(source) {
  const key = (async () => source())();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Unusable(`did not come within ${PATIENCE} s`)), PATIENCE * 1000);
  });
  return Promise.race([key, late]).finally(() => clearTimeout(timer));
}

/** A key, and what is said of it beside. */
function unwrapped(found) {
  if (!isObject(found) || isRemote(found) || !Object.hasOwn(found, 'key')) return { __proto__: null, key: found };
  const { key, alg, kid, jwk, ...others } = { __proto__: null, ...found };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Unusable(`has an unknown member, ${unknown}`);
  if (alg !== undefined) text(alg, 'alg');
  if (kid !== undefined) text(kid, 'kid');
  if (jwk !== undefined) object(jwk, 'jwk');
  return { __proto__: null, key, alg, kid, jwk };
}

const isObject = (value) => typeof value === 'object' && value !== null;
function text(value, name) {
  if (typeof value === 'string') return value;
  throw new Unusable(`has no text as its ${name}`);
}
function object(value, name) {
  if (isObject(value)) return value;
  throw new Unusable(`has no object as its ${name}`);
}

/** How a key is held, of whatever kind: `{ algs, sign, jwk?, alg?, kid? }`, the first of `algs` being the usual one. */
async function holding(key, alg, runtime) {
  if (typeof key === 'string') return runtime.text(key);
  if (!isObject(key)) throw new Unusable('is no key');
  if (isRemote(key)) return elsewhere(key);
  if (isCryptoKey(key)) return ofCryptoKey(key);
  const native = runtime.object(key);
  if (native) return native;
  if (Object.hasOwn(key, 'privateKey')) return ofPair(key, alg, runtime);
  if (!Object.hasOwn(key, 'kty')) throw new Unusable('is no key');
  return ofJwk(key, alg, runtime);
}

/** A key that somebody else signs with: a KMS, an HSM. */
function elsewhere(key) {
  const [alg, kid, jwk] = ['alg', 'kid', 'jwk'].map((name) => member(key, name));
  return {
    __proto__: null,
    algs: [text(alg, 'alg')],
    kid,
    jwk: jwk && object(jwk, 'jwk'),
    sign: (signing_input, alg) => key.sign(signing_input, alg),
  };
}

function ofCryptoKey(key) {
  const { type, usages, algorithm } = key;
  if (type !== 'private') throw new Unusable('is not private');
  if (!usages.includes('sign')) throw new Unusable('may not be used to sign');
  const [name, curve, hash] = ['name', 'namedCurve', 'hash'].map((of) => own(algorithm, of));
  const isOf = ([, of]) =>
    of.name === name && of.namedCurve === curve && (of.namedCurve !== undefined || of.hash === hash?.name);
  const algs = Array.from(ALGORITHMS).filter(isOf);
  if (algs.length === 0) throw new Unusable('is for an unsupported algorithm');
  return {
    __proto__: null,
    algs: algs.map(([alg]) => alg),
    sign: (signing_input, alg) => globalThis.crypto.subtle.sign(ALGORITHMS.get(alg), key, signing_input),
  };
}

async function ofPair(pair, alg, runtime) {
  const held = await holding(own(pair, 'privateKey'), alg, runtime);
  const publicKey = own(pair, 'publicKey');
  if (held.jwk || !isCryptoKey(publicKey)) return held;
  return { __proto__: null, ...held, jwk: await globalThis.crypto.subtle.exportKey('jwk', publicKey) };
}

/** A private JWK, imported once: its members are not kept. */
async function ofJwk(jwk, wanted, runtime) {
  const use = own(jwk, 'use');
  if (use !== undefined && use !== 'sig') throw new Unusable('is not for signatures');
  if (!Object.hasOwn(jwk, 'd')) throw new Unusable('is public: a private key is wanted');
  const alg = wanted ?? own(jwk, 'alg') ?? USUAL.get(own(jwk, 'crv')) ?? USUAL.get(own(jwk, 'kty'));
  if (!ALGORITHMS.has(alg)) throw new Unusable('is for an unsupported algorithm');
  const key = picked(jwk, PRIVATE);
  // Not every runtime minds what is none.
  const isOdd = (name) => typeof key[name] !== 'string' || !/^[\w-]+$/.test(key[name]);
  if (Object.keys(key).some(isOdd)) throw new Unusable('has a member that is not base64url');
  const held = await runtime.jwk(key, alg);
  return { __proto__: null, ...held, alg, kid: own(jwk, 'kid'), jwk: picked(jwk, PUBLIC) };
}

const isRemote = (key) => typeof member(key, 'sign') === 'function';
const isCryptoKey = (value) => Object.prototype.toString.call(value) === '[object CryptoKey]';

/** The members of these names that are the object's own. */
function picked(object, names) {
  const copy = Object.create(null);
  for (const name of names) if (Object.hasOwn(object, name)) copy[name] = object[name];
  return copy;
}

/** Browsers and workers: nothing but what WebCrypto takes. */
const WEB = {
  __proto__: null,
  text() {
    throw new Unusable('is text, which Node alone reads: import it as a CryptoKey');
  },
  object: () => undefined,
  async jwk(jwk, alg) {
    const key = await globalThis.crypto.subtle.importKey('jwk', jwk, ALGORITHMS.get(alg), false, ['sign']);
    return ofCryptoKey(key);
  },
};
