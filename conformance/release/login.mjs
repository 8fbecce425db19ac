// A login with the installed package, and one that it has to refuse: `RP_ISSUER`, `RP_BAD_ISSUER`, `RP_CLIENT_ID`, `RP_CLIENT_SECRET`.

import assert from 'node:assert/strict';
import process from 'node:process';

import { RelyingParty } from 'relyingparty';

const { RP_ISSUER, RP_BAD_ISSUER, RP_CLIENT_ID, RP_CLIENT_SECRET } = process.env;

/** Where the provider sends the browser. */
async function visit(url) {
  return (await fetch(url, { redirect: 'manual' })).headers.get('location');
}

async function logIn(issuer) {
  const rp = new RelyingParty({
    issuer,
    client_id: RP_CLIENT_ID,
    client_secret: RP_CLIENT_SECRET,
    redirect_uri: 'http://127.0.0.1:8000/callback',
    allow_insecure_loopback: true,
  });
  const { url, id } = await rp.authorize();
  const session = await rp.callback(await visit(url), id);
  const { claims } = await rp.userinfo(session);
  return claims.sub;
}

const sub = await logIn(RP_ISSUER);
assert.equal(sub, 'alice');
await assert.rejects(logIn(RP_BAD_ISSUER), { code: 'nonce_mismatch' });
console.log(`login ok sub=${sub} Node ${process.version}`);
