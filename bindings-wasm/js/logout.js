// The end of a session: what only servers do. The build for browsers has `logout_none.js` in this file's place.

import { core } from './core.js';
import { grantHandle, sessionHandle } from './sessions.js';
import { discreet, frozen, optionalText, text, urlText } from './values.js';

const begun = /* @__PURE__ */ discreet('Logout', ['url', 'fields', 'state']);

/** Where the browser goes to log out at the provider. */
export function leaving(client, asked, current, entropy) {
  const logout =
    current === undefined ? client.logOut(asked, entropy) : client.logOutOf(sessionHandle(current), asked, entropy);
  return begun(frozen(logout));
}

/** The flow behind the check of a logout token, and what reads its result. */
export const ended = (client, token, cache, now) => client.logoutToken(text(token, 'the logout token'), cache, now);
export const logoutToken = (flow) => frozen(flow.text());

/** What a front-channel logout request says. */
export const frontChannel = (client, url) => frozen(client.frontChannelLogout(urlText(url, 'the request’s URL')));

/** The flow behind the revocation of a token, or of the one that a session or a grant has. `prove` comes last before it. */
export function revoked(client, what, hint, prove) {
  if (typeof what === 'string') {
    const given = optionalText(hint, 'token_type_hint');
    prove();
    return client.revokeToken(text(what, 'the token'), given);
  }
  const grant = grantHandle(what);
  const behind = grant ?? sessionHandle(what);
  if (hint !== undefined) throw new TypeError('token_type_hint is given beside a session or a grant');
  prove();
  return grant ? client.revokeGrant(grant) : client.revokeSession(behind);
}

/** The logout token in the body of a back-channel logout request, a form. It is not verified. */
export const logoutTokenIn = (body) => core().logoutTokenIn(text(body, 'the form'));

/** Throws unless the browser comes back from the logout that it began. */
export function loggedOut(url, expected) {
  core().loggedOut(urlText(url, 'the URL'), optionalText(expected, 'the expected state'));
}
