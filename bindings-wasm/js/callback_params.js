import { core } from './core.js';
import { handleOf, hold } from './handles.js';
import { text, urlText } from './values.js';

/** The parameters of an authorization response, read strictly; nothing of them is trusted yet. */
export class CallbackParams {
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

  /** The name of the cookie that holds that login's id, if this is the browser that started it. */
  get cookie_name() {
    return this.#behind.cookie_name();
  }

  /** Any parameter, such as Apple's `user`. Untrusted. */
  get(name) {
    return this.#behind.get(text(name, 'the parameter’s name'));
  }

  get #behind() {
    return handleOf(this, core().CallbackParams, 'CallbackParams');
  }
}
