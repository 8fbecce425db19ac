// The way to the provider's logout, and back.

import { cleanUrl } from './page.js';
import { note } from './storages.js';

export class ProviderLogout {
  #rp;
  #state;

  constructor(rp, name) {
    this.#rp = rp;
    this.#state = note('sessionStorage', `${name} logout`);
  }

  /** Where to go. Its `state` comes back from there. Nowhere, if the provider has no logout of its own. */
  async leading(session, request) {
    try {
      const to = await this.#begun(session, request);
      if (to.state) this.#state.set(to.state);
      return to;
    } catch (error) {
      if (error?.code === 'endpoint_missing') return undefined;
      throw error;
    }
  }

  /** Whether the browser comes back from the logout that this tab began. What it brings is of no use to the page. */
  isBack() {
    const expected = this.#state.get();
    const { searchParams } = new URL(location.href);
    if (!expected || searchParams.get('state') !== expected) return false;
    this.#state.remove();
    cleanUrl(['state']);
    return true;
  }

  async #begun(session, request) {
    try {
      return await this.#rp.logOut(session, request);
    } catch (error) {
      if (error?.details?.member !== 'logout') throw error;
    }
    // The small build makes the URL alone.
    const state = crypto.randomUUID();
    return { url: await this.#rp.endSession(session, { state, ...request }), state: request.state ?? state };
  }
}
