// A login in a window of its own. The provider sends that window to the redirect URI, where the application runs too: it hands the
// URL to the page that opened it over a channel of this origin, and closes. A code is of use only to who has the login's verifier,
// which is the page that began it.
//
// `window.opener` is not used: a provider may cut it.

import { SessionError } from './error.js';
import { note } from './storages.js';

/** How long a window waits for the page that opened it, in milliseconds, and how often that looks after the window. */
const PATIENCE = 5000;
const LOOK = 500;
const FEATURES = 'popup,width=500,height=700';

const flag = (name) => `${name} window`;

/** The windows of logins. The newest counts. */
export class Windows {
  #name;
  #rp;
  #newest;

  constructor(name, rp) {
    this.#name = name;
    this.#rp = rp;
  }

  /** Opens a window, at once: a browser allows it in a click only. `begin` yields the login, `finish(url)` the session. */
  async logIn(features, begin, finish) {
    const opened = openWindow(this.#name, features);
    this.#newest?.stop.abort(new SessionError('popup_replaced'));
    const mine = (this.#newest = { stop: new AbortController() });
    try {
      const { url, cookie_name } = await begin();
      mine.stop.signal.throwIfAborted();
      // By the login's public name: its URL need not have the `state` (RFC 9126, RFC 9101).
      const isOurs = async (response) => [undefined, cookie_name].includes(await this.#rp.cookieName(response));
      const { done, heard } = windowDone(opened, isOurs, mine.stop.signal);
      mine.heard = heard;
      opened.location.replace(url);
      return await finish(await done);
    } catch (error) {
      opened.close();
      throw error;
    } finally {
      if (this.#newest === mine) this.#newest = undefined;
    }
  }

  /** What a window says that came back. */
  hear(notice, answer) {
    this.#newest?.heard?.(notice, answer);
  }
}

/** What this tab keeps is not for the window. */
function openWindow(name, features = FEATURES) {
  const opened = globalThis.open('about:blank', '_blank', features);
  if (!opened) throw new SessionError('popup_blocked');
  try {
    opened.sessionStorage.removeItem(name);
    opened.sessionStorage.setItem(flag(name), 'opened');
  } catch {
    // Without storage the login fails with a code of its own.
  }
  return opened;
}

/**
 * The URL that a window comes back with: `done` yields it once `heard` is told. A window that is closed, and not merely hidden from us,
 * is given up.
 */
function windowDone(opened, isOurs, signal) {
  let heard;
  const done = new Promise((resolve, reject) => {
    const end = (settle, value) => {
      clearInterval(timer);
      settle(value);
    };
    const timer = setInterval(() => {
      // A window that the provider cut off looks closed, and has the focus.
      if (opened.closed && document.hasFocus()) end(reject, new SessionError('popup_closed'));
    }, LOOK);
    signal.addEventListener('abort', () => end(reject, signal.reason), { once: true });
    heard = async ({ url }, answer) => {
      if (!(await isOurs(url))) return;
      answer();
      end(resolve, url);
    };
  });
  return { done, heard };
}

/** In the window itself: hands the URL over. Yields whether this was a window that somebody opened for a login. */
export function handOver(name, url, { tell }) {
  const opened = note('sessionStorage', flag(name));
  if (!opened.get()) return undefined;
  opened.remove();
  const id = crypto.randomUUID();
  let received;
  const done = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new SessionError('opener_gone')), PATIENCE);
    received = (notice) => {
      if (notice.id !== id) return;
      clearTimeout(timer);
      resolve();
      globalThis.close();
    };
  });
  tell({ kind: 'callback', id, url });
  return { done, received: (notice) => received(notice) };
}
