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

/** One fresh private signing key per algorithm. */
export function signingKeys() {
  return Promise.all(
    Object.entries(KEYS).map(async ([alg, [type, options]]) => {
      const { privateKey } = await generate(type, options);
      return { ...privateKey.export({ format: 'jwk' }), kid: `${alg}-${randomBytes(6).toString('hex')}`, alg, use: 'sig' };
    }),
  );
}

/** The configuration of one `Provider`. */
export function settings(storage, keys) {
  return {
    adapter: storage.adapter,
    jwks: { keys },
    cookies: { keys: cookieKeys },
    findAccount: (_ctx, login) => account(login),
    claims: {
      openid: ['sub'],
      profile: ['name', 'given_name', 'preferred_username', 'locale', 'updated_at'],
      email: ['email', 'email_verified'],
    },
    features: {
      claimsParameter: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    pkce: { required: () => true },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    clientBasedCORS: (_ctx, origin, client) => client.redirectUris.some((uri) => new URL(uri).origin === origin),
    ttl: { AccessToken: 3600, AuthorizationCode: 60, IdToken: 3600, Interaction: 3600, RefreshToken: DAY, Session: DAY, Grant: DAY },
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
