// What the tab remembers of the provider, so that a reload asks for nothing that is known: metadata and keys. Nothing of it is secret.

import { note } from './storages.js';

export class ProviderCache {
  #rp;
  #note;
  #recalled;
  #written;

  constructor(rp, name) {
    this.#rp = rp;
    this.#note = note('sessionStorage', `${name} cache`);
  }

  /** Before the relying party's first verb. */
  recall() {
    this.#recalled ??= this.#read();
    return this.#recalled;
  }

  /** After each verb that may have asked the provider. */
  keep() {
    const text = this.#rp.cache.toJson();
    if (text === this.#written) return;
    this.#written = text;
    this.#note.set(text);
  }

  async #read() {
    const text = this.#note.get();
    if (!text) return;
    try {
      await this.#rp.recall(text);
      this.#written = text;
    } catch {
      this.#note.remove();
      this.#recalled = undefined;
    }
  }
}
