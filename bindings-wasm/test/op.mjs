// The certified provider of conformance/op, and a browser that knows its pages.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const OP = process.env.RP_TEST_OP ?? fileURLToPath(new URL('../../conformance/op/', import.meta.url));

/** Starts the provider: `{ issuer, control(verb, argument), stop() }`. */
export async function startProvider(...args) {
  if (!existsSync(join(OP, 'node_modules'))) {
    const { status } = spawnSync('npm', ['ci', '--prefix', OP], { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`npm ci failed in ${OP}`);
  }
  const provider = spawn(join(OP, 'node_modules/.bin/node'), [join(OP, 'provider.mjs'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: provider.stdout })) {
    const { issuer, control } = JSON.parse(line);
    return {
      issuer,
      control: (verb, argument) => post(control, verb, argument),
      stop: () => provider.kill(),
    };
  }
  throw new Error(`the provider in ${OP} did not start`);
}

async function post(control, verb, argument = {}) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${control}/${verb}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(argument),
  });
  const result = await response.json();
  if (!response.ok) throw new Error(`${verb}: ${result.error}`);
  return result;
}

/** A transport as the `fetch` of a browser. */
export function fetchOver(transport) {
  return async (url, { method, headers, body }) => {
    const form = body && { body: Buffer.from(String(body)) };
    const type = body ? [['content-type', 'application/x-www-form-urlencoded']] : [];
    const limits = { max_response_bytes: 1_000_000, timeout_secs: 10 };
    const reply = await transport({
      url,
      method,
      headers: [...Object.entries(headers), ...type],
      limits,
      ...form,
    });
    return new Response(reply.body, { status: reply.status, headers: reply.headers });
  };
}

/** As much of a browser as the provider's pages need: cookies, redirects, forms. */
export class Browser {
  #cookies = new Map();
  #fetch;

  constructor({ fetch = globalThis.fetch } = {}) {
    this.#fetch = fetch;
  }

  /** Visits an authorization URL and logs in; the URL that leads back to `redirectUri`. */
  async login(url, redirectUri, login = 'alice') {
    const fields = { login: { prompt: 'login', login, password: 'x' }, consent: { prompt: 'consent' } };
    return this.#walk(url, redirectUri, (page) => {
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      return fields[prompt];
    });
  }

  /** Visits an authorization URL, logs in and consents to nothing; the URL that leads back to `redirectUri`. */
  async deny(url, redirectUri, login = 'alice') {
    return this.#walk(url, redirectUri, (page) => {
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      return prompt === 'login' ? { prompt, login, password: 'x' } : undefined;
    }, /href="([^"]+\/abort)"/);
  }

  /** Visits a logout URL and confirms; the URL that leads back to `redirectUri`. */
  async logout(url, redirectUri) {
    return this.#walk(url, redirectUri, (page) => {
      const xsrf = /name="xsrf" value="(\w+)"/.exec(page)?.[1];
      return xsrf && { xsrf, logout: 'yes' };
    });
  }

  /** Goes to one page, or posts to it, and no further: its status, its text, and where it leads. */
  async open(url, fields, headers) {
    const response = await this.#send(url, fields && new URLSearchParams(fields), headers);
    return { status: response.status, location: response.headers.get('location'), text: await response.text() };
  }

  /** The names of the cookies that it has. */
  get cookies() {
    return [...this.#cookies.keys()];
  }

  async #walk(url, end, fill, otherwise) {
    let body;
    for (let steps = 0; steps < 20; steps += 1) {
      if (url.startsWith(end)) return url;
      const response = await this.#send(url, body);
      const location = response.headers.get('location');
      body = undefined;
      if (location) {
        url = new URL(location, url).href;
        continue;
      }
      const page = await response.text();
      const fields = fill(page);
      const link = !fields && otherwise?.exec(page)?.[1];
      if (link) {
        url = new URL(link, url).href;
        continue;
      }
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
      if (!fields || !action) throw new Error(`${response.status}, no known form: ${page}`);
      url = new URL(action, url).href;
      body = new URLSearchParams(fields);
    }
    throw new Error(`the provider does not lead back to ${end}`);
  }

  async #send(url, body, headers) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.#fetch(url, {
      method: body ? 'POST' : 'GET',
      body,
      headers: { cookie, ...headers },
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) this.#cookies.set(name, value);
      else this.#cookies.delete(name);
    }
    return response;
  }
}
