import { CallbackParams } from './callback_params.js';
import { core } from './core.js';
import { CallbackError } from './errors.js';
import { handleOf, hold } from './handles.js';
import { optionalText, text } from './values.js';

/** The login cookies among those that a browser sent with its request. */
export class LoginCookies {
  static name = 'LoginCookies';

  /** Reads the value of a `Cookie` header; of several headers, joined by `'; '`. Undefined where there is none. */
  constructor(header) {
    hold(this, core().LoginCookies.parse(optionalText(header, 'the Cookie header') ?? ''));
  }

  /** The id of the login that the response belongs to, if this browser began it. */
  id(response) {
    const params = responseOf(response);
    return params && this.#behind.id(params);
  }

  /** The names of cookies to clear with the answer that begins another login, so that it fits in. */
  surplus() {
    return this.#behind.surplus();
  }

  /** The names of cookies to clear with the answer to a callback, whatever came of it. */
  ended(response) {
    const params = responseOf(response);
    return params ? this.#behind.ended(params) : this.surplus();
  }

  get #behind() {
    return handleOf(this, core().LoginCookies, 'LoginCookies');
  }
}

/** The value of the `Set-Cookie` header that clears a cookie of this name. */
export function clearCookie(name) {
  return core().LoginCookies.cleared(text(name, 'the name of the cookie'));
}

/** What is behind `CallbackParams`, or the URL or query that they are read from. What cannot be read belongs to no login. */
function responseOf(response) {
  try {
    const params = response instanceof CallbackParams ? response : CallbackParams.parse(response);
    return handleOf(params, core().CallbackParams, 'CallbackParams');
  } catch (error) {
    if (error instanceof CallbackError) return undefined;
    throw error;
  }
}
