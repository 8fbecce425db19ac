// Assertions that another program keeps in a file, such as Kubernetes a service account's token.

import { createReadStream } from 'node:fs';

import { invalid } from './options.js';

/** As many bytes as the core sends, a line end, and one more for the core to see that there are too many. */
const LONGEST = 65_536 + 3;

/**
 * Yields the token that is in the file now, for `client_assertion`: it is read anew each time, and the line end that may
 * close it is dropped.
 */
export function tokenFile(path) {
  if (typeof path !== 'string' || path === '') throw invalid('tokenFile', 'is no path');
  return async () => {
    const chunks = [];
    for await (const chunk of createReadStream(path, { __proto__: null, end: LONGEST - 1 })) chunks.push(chunk);
    const token = Buffer.concat(chunks).toString('latin1').replace(/\r?\n$/, '');
    if (token === '') throw new Error(`${path}: the file is empty`);
    return token;
  };
}
