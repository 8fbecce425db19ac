import type { Oidc } from './adapters.js';
import type { RelyingPartyError, Site } from './index.js';

export type { Oidc } from './adapters.js';

declare global {
  namespace Express {
    /** A request of Express. */
    interface Request {
      /** Whose request it is. The middleware of `relyingparty(site)` sets it. */
      oidc: Oidc;
    }
  }
}

/** Middleware of Express 4 and 5, and of Connect. */
export type Middleware = (request: any, response: any, next: (error?: unknown) => void) => unknown;

/**
 * Middleware that answers the routes of a site, and sets `request.oidc` for all others. Mount it before them, at the root of the
 * application. It reads forms itself, also where a body parser ran before it. What `handle` and `visit` reject with goes to
 * `next`.
 *
 * @example
 * app.use(relyingparty(site));
 * app.get('/', requireLogin(), (request, response) => response.send(request.oidc.session?.claims.sub));
 */
export function relyingparty(
  site: Site,
  options?: {
    /**
     * Shows a visitor that a login or a logout failed. Status and headers are set; end the response. Default: the code of the
     * error as text.
     */
    failed?: (error: RelyingPartyError, request: any, response: any, next: (error?: unknown) => void) => unknown;
    /** What a proxy takes off the front of every path, such as `/tools`: a login leads back to pages with it. */
    root_path?: string;
  },
): Middleware;

/**
 * Middleware for routes of users who are logged in. Who opens a page is sent to log in and comes back; another request gets 401, and 503
 * if the session cannot be refreshed now.
 */
export function requireLogin(): Middleware;
