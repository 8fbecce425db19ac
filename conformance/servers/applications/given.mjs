// What the environment says of an application, its site and its one page.

import process from 'node:process';

import { Redis } from 'ioredis';
import { Site } from 'relyingparty';
import { RedisSessionStore } from 'relyingparty/redis';

const { ORIGIN, PROXY, REDIS_URL, SESSION_KEY, OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET } = process.env;
export const { PREFIX } = process.env;
export const port = Number(process.env.PORT);
/** What the proxy takes off the front of each path, and what it leaves there. */
export const [root_path, left] = PROXY === 'strips' ? [PREFIX, ''] : ['', PREFIX];

const auth = `${ORIGIN}${PREFIX}/auth`;
const asked = Object.fromEntries(['name', 'given_name', 'preferred_username', 'email'].map((name) => [name, null]));

export const site = new Site({
  base_url: auth,
  providers: [
    {
      issuer: OIDC_ISSUER,
      client_id: OIDC_CLIENT_ID,
      client_secret: OIDC_CLIENT_SECRET,
      post_logout_redirect_uri: `${auth}/logged-out`,
      // An ID token that makes logouts too long for a URL where the user's name is long.
      authorize: { claims: { id_token: asked } },
    },
  ],
  sealing_keys: [Buffer.from(SESSION_KEY, 'hex')],
  policy: { after_login: `${PREFIX}/`, after_logout: `${PREFIX}/`, refresh_margin_secs: 0 },
  ...(REDIS_URL && { store: new RedisSessionStore({ client: new Redis(REDIS_URL) }) }),
});

/** Who is here, and the way in or out. */
export function page(oidc) {
  const sub = (oidc.session?.claims.sub ?? 'nobody').slice(0, 40).replaceAll('<', '&lt;');
  return (
    '<!doctype html><html lang="en"><title>Application</title>' +
    `<main><h1>Hello ${sub}</h1>` +
    `<p><a href="${auth}/login?return_to=${PREFIX}/private">Log in</a></p>` +
    `<form method="post" action="${auth}/logout"><button>Log out</button></form></main></html>`
  );
}
