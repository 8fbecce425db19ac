// A program for each side of the package, to be bundled: it runs the first verbs, against a provider in its own memory,
// and prints what came of them.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** What the programs print. */
export const PRINTED = 'https://op.example/auth module_unavailable,store_failed true';

/** A program that imports the package under this name; the last of it is what becomes of what it has to say. */
export function program(name = 'relyingparty', told = 'main().then(console.log);') {
  return `
import { RelyingParty, errorCodes } from '${name}';

const issuer = 'https://op.example';
const metadata = {
  issuer,
  authorization_endpoint: issuer + '/auth',
  token_endpoint: issuer + '/token',
  jwks_uri: issuer + '/jwks',
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
};
const transport = async () => ({
  status: 200,
  headers: [['content-type', 'application/json']],
  body: new TextEncoder().encode(JSON.stringify(metadata)),
});

async function main() {
  const rp = await RelyingParty.create({ issuer, client_id: 'c', redirect_uri: 'https://app.example/cb', transport });
  const url = new URL((await rp.authorize()).url);
  const refused = await rp.verify('no.id.token').catch((error) => error.name === 'TokenError');
  return [url.origin + url.pathname, errorCodes().slice(-2).join(), refused].join(' ');
}
${told}
`;
}

/**
 * What is printed when `file` is run: in `cwd`, or else in a folder that has nothing but the file, or what is in `folder`.
 */
export function printed(file, { runtime = [process.execPath], folder, cwd } = {}) {
  if (cwd) return output(runtime, file, cwd);
  const empty = mkdtempSync(join(tmpdir(), 'relyingparty-bundled-'));
  try {
    if (folder) cpSync(folder, empty, { recursive: true });
    else cpSync(file, join(empty, file.split('/').pop()));
    if (!existsSync(join(empty, 'package.json'))) writeFileSync(join(empty, 'package.json'), '{}');
    return output(runtime, file, empty);
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

function output([runtime, ...args], file, cwd) {
  const { status, stdout, stderr, error } = spawnSync(runtime, [...args, file.split('/').pop()], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`${file}: ${error?.message ?? stderr.slice(-2000)}`);
  return stdout.trim();
}
