// In the build for browsers: what it does without.

import { invalid } from './options.js';

function absent() {
  throw invalid('logout', 'is not in this build: Node’s and relyingparty/full have it');
}

export { absent as ended, absent as frontChannel, absent as leaving, absent as loggedOut, absent as logoutToken };
export { absent as logoutTokenIn, absent as revoked };
