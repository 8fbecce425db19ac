import { RelyingParty } from 'relyingparty';
import { createSession } from 'relyingparty/session';

const rp = new RelyingParty({
  issuer: process.env.ISSUER,
  client_id: process.env.CLIENT_ID,
  redirect_uri: process.env.PAGE,
  post_logout_redirect_uri: process.env.PAGE,
  allow_insecure_loopback: true, // only for a provider on this machine over http
});

export const session = createSession({ rp, storage: 'sessionStorage' });
