// A browser without scripts that opens pages as a person does, over TLS, and remembers what it was answered.

import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

import { Browser } from '../../../bindings-wasm/test/op.mjs';
import { CA } from './fleet.mjs';

const PERSON = { 'accept': 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate' };

/** A browser whose every request has these headers, too. Its `answers`: where it went and what came of it, oldest first. */
export function visitor(headers = {}) {
  const answers = [];
  const browser = new Browser({
    async fetch(url, init) {
      const response = await ask(url, { ...init, headers: { ...PERSON, ...init.headers, ...headers } });
      const cookies = response.headers.getSetCookie();
      answers.push({ url, status: response.status, location: response.headers.get('location'), cookies, worker: response.headers.get('x-worker') });
      return response;
    },
  });
  return Object.assign(browser, {
    answers,
    /** Opens a page, and goes where it leads: `{ url, status, text }` of the last. */
    async follow(url, fields, more) {
      for (let steps = 0; steps < 10; steps += 1) {
        const { status, location, text } = await browser.open(url, fields, more);
        if (!location) return { url, status, text };
        url = new URL(location, url).href;
        fields = undefined;
      }
      throw new Error(`no end of redirects at ${url}`);
    },
  });
}

/** As `fetch` without redirects; `fetch` itself says that it opens no page. */
async function ask(url, { method, headers, body }) {
  const module = url.startsWith('https:') ? https : http;
  const form = body && { 'content-type': 'application/x-www-form-urlencoded' };
  const request = module.request(url, { method, headers: { ...form, ...headers }, ca: CA, agent: false });
  request.end(body ? String(body) : undefined);
  const [response] = await once(request, 'response');
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const pairs = [];
  for (let at = 0; at < response.rawHeaders.length; at += 2) pairs.push([response.rawHeaders[at], response.rawHeaders[at + 1]]);
  const content = [204, 303, 304].includes(response.statusCode) && chunks.length === 0 ? null : Buffer.concat(chunks);
  return new Response(content, { status: response.statusCode, headers: new Headers(pairs) });
}
