// What a client does at a row's issuer, in Node and in a page alike.

/** Seconds between two steps where keys may have changed meanwhile: longer than the pause between two fetches. */
const PAUSE = 60;

/**
 * Goes as far as the row's journey leads: the last verb that was called, and the code of its error or `ok`. `library`
 * is the package, `transport` one of its transports, `visit` the browser's part of a login: it yields the URL that the
 * provider sends the browser to, or the form that it has it post.
 */
export async function comeToAnEnd(row, library, transport, visit) {
  const started = performance.now();
  const party = new Party(row, library, transport, visit);
  let code = 'ok';
  try {
    await party.go();
  } catch (error) {
    code = error instanceof library.RelyingPartyError ? codeOf(error) : String(error);
  }
  return { row: row.name, call: party.verb, code, seconds: (performance.now() - started) / 1000 };
}

/** The code of an error; where keys could not be had, with the reason. */
function codeOf({ code, details }) {
  return code === 'keys_unavailable' ? `${code} (${details.reason})` : code;
}

class Party {
  verb = '';
  #row;
  #library;
  #transport;
  #visit;
  #party;
  #ahead = 0;

  constructor(row, library, transport, visit) {
    [this.#row, this.#library, this.#transport, this.#visit] = [row, library, transport, visit];
    this.#party = new library.RelyingParty({
      ...row.registration,
      issuer: row.issuer,
      allow_insecure_loopback: true,
      policy: row.policy,
      transport,
      clock: this.#now,
    });
  }

  async go() {
    const { journey } = this.#row;
    if (journey === 'LoginWithKeys') {
      await this.#fetchKeys();
      this.#ahead += PAUSE;
    }
    if (journey === 'Discovery') return void (await this.#call('authorize'));
    let session = await this.#logIn();
    if (journey === 'Logout') {
      const url = await this.#call('endSession', session, { state: 'a-state-of-the-logout' });
      return void (await this.#visit(url));
    }
    if (journey === 'TwoLogins') {
      await this.#call('userinfo', session);
      this.#ahead += PAUSE;
      session = await this.#logIn();
    }
    if (journey === 'Refresh') session = await this.#call('refresh', session);
    await this.#call('userinfo', session);
  }

  async #logIn() {
    const { url, id } = await this.#call('authorize', this.#row.asks);
    const { location, form } = await this.#visit(url);
    if (form !== undefined) return this.#call('callbackFormPost', form, id);
    return this.#call('callback', location, id);
  }

  #call(verb, ...parameters) {
    this.verb = verb.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return this.#party[verb](...parameters);
  }

  async #fetchKeys() {
    this.verb = 'refreshKeys';
    const { Provider, init, run } = this.#library;
    await init();
    const { issuer, policy } = this.#row;
    const context = { policy, cache: this.#party.cache, clock: this.#now };
    const found = Provider.discover(issuer, { ...context, allow_insecure_loopback: true });
    await run((await run(found, this.#transport)).refreshKeys(context), this.#transport);
  }

  #now = () => Math.floor(Date.now() / 1000) + this.#ahead;
}
