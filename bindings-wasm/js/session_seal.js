import { READERS, policyText } from './context.js';
import { handleOf, hold } from './handles.js';
import { invalid, label, options } from './options.js';
import { sealer, sealingKeys, taken } from './sealing.js';
import { session, sessionHandle } from './sessions.js';
import { bytes, text } from './values.js';

/** Seals and opens the stored sessions of one client, with nothing of the provider's at hand. */
export class SessionSeal {
  static name = 'SessionSeal';

  constructor(issuer, client_id, given = {}) {
    const { policy, allow_insecure_loopback } = READERS;
    const readers = { __proto__: null, policy, allow_insecure_loopback, sealing_keys: sealingKeys };
    const read = options(given, readers, 'the options');
    if (read.sealing_keys === undefined) throw invalid('sealing_keys', 'are missing');
    const keys = taken(read.sealing_keys);
    const [at, client] = [label(issuer, 'issuer'), label(client_id, 'client_id')];
    const insecure = read.allow_insecure_loopback ?? false;
    hold(this, new (sealer().SessionSeal)(keys, at, insecure, client, policyText(read.policy)));
  }

  /** The session as text that nobody without the keys can read or make. */
  seal(current, entropy) {
    return this.#handle.seal(sessionHandle(current), bytes(entropy, 'entropy'));
  }

  /** The session in a sealed text; `undefined` where it is not sealed and the policy takes such. */
  open(stored) {
    const opened = this.#handle.open(text(stored, 'the stored session'));
    return opened && session(opened);
  }

  get #handle() {
    return handleOf(this, sealer().SessionSeal, 'a SessionSeal');
  }
}
