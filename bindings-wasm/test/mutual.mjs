// A provider and an API over TLS on this machine, which see whether a client shows its certificate.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';

import { TLS } from './hostile.mjs';
import { REGISTRATION, idToken, jsonReply, memoryProvider } from './memory_provider.mjs';

export const pem = (name) => readFileSync(new URL(`tls/${name}.pem`, import.meta.url), 'utf8');

/** Clients: one with a certificate of the authority that the provider trusts, one whose certificate is of its own. */
export const ISSUED = { client_cert: pem('client'), client_key: pem('client_key') };
export const SELF_SIGNED = { client_cert: pem('self_signed'), client_key: pem('self_signed_key') };

/** What tells a certificate from others: undefined where none was shown. */
const shownBy = ({ socket }) => {
  const { raw } = socket.getPeerCertificate();
  return raw && createHash('sha256').update(raw).digest('hex');
};
export const thumbprint = ({ client_cert }) =>
  createHash('sha256').update(Buffer.from(client_cert.replace(/-----[^-]+-----/g, ''), 'base64')).digest('hex');

/**
 * A server whose `answer(request, body)` is a reply. One that `demands` a certificate lets nobody in without; any other asks
 * for one.
 */
export async function door(demands, answer) {
  const clients = { ca: [pem('client_authority'), SELF_SIGNED.client_cert], requestCert: true, rejectUnauthorized: demands };
  const server = https.createServer({ ...TLS, ...clients }, async (request, response) => {
    const chunks = await request.toArray();
    const { status, headers, body } = answer(request, Buffer.concat(chunks).toString());
    response.writeHead(status, Object.fromEntries(headers)).end(body);
  });
  // A client that was not let in is none of its concern.
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * A provider with two doors: `mtls_endpoint_aliases` and the API are behind the one that demands a certificate. `seen` are the
 * requests: `{ path, by, form }`. An access token is for who shows the certificate that it was given to.
 */
export async function mutualProvider({ host = '127.0.0.1', aliases = true } = {}) {
  const { replies } = memoryProvider();
  const seen = [];
  let nonce;
  let bound;
  const at = ({ url }) => url.replace('127.0.0.1', host);
  const answers = {
    '/.well-known/openid-configuration': () => {
      const of = (origin) => ({ token_endpoint: `${origin}/token`, userinfo_endpoint: `${origin}/userinfo` });
      const mtls = at(mutual);
      return jsonReply({
        ...JSON.parse(replies.discovery().body),
        issuer: at(plain),
        authorization_endpoint: `${at(plain)}/auth`,
        jwks_uri: `${at(plain)}/jwks`,
        ...of(aliases ? at(plain) : mtls),
        ...(aliases && { mtls_endpoint_aliases: of(mtls) }),
        tls_client_certificate_bound_access_tokens: true,
      });
    },
    '/jwks': replies.jwks,
    '/token': (_request, by) => {
      bound = by;
      const tokens = JSON.parse(replies.token().body);
      return jsonReply({ ...tokens, id_token: idToken({ iss: at(plain), nonce }) });
    },
    '/userinfo': forHolder(replies.userinfo),
    '/api': forHolder(() => jsonReply('canary-answer')),
  };
  function forHolder(answer) {
    return ({ headers }, by) =>
      headers.authorization === 'Bearer canary-access' && by === bound
        ? answer()
        : { status: 401, headers: [['WWW-Authenticate', 'Bearer error="invalid_token"']], body: '' };
  }
  const answer = (request, body) => {
    const by = shownBy(request);
    seen.push({ path: request.url, by, form: Object.fromEntries(new URLSearchParams(body)) });
    return answers[request.url](request, by);
  };
  const [plain, mutual] = await Promise.all([door(false, answer), door(true, answer)]);
  return {
    issuer: at(plain),
    api: at(mutual),
    seen,
    /** Which certificates were shown at a path. */
    at: (path) => seen.filter((request) => request.path === path).map(({ by }) => by),
    async login(rp) {
      const { url, id } = await rp.authorize();
      const parameters = new URL(url).searchParams;
      nonce = parameters.get('nonce');
      const response = new URLSearchParams({ code: 'canary-code', state: parameters.get('state') });
      return rp.callback(`${REGISTRATION.redirect_uri}?${response}`, id);
    },
    close: () => [plain, mutual].forEach((server) => server.close()),
  };
}
