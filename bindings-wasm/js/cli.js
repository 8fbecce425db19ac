#!/usr/bin/env node
// `npx relyingparty check ISSUER`: judges a set-up at the provider. It prints a line for each thing that a login needs, and
// ends with 1 where no login can work. A client secret is read from the environment, never from the command line, which
// other users of the machine can see.

import process from 'node:process';
import { parseArgs } from 'node:util';

import { RelyingParty, RelyingPartyError } from './entry_node.js';
import { fileOf, nodeTransport } from './node_transport.js';

const SECRET = 'OIDC_CLIENT_SECRET';
const PASSPHRASE = 'RELYINGPARTY_CLIENT_KEY_PASSPHRASE';
const USAGE = `usage: relyingparty check ISSUER [--client-id ID] [--redirect-uri URI] [--scope SCOPES] [--alg ALG]
                               [--auth-method METHOD] [--client-cert FILE [--client-key FILE]]
                               [--ca-file FILE] [--proxy URL] [--proxy-from-environment]
                               [--allow-insecure-loopback] [--json]

Judges a set-up at the provider: metadata and keys are fetched, and each thing that a login needs is a line, or with
--json an object. It ends with 0 where a login can work, with 1 where none can, and with 2 where the options cannot be used.
The client secret, if there is one, is read from the environment variable ${SECRET}.
--client-cert and --client-key are the client's TLS certificate and its key (RFC 8705) in PEM, in one file or in two. The
passphrase of the key, if it has one, is read from ${PASSPHRASE}.
Other users of this machine see the command line: a proxy with a password belongs in HTTPS_PROXY.
`;
const SHORT = 'usage: relyingparty check ISSUER [options]; relyingparty --help lists them';
const OPTIONS = {
  'client-id': { type: 'string', default: 'client' },
  'redirect-uri': { type: 'string', default: 'https://localhost/callback' },
  scope: { type: 'string', default: 'openid profile email' },
  alg: { type: 'string' },
  'auth-method': { type: 'string' },
  'client-cert': { type: 'string' },
  'client-key': { type: 'string' },
  'ca-file': { type: 'string' },
  proxy: { type: 'string' },
  'proxy-from-environment': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'allow-insecure-loopback': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

process.exitCode = await main();

async function main() {
  let given;
  try {
    given = parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return wrong(error.message.split('\n', 1)[0]);
  }
  const { values, positionals } = given;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const [command, issuer, ...more] = positionals;
  if (command !== 'check') return wrong(command ? `${command} is no command` : 'no command');
  if (issuer === undefined) return wrong('no issuer');
  if (more.length > 0) return wrong('more than one issuer');
  try {
    const { ok, findings } = await party(issuer, values).check();
    if (values.json) {
      process.stdout.write(`${JSON.stringify({ ok, findings }, undefined, 2)}\n`);
      return ok ? 0 : 1;
    }
    for (const { topic, verdict, found, advice } of findings) {
      process.stdout.write(`${verdict.padEnd(8)} ${topic}: ${found}\n`);
      if (advice) process.stdout.write(`         ${advice}\n`);
    }
    return ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof RelyingPartyError)) throw error;
    process.stderr.write(`error    ${error.code}: ${error.message}\n`);
    return 2;
  }
}

/** In one line. */
function wrong(what) {
  process.stderr.write(`relyingparty: ${what}; ${SHORT}\n`);
  return 2;
}

function party(issuer, values) {
  const { [SECRET]: client_secret, [PASSPHRASE]: client_key_passphrase } = process.env;
  const { 'auth-method': auth_method, 'client-cert': certificate, 'client-key': key = certificate } = values;
  const { alg, 'ca-file': ca_file, proxy, 'proxy-from-environment': proxy_from_environment } = values;
  const way = {
    ...(certificate !== undefined && { client_cert: fileOf(certificate, 'client_cert') }),
    ...(key !== undefined && { client_key: fileOf(key, 'client_key') }),
    ...(key !== undefined && client_key_passphrase && { client_key_passphrase }),
    ...(ca_file !== undefined && { ca_file }),
    ...(proxy !== undefined && { proxy }),
    ...(proxy_from_environment && { proxy_from_environment }),
  };
  return new RelyingParty({
    issuer,
    client_id: values['client-id'],
    redirect_uri: values['redirect-uri'],
    scopes: values.scope.split(' ').filter(Boolean),
    allow_insecure_loopback: values['allow-insecure-loopback'],
    ...(client_secret && { client_secret }),
    ...(auth_method !== undefined && { token_endpoint_auth_method: auth_method }),
    ...(alg !== undefined && { id_token_signed_response_alg: alg }),
    transport: nodeTransport(way),
  });
}
