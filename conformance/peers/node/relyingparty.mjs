// relyingparty, the npm package of this repository, which lies where RELYINGPARTY says.
// Switched on: nothing, every check is the default. `allow_insecure_loopback` because the provider here has no TLS.

import { env } from 'node:process';
import { pathToFileURL } from 'node:url';

import { Unsupported, play } from './journey.mjs';

const { CallbackParams, RelyingParty } = await import(pathToFileURL(env.RELYINGPARTY).href);

await play({
  async client({ issuer, registration }) {
    const rp = new RelyingParty({ issuer, ...registration, allow_insecure_loopback: true });
    // Metadata are read when they are needed first, which is here.
    return { rp, first: await rp.authorize() };
  },

  authorize: ({ rp }, { asks }) => rp.authorize(asks),

  callback({ rp }, job, { id }, { url, body }) {
    return body === undefined ? rp.callback(url, id) : rp.callbackFormPost(body, id);
  },

  userinfo: ({ rp }, job, session) => rp.userinfo(session),

  refresh: ({ rp }, job, session) => rp.refresh(session),

  async endSession({ rp }, job, session) {
    const state = crypto.randomUUID();
    return { url: await rp.endSession(session, { state }), state };
  },

  loggedOut(_, { must_notice }, logout, url) {
    if (must_notice) throw new Unsupported('the state of a logout is left to the application');
  },
});
