import type { RelyingPartyError, Session } from './index.js';

/** Whose request it is, as adapters say it. */
export interface Oidc {
  /** The session. Undefined: nobody is logged in. */
  readonly session: Session | undefined;
  /** The name of the session's provider. */
  readonly provider: string | undefined;
  /** Why the session could not be refreshed now: see `Visit.error`. */
  readonly error: RelyingPartyError | undefined;
  /** Where to log in. It leads back to the page that was asked for. */
  readonly login_url: string;
}
