// Our side, through the package's `RelyingParty`, with the default build: `node:crypto` checks the signatures.

const { MemoryStore, RelyingParty } = await import(process.env.RELYINGPARTY);

export { MemoryStore };

export class Ours {
  #work;
  #rp;
  #answers;

  constructor(work, jwks) {
    this.#work = work;
    this.#answers = { discovery: answer(work.metadata), jwks: answer(jwks) };
    const entropy = Uint8Array.from(work.entropy);
    this.#rp = new RelyingParty({
      issuer: work.issuer,
      client_id: work.client_id,
      client_secret: work.client_secret,
      redirect_uri: work.redirect_uri,
      policy: { max_keys: 1_000, max_response_bytes: 1_048_576 },
      transport: ({ endpoint }) => this.#answers[endpoint],
      entropy: () => entropy,
    });
  }

  async verify(idToken) {
    const { sub } = await this.#rp.verify(idToken, { nonce: this.#work.nonce });
    return sub;
  }

  /** What the token endpoint answers from now on. */
  answerTokens(response) {
    this.#answers.token = answer(JSON.parse(response));
  }

  async logIn() {
    const login = await this.#rp.authorize();
    const cookies = { [login.cookie_name]: login.id };
    const { callback } = this.#work;
    const session = await this.#rp.callback(callback, cookies[await this.#rp.cookieName(callback)]);
    return session.claims.sub;
  }
}

function answer(value) {
  return {
    status: 200,
    headers: [['content-type', 'application/json']],
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}
