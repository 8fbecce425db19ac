// A site where there is `fetch` and WebCrypto.

import { fetchTransport } from './fetch.js';
import { PortableSite } from './site.js';
import { webVerifier } from './verify.js';

let transport;

/** The class of an entry point: `{ RelyingParty, ready, keys }` are its own. */
export const siteWith = (own) =>
  class Site extends PortableSite {
    static name = 'Site';

    constructor(options) {
      super(options, {
        __proto__: null,
        ...own,
        transport: () => (transport ??= fetchTransport()),
        verifier: webVerifier,
        certified: (given) => given,
      });
    }
  };
