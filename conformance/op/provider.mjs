/**
 * Runs the provider until stdin closes or SIGTERM arrives. Its one line of output is
 * `{ "issuer": …, "control": … }`; README.md says what the control address takes.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { control } from './control.mjs';
import { OpenIdProvider } from './op.mjs';

// The notices of oidc-provider belong on stderr: stdout carries the one line.
console.info = console.error;
// Each rotation makes a `Provider`, which warns as the one before it did: once is enough.
const warned = new Set();
console.warn = (warning) => {
  if (!warned.has(warning)) console.error(warning);
  warned.add(warning);
};

const { values: args } = parseArgs({
  options: {
    'port': { type: 'string' },
    'host': { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    'client-ca': { type: 'string' },
    'access-token-secs': { type: 'string', default: '3600' },
    'id-token-secs': { type: 'string', default: '3600' },
    'post-methods': { type: 'boolean', default: false },
  },
});
const tls = args['tls-cert'] && { cert: readFileSync(args['tls-cert']), key: readFileSync(args['tls-key']) };
const clientCa = args['client-ca'] && readFileSync(args['client-ca']);
const accessTokenSecs = Number(args['access-token-secs']);
const idTokenSecs = Number(args['id-token-secs']);
const op = await OpenIdProvider.listen({ port: Number(args.port ?? 0), tls, clientCa, host: args.host, accessTokenSecs, idTokenSecs, postMethods: args['post-methods'] });
console.log(JSON.stringify({ issuer: op.issuer, control: await control(op) }));

process.on('SIGTERM', () => process.exit(0));
process.stdin.on('close', () => process.exit(0)).resume();
