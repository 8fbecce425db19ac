// A site in Fastify 5.

import { bodyOf, oidcOf, turnedAway } from './adapter_common.js';
import { formOf, keepApart } from './adapter_node.js';

/** The plugin: answers the routes of the site; to all others it says by `request.oidc` whose request it is. */
export async function relyingparty(fastify, { site, failed, root_path }) {
  fastify.decorateRequest('oidc', null);
  // Before Fastify reads a body, which it refuses where it has no parser for forms.
  fastify.addHook('onRequest', async (request, reply) => {
    const { method, url, headers } = request;
    if (site.handles(url)) {
      const handled = await site.handle({ method, url, headers, body: await formOf(request.raw) });
      const { status, event } = handled;
      if (failed && status >= 400 && event?.error) {
        return failed(event.error, request, begin(reply, status, handled.headers));
      }
      const { body, headers: sent } = bodyOf(handled);
      return begin(reply, status, sent).send(body);
    }
    const visit = await site.visit({ method, url, headers });
    keepApart(reply.raw, visit);
    for (const cookie of visit.set_cookies) reply.header('Set-Cookie', cookie);
    request.oidc = oidcOf(site, visit, url, root_path);
  });
}
// For the whole application, and not for a scope of its own.
relyingparty[Symbol.for('skip-override')] = true;

/** A hook for users who are logged in, as `{ preHandler: requireLogin }`: who opens a page is sent to log in, all others get 401. */
export async function requireLogin(request, reply) {
  const { oidc, method, headers } = request;
  if (!oidc) throw new Error('requireLogin needs the plugin relyingparty');
  if (oidc.session) return;
  const { status, location } = turnedAway(method, headers['sec-fetch-mode'], oidc);
  return begin(reply, status, location ? [['Location', location]] : []).send('');
}

function begin(reply, status, headers) {
  reply.code(status);
  for (const [name, value] of headers) reply.header(name, value);
  return reply;
}
