// The signature vectors of the core's own tests: what a host is asked, and what it has to answer.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.RP_VERDICTS;

/** For `test`: whether there are any. */
export const needsVerdicts = { skip: folder ? false : 'needs RP_VERDICTS: run `cargo ci javascript browser`' };

/** `{ name, alg, jwk, signing_input, signature, good }` each; the octets in base64url. */
export function questions() {
  const lines = (name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').map(JSON.parse);
  const good = new Map(lines('rustcrypto.jsonl').map((line) => [line.name, line.good]));
  return lines('host.jsonl')
    .filter((line) => line.alg !== undefined)
    .map((line) => ({ ...line, good: good.get(line.name) }));
}

/** The names of those that the verifier answers otherwise. It runs in a page too, with nothing around it. */
export async function disagreements(verifier, questions) {
  const octets = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  const wrong = [];
  for (const { name, alg, jwk, good, ...question } of questions) {
    const [signing_input, signature] = [octets(question.signing_input), octets(question.signature)];
    const { verified } = await verifier({ kind: 'verify', alg, jwk, signing_input, signature });
    if (verified !== good) wrong.push(name);
  }
  return wrong;
}
