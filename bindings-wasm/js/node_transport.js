// The transport on `node:https`, for what `fetch` cannot be told: which certificate authorities to trust.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

import { join, late } from './fetch.js';

/**
 * Answers the core's HTTP requests with `node:https` (and `node:http` for loopback issuers), within the limits
 * that each request states. Redirects are not followed, no cookies are kept, and a compressed answer, which is
 * not asked for, is not accepted.
 *
 * `ca_pem`, `ca_file`: the authorities to trust instead of Node's own, in PEM; the file is read now.
 * `danger_accept_invalid_certs`: trust any certificate. For tests only: whoever is on the way can be the provider.
 */
export function nodeTransport({ ca_pem, ca_file, danger_accept_invalid_certs = false } = {}) {
  const tls = { ca: authorities(ca_pem, ca_file), rejectUnauthorized: danger_accept_invalid_certs !== true };
  const agents = { 'https:': new https.Agent(tls), 'http:': new http.Agent() };
  return (request) => exchange(request, agents);
}

/** Undefined, which is Node's own, only when none are given: an empty file is nobody to trust. */
function authorities(pem, file) {
  const given = [
    ...(pem === undefined ? [] : [pem]),
    ...(file === undefined ? [] : [readFileSync(file)]),
  ];
  return given.length > 0 ? given : undefined;
}

function exchange(request, agents) {
  const { promise, resolve, reject } = withResolvers();
  const url = new URL(request.url);
  const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
    method: request.method,
    agent: agents[url.protocol],
    headers: Object.fromEntries([
      ...request.headers,
      ['accept-encoding', 'identity'],
      ...(request.body ? [['content-length', request.body.length]] : []),
    ]),
  });
  // An upgrade (101) that nobody asked for leaves the request without a response and without an error.
  const timeout = setTimeout(() => {
    reject(new Error(late(request)));
    outgoing.destroy(new Error(late(request)));
  }, request.limits.timeout_secs * 1000);
  outgoing.on('error', reject);
  outgoing.on('response', (response) => {
    receive(response, request.limits.max_response_bytes).then(resolve, reject);
  });
  outgoing.end(request.body);
  return promise.finally(() => {
    clearTimeout(timeout);
    outgoing.destroy();
  });
}

async function receive(response, limit) {
  const coding = response.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity') throw new Error(`the answer is encoded as ${JSON.stringify(coding)}`);
  const chunks = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return {
    status: response.statusCode,
    headers: pairs(response.rawHeaders),
    body: join(chunks, Math.min(length, limit + 1)),
  };
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

function withResolvers() {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
}
