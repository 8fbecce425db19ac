/**
 * What the provider remembers, kept outside of it: the `Provider` of one set of signing keys can be
 * replaced by that of the next while codes, tokens, sessions and clients live on.
 *
 * oidc-provider checks the expiry of what it finds, so nothing is evicted: a test run is short.
 */
export class Storage {
  #rows = new Map();

  /** The `adapter` setting of oidc-provider: one view per model. */
  adapter = (model) => new Model(this.#rows, model);
}

class Model {
  #rows;
  #name;

  constructor(rows, name) {
    this.#rows = rows;
    this.#name = name;
  }

  async upsert(id, payload) {
    this.#rows.set(this.#key(id), payload);
  }

  async find(id) {
    return this.#rows.get(this.#key(id));
  }

  async findByUid(uid) {
    return this.#all().find(([, payload]) => payload.uid === uid)?.[1];
  }

  async consume(id) {
    this.#rows.get(this.#key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    this.#rows.delete(this.#key(id));
  }

  async revokeByGrantId(grantId) {
    for (const [key, payload] of this.#all()) {
      if (payload.grantId === grantId) this.#rows.delete(key);
    }
  }

  #key(id) {
    return `${this.#name}:${id}`;
  }

  #all() {
    return [...this.#rows].filter(([key]) => key.startsWith(`${this.#name}:`));
  }
}
