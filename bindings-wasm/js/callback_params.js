import { core, proves } from './core.js';
import { behind, handleOf, hold } from './handles.js';
import { optionalText, text, urlText } from './values.js';

/** The parameters of an authorization response, read strictly; nothing of them is trusted yet. */
export class CallbackParams {
  static name = 'CallbackParams';

  /** From the callback's URL or its query. */
  static parse(urlOrQuery) {
    const params = core().CallbackParams.parse(urlText(urlOrQuery, 'the callback’s URL'));
    return hold(new CallbackParams(), params);
  }

  /** From the body of a form post. */
  static parseFormPost(body) {
    return hold(new CallbackParams(), core().CallbackParams.parseFormPost(text(body, 'the form')));
  }

  /** The public name of the login that the response claims to belong to. */
  get handle() {
    return this.#behind.handle();
  }

  /** Whether the provider signed it (JARM): then `Client.signedCallback` takes it. */
  get is_signed() {
    return proves() && this.#behind.isJwt();
  }

  /** The name of the cookie that holds that login's id, of a client whose redirect URI is https. */
  get cookie_name() {
    return this.cookieNameAt('https:');
  }

  /** The name of the cookie that holds that login's id, of a client with this redirect URI. */
  cookieNameAt(redirect_uri) {
    return this.#behind.cookieNameAt(text(redirect_uri, 'the redirect URI'));
  }

  /**
   * The `id` to look for in the store, and the `reason` why there is no login where that finds none: without an `id`, or
   * with one that the store does not have. `held` is the id that the browser holds, or its `LoginCookies`. A page's own
   * store, which is `in_page`, goes by the handle alone.
   */
  loginId(held, redirect_uri, in_page = false) {
    const at = text(redirect_uri, 'the redirect URI');
    const { LoginCookies } = core();
    const cookies = LoginCookies && behind(held, LoginCookies);
    // What is of another type is an id of nothing.
    const given = typeof held === 'string' || held === undefined ? held : held === null ? '' : '?';
    const found = cookies ? cookies.loginId(this.#behind, at) : this.#behind.loginId(given, at, in_page);
    const [reason, id] = found.split(' ');
    return { __proto__: null, reason, id };
  }

  /** Throws what a response comes to for which no login waits: for this reason, or what the store told of it. */
  unclaimed(reason = '', told = undefined) {
    this.#behind.unclaimed(text(reason, 'the reason'), optionalText(told, 'what the store told'));
  }

  /** Any parameter, such as Apple's `user`. Untrusted. */
  get(name) {
    return this.#behind.get(text(name, 'the parameter’s name'));
  }

  get #behind() {
    return handleOf(this, core().CallbackParams, 'CallbackParams');
  }
}
