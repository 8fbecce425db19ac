// As much of a browser as Keycloak's pages take, and what its control is told.

import assert from 'node:assert/strict';

/** A browser with one tab and one user. */
export class Browser {
  #cookies = new Map();

  /** From `url` through redirects and the login form to `end`. */
  async follow(url, end) {
    let body;
    for (let steps = 0; steps < 10; steps += 1) {
      if (url.startsWith(end)) return url;
      const response = await this.#send(url, body);
      const location = response.headers.get('location');
      if (location) {
        [url, body] = [new URL(location, url).href, undefined];
        continue;
      }
      const page = await response.text();
      const action = /<form[^>]* id="kc-form-login"[^>]* action="([^"]+)"/.exec(page)?.[1];
      assert.ok(action, `${response.status}, no login form: ${page}`);
      url = action.replaceAll('&amp;', '&');
      body = new URLSearchParams({ username: 'alice', password: 'password' });
    }
    throw new Error(`Keycloak does not lead to ${end}`);
  }

  /** What one page says. */
  async open(url, fields) {
    return (await this.#send(url, fields && new URLSearchParams(fields))).text();
  }

  async #send(url, body) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { method: body ? 'POST' : 'GET', body, headers: { cookie }, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value && !/max-age=0/i.test(line)) this.#cookies.set(name, value);
      else this.#cookies.delete(name);
    }
    return response;
  }
}

/** Has Keycloak's administrator do something: `rotate` with `keep_old`, `logout` with a `user`. */
export async function told(about, verb, members) {
  const { ok, status } = await fetch(`${about.control}/${verb}`, { method: 'POST', body: JSON.stringify(members) });
  assert.ok(ok, `${verb}: ${status}`);
}
