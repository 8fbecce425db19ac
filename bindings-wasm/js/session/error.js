// What a session refuses by itself. What the relying party refuses passes as it is.

/** The codes, each with its message and whether the same call may succeed later. */
const KINDS = {
  __proto__: null,
  invalid_options: ['the options of the session cannot be used', false],
  signed_out: ['nobody is signed in: call logIn', false],
  session_ended: ['the session is over: the provider takes its refresh token no longer', false],
  session_copied: ['this tab is a copy of another one, which has used the refresh token: log in again', false],
  session_expired: ['the access token has expired, and there is no refresh token: log in again', false],
  renewal_failed: ['the access token has expired and could not be renewed; it is tried again', true],
  storage_unavailable: ['the storage of this browser cannot be used: site data may be blocked, or the storage full', false],
  locks_unavailable: ['this browser or this page has no Web Locks: use https, or the storage "memory"', false],
  lock_timeout: ['another tab is renewing the session, and it takes too long', true],
  popup_blocked: ['the browser opened no window: call logInWithPopup from a click', true],
  popup_closed: ['the window was closed before the login was done', true],
  popup_replaced: ['another login was started in a window', true],
  opener_gone: ['the page that opened this window does not answer', false],
  not_a_page: ['this runs in no page: sessions are for browsers', false],
};

export class SessionError extends Error {
  constructor(code, details = {}, cause = undefined) {
    const [message, retryable] = KINDS[code];
    const shown = Object.entries(details).map(([name, value]) => `${name}: [${value}]`);
    super(shown.length ? `${message} (${shown.join(', ')})` : message);
    this.code = code;
    this.retryable = retryable;
    this.details = Object.freeze({ ...details });
    // There for who asks for it by name.
    if (cause !== undefined) Object.defineProperty(this, 'cause', { __proto__: null, value: cause, configurable: true });
  }

  // Written out: a minifier renames classes.
  get name() {
    return 'SessionError';
  }
}

/** All of the codes. */
export const sessionErrorCodes = () => Object.keys(KINDS);

/** Whether an error of the relying party's says of a stored session that it will never be one. */
export const isUnreadable = (error) =>
  error?.category === 'Token' || error?.code === 'unreadable_session' || error?.code === 'session_mismatch';
