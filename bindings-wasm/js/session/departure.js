// That this tab has left for the provider.

import { leave } from './page.js';
import { note } from './storages.js';

export class Departure {
  #left;

  constructor(name) {
    this.#left = note('sessionStorage', `${name} left`);
  }

  leave(url) {
    this.#left.set('login');
    leave({ url });
  }

  /** Whether the browser's buttons led back here since then. */
  isUndone() {
    const left = this.#left.get();
    this.#left.remove();
    return left !== undefined && performance.getEntriesByType('navigation')[0]?.type === 'back_forward';
  }
}
