// A site in Express 4 and 5, and in Connect.

import { bodyOf, oidcOf, turnedAway } from './adapter_common.js';
import { formOf, keepApart } from './adapter_node.js';

/** Middleware: answers the routes of the site; to all others it says by `request.oidc` whose request it is. */
export function relyingparty(site, { failed, root_path } = {}) {
  return async function oidc(request, response, next) {
    try {
      // Express takes what a router is mounted under off `url`.
      const { method, headers, originalUrl: url = request.url } = request;
      if (site.handles(url)) {
        const body = await formOf(request, request.body);
        const handled = await site.handle({ method, url, headers, body });
        const { status, event } = handled;
        if (failed && status >= 400 && event?.error) {
          await failed(event.error, request, begin(response, status, handled.headers), next);
          return;
        }
        const { body: page, headers: sent } = bodyOf(handled);
        begin(response, status, sent).end(page);
        return;
      }
      const visit = await site.visit({ method, url, headers });
      keepApart(response, visit);
      for (const cookie of visit.set_cookies) response.appendHeader('Set-Cookie', cookie);
      request.oidc = oidcOf(site, visit, url, root_path);
    } catch (error) {
      next(error);
      return;
    }
    next();
  };
}

/** Middleware for users who are logged in: who opens a page is sent to log in, all others get 401. */
export function requireLogin() {
  return function login(request, response, next) {
    const { oidc } = request;
    if (!oidc) return next(new Error('requireLogin() has to come behind relyingparty(site)'));
    if (oidc.session) return next();
    const { status, location } = turnedAway(request.method, request.headers['sec-fetch-mode'], oidc);
    begin(response, status, location ? [['Location', location]] : []).end();
  };
}

function begin(response, status, headers) {
  response.statusCode = status;
  for (const [name, value] of headers) response.appendHeader(name, value);
  return response;
}
