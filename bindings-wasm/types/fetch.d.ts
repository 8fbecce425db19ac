import type { Oidc } from './adapters.js';
import type { RelyingPartyError, Site } from './index.js';

export type { Oidc } from './adapters.js';

/** Options of `fetchSite`. */
export interface FetchSiteOptions {
  /**
   * Shows a visitor that a login or a logout failed: the response to send, to which the site's headers are added. Default: the
   * code of the error as text.
   */
  failed?: (error: RelyingPartyError, request: Request, status: number) => Response | Promise<Response>;
  /** What a proxy takes off the front of every path, such as `/tools`: a login leads back to pages with it. */
  root_path?: string;
}

/** Whose request it is, and what to send back. */
export interface FetchVisit extends Oidc {
  /** The response with the cookies of this visit, which no cache gives to anybody else. Send no other one. */
  keep(response: Response): Response;
}

/** A site over `Request` and `Response`. */
export interface FetchSite {
  /** The response, if the request is for a route of the site; else undefined. */
  (request: Request): Promise<Response | undefined>;
  /** Whose request it is. */
  visit(request: Request): Promise<FetchVisit>;
  /**
   * The response that turns away who is not logged in: who opens a page is sent to log in and comes back, another request gets 401,
   * and 503 if the session cannot be refreshed now. Undefined for who is logged in.
   */
  required(request: Request, visit: FetchVisit): Response | undefined;
}

/**
 * A site where a request is a `Request` and a response a `Response`: Hono, Bun, Deno, workers, SvelteKit, Astro, Remix.
 *
 * @example
 * const login = fetchSite(site);
 * app.use(async (context, next) => (await login(context.req.raw)) ?? next());
 */
export function fetchSite(site: Site, options?: FetchSiteOptions): FetchSite;
