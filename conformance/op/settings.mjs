import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);
const DAY = 24 * 60 * 60;
const cookieKeys = [randomBytes(32).toString('base64url')];

/** The algorithms a client may name as its `id_token_signed_response_alg`, and the key that serves each. */
const KEYS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
};

/** What clients may sign their assertions and their DPoP proofs with: all that oidc-provider has. */
const ASYMMETRIC = [...['RS', 'PS', 'ES'].flatMap((kind) => [256, 384, 512].map((bits) => `${kind}${bits}`)), 'EdDSA', 'Ed25519'];
const SYMMETRIC = ['HS256', 'HS384', 'HS512'];

const WITHOUT_CERTIFICATE = ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'];

/** Clients that show a certificate (RFC 8705), by what the connection says of it. */
const mutualTls = {
  enabled: true,
  certificateBoundAccessTokens: true,
  selfSignedTlsClientAuth: true,
  tlsClientAuth: true,
  getCertificate: ({ socket }) => socket.getPeerX509Certificate()?.toString(),
  certificateAuthorized: ({ socket }) => socket.authorized,
  certificateSubjectMatches: ({ socket }, property, expected) =>
    property === 'tls_client_auth_subject_dn' && socket.getPeerX509Certificate().subject === expected,
};

/** One fresh private signing key per algorithm: of `algs`, or of all there are. */
export function signingKeys(algs = Object.keys(KEYS)) {
  return Promise.all(
    algs.map(async (alg) => {
      if (!Object.hasOwn(KEYS, alg)) throw new TypeError(`no keys for ${alg}`);
      const [type, options] = KEYS[alg];
      const { privateKey } = await generate(type, options);
      return { ...privateKey.export({ format: 'jwk' }), kid: `${alg}-${randomBytes(6).toString('hex')}`, alg, use: 'sig' };
    }),
  );
}

/**
 * The configuration of one `Provider`. `nonceSecret` is what the nonces of DPoP proofs are made from: 32 bytes.
 * `mutualOrigin` is where clients are asked for their certificate, if anywhere. `lives` says how long
 * access tokens and ID tokens live.
 * With `postMethods` requests may be posted, from other sites, too: the cookie of its session is sent with them.
 */
export function settings(storage, keys, nonceSecret, mutualOrigin, lives, postMethods) {
  return {
    ...(mutualOrigin && {
      clientAuthMethods: [...WITHOUT_CERTIFICATE, 'tls_client_auth', 'self_signed_tls_client_auth'],
      discovery: {
        mtls_endpoint_aliases: {
          token_endpoint: `${mutualOrigin}/token`,
          userinfo_endpoint: `${mutualOrigin}/me`,
          revocation_endpoint: `${mutualOrigin}/token/revocation`,
        },
      },
    }),
    adapter: storage.adapter,
    // Clients are on this machine, and logout tokens are for them: the dispatcher that comes along refuses such addresses.
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
    jwks: { keys },
    cookies: { keys: cookieKeys, ...(postMethods && { long: { sameSite: 'none' } }) },
    enableHttpPostMethods: postMethods,
    findAccount: (_ctx, login) => account(login),
    claims: {
      openid: ['sub'],
      profile: ['name', 'given_name', 'preferred_username', 'locale', 'updated_at'],
      email: ['email', 'email_verified'],
    },
    features: {
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      devInteractions: { enabled: true },
      // Asked of who sends a proof: clients without one never meet it.
      dPoP: { enabled: true, nonceSecret, requireNonce: () => true },
      mTLS: mutualOrigin ? mutualTls : { enabled: false },
      // Demanded of the clients whose metadata say so.
      jwtResponseModes: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      requestObjects: { enabled: true },
      richAuthorizationRequests: {
        enabled: true,
        types: { payment: { validate() {} } },
        // What is asked for is granted.
        authorizationDetailsForGrantSource: ({ oidc: { params } }) => params.authorization_details && JSON.parse(params.authorization_details),
        authorizationDetailsForAccessToken: (_ctx, _token, source) => source.rar,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        // A token request that does not name a resource gets none, as the login may have asked for.
        useGrantedResource: () => false,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: 'openid api',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    enabledJWA: {
      authorizationSigningAlgValues: Object.keys(KEYS),
      clientAuthSigningAlgValues: [...ASYMMETRIC, ...SYMMETRIC],
      dPoPSigningAlgValues: ASYMMETRIC,
      requestObjectSigningAlgValues: ASYMMETRIC,
    },
    pkce: { required: () => true },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Each use of a refresh token yields another one, and a second use of one ends the whole grant.
    rotateRefreshToken: true,
    revokeGrantPolicy: () => true,
    clientBasedCORS: (_ctx, origin, client) => client.redirectUris.some((uri) => new URL(uri).origin === origin),
    ttl: { ...lives, AuthorizationCode: 60, Interaction: 3600, RefreshToken: DAY, Session: DAY, Grant: DAY },
  };
}

/** Every login name is an account, whatever the password. */
function account(login) {
  const name = login.charAt(0).toUpperCase() + login.slice(1);
  return {
    accountId: login,
    claims: () => ({
      sub: login,
      name: `${name} Example`,
      given_name: name,
      preferred_username: login,
      locale: 'en',
      updated_at: 1700000000,
      email: `${login}@example.test`,
      email_verified: true,
    }),
  };
}
