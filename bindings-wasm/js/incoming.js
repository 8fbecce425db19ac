// A browser's request, as servers have it.

import { member } from './bare.js';
import { core } from './core.js';
import { optionalText, text, urlText, wrongType } from './values.js';

/** The request as the core takes it. */
export function incomingOf(given) {
  if (typeof given !== 'object' || given === null) throw wrongType(given, 'the request', 'an object');
  const [method, url, headers, body] = ['method', 'url', 'headers', 'body'].map((name) => member(given, name));
  const { cookie, origin, fetch_site } = headersOf(headers);
  const { Incoming } = core();
  return new Incoming(
    text(method, 'the method'),
    urlText(url, 'the URL'),
    cookie,
    origin,
    fetch_site,
    optionalText(body, 'the body'),
  );
}

/** The headers that the core reads, of `Headers`, of pairs, or of an object such as Node's. */
function headersOf(headers) {
  const found = { __proto__: null, cookie: undefined, origin: undefined, fetch_site: undefined };
  if (typeof headers !== 'object' || headers === null) throw wrongType(headers, 'the headers', 'an object');
  const isPairs = typeof headers[Symbol.iterator] === 'function';
  if (isPairs) for (const [name, value] of headers) note(found, name, value);
  else for (const name of Object.keys(headers)) note(found, name, headers[name]);
  return found;
}

function note(found, name, value) {
  // Most are none of these, and every request has a dozen.
  if (typeof name !== 'string' || (name.length !== 6 && name.length !== 14) || value === undefined) return;
  switch (name.toLowerCase()) {
    case 'cookie':
      found.cookie = joined(found.cookie, value, '; ');
      break;
    case 'origin':
      found.origin = joined(found.origin, value, ', ');
      break;
    case 'sec-fetch-site':
      found.fetch_site = joined(found.fetch_site, value, ', ');
  }
}

/** What is there several times says several things: joined, as `Headers` join it. */
function joined(before, value, separator) {
  const all = (Array.isArray(value) ? value : [value]).map((part) => text(part, 'the value of a header'));
  return (before === undefined ? all : [before, ...all]).join(separator);
}
