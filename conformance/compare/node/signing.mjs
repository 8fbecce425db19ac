// Our side of what a client signs: the flows of the package's `Client`, up to the request that carries it. The keys are
// `node:crypto`'s, which the core asks for each signature.

import { constants, createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';

const { Cache, Client, Provider, run } = await import(process.env.RELYINGPARTY);

const SUB = '248289761001';

/** A proof and an assertion, each made anew by each call. */
export async function signing(work, alg) {
  const jwk = work.private_jwks[alg];
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const held = { name: 'ours', alg, kid: jwk.kid, jwk: createPublicKey(key).export({ format: 'jwk' }) };
  const signed = (flow) => {
    flow.resume({ signature: signature(alg, key, flow.request.signing_input) });
    return flow.request;
  };
  return { proof: await proof(work, held, signed), assertion: await assertion(work, held, signed) };
}

async function proof(work, held, signed) {
  const registration = {
    client_secret: work.client_secret,
    dpop_keys: [held],
    api_origins: ['https://api.example'],
  };
  const client = await clientOf(work, registration);
  const tokens = { access_token: work.access_token, token_type: 'DPoP', expires_in: 3_600 };
  const flow = client.refreshToken(work.refresh_token, SUB, {}, randomBytes(32));
  signed(flow);
  flow.resume(answer(tokens));
  const { grant } = flow.result;
  const request = { url: work.api };
  return () => signed(client.call(grant, request, randomBytes(32))).headers;
}

async function assertion(work, held, signed) {
  const client = await clientOf(work, { signing_keys: [held] });
  return () => signed(client.refreshToken(work.refresh_token, SUB, {}, randomBytes(32))).body;
}

async function clientOf(work, registration) {
  const context = { cache: new Cache() };
  const provider = await run(Provider.discover(work.issuer, context), () => answer(work.metadata));
  const { client_id, redirect_uri } = work;
  return new Client(provider, { client_id, redirect_uri, ...registration }, context);
}

function signature(alg, key, input) {
  if (alg === 'ES256') return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
  if (alg === 'RS256') return sign('sha256', input, key);
  return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
}

function answer(value) {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return { status: 200, headers: [['content-type', 'application/json']], body };
}
