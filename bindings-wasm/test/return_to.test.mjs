// What a login keeps as return_to stays on the origin for a URL parser (the WHATWG's, which browsers have too), however often
// it is decoded, and with its path followed alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const { origin, values } = JSON.parse(readFileSync(new URL('../../conformance/vectors/return_to.json', import.meta.url)));

/** As lenient as a server: what is no escape stays. */
function decoded(text, charset) {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString(charset),
  );
}

/** The URL, and what comes of it by decoding and by resolving, in any order. */
function forms(url, more = 4, found = new Set()) {
  found.add(url);
  if (more === 0) return found;
  const { origin: where, pathname, search, hash } = new URL(url, origin);
  const derived = [decoded(url, 'utf8'), decoded(url, 'latin1')];
  if (where === origin) derived.push(pathname, pathname + search + hash);
  for (const other of derived) if (other !== url) forms(other, more - 1, found);
  return found;
}

const leaves = (value) => [...forms(value)].find((form) => new URL(form, origin).origin !== origin);

test('u10: no form of a value that is kept leaves the origin', () => {
  const kept = values.filter(([, usable]) => usable);
  assert.ok(kept.length >= 300);
  for (const [value] of kept) assert.equal(leaves(value), undefined, value);
});

test('u10: the check above finds what is dropped', () => {
  const dropped = ['//evil.example', '/%252fevil.example', '/.//evil.example', '/%2e%2e//evil.example', '/%09/evil.example'];
  for (const value of dropped) {
    assert.ok(values.some(([given, usable]) => given === value && !usable), value);
    assert.notEqual(leaves(value), undefined, value);
  }
});
