// A login with openid-client, its configuration kept and its check of signatures switched on.

import * as client from 'openid-client';

export class OpenidClient {
  #work;
  #configuration;

  constructor(work, alg, response) {
    this.#work = work;
    this.#configuration = new client.Configuration(
      work.metadata,
      work.client_id,
      // It expects RS256 until it is told otherwise.
      { id_token_signed_response_alg: alg },
      client.ClientSecretBasic(work.client_secret),
    );
    client.enableNonRepudiationChecks(this.#configuration);
    this.#configuration[client.customFetch] = async (url) =>
      answer(url.endsWith('/jwks') ? JSON.stringify(work.jwks) : response);
  }

  async logIn() {
    const { redirect_uri, state, nonce, callback } = this.#work;
    const verifier = client.randomPKCECodeVerifier();
    client.buildAuthorizationUrl(this.#configuration, {
      redirect_uri,
      scope: 'openid profile email',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const tokens = await client.authorizationCodeGrant(
      this.#configuration,
      new URL(`${redirect_uri}?${callback}`),
      { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
    );
    return tokens.claims().sub;
  }
}

function answer(body) {
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}
