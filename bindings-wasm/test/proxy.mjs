// The proxy of conformance/op, and the rules that proxies are chosen by.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const OP = new URL('../../conformance/op/', import.meta.url);

/** `NO_PROXY`, a URL, and whether a request to it goes through the proxy: the same in every language. */
export const RULES = JSON.parse(readFileSync(new URL('no_proxy.json', OP), 'utf8'));

/** Starts a proxy: `{ url, withPassword(password), seen(), stop() }`. */
export async function startProxy(...args) {
  const proxy = spawn(process.execPath, [fileURLToPath(new URL('proxy.mjs', OP)), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: proxy.stdout })) {
    const { proxy: url } = JSON.parse(line);
    return {
      url,
      withPassword: (password) => url.replace('://', `://${password}@`),
      seen: async () => (await fetch(`${url}/seen`)).json(),
      stop: () => proxy.kill(),
    };
  }
  throw new Error('the proxy did not start');
}
