import type { Oidc } from './adapters.js';
import type { FetchSiteOptions } from './fetch.js';
import type { Site } from './index.js';

export type { Oidc } from './adapters.js';

/** A handler of a route of the App Router. */
export type RouteHandler = (request: Request) => Promise<Response>;

/**
 * The handlers of the routes of a site. They are those of `app/auth/[...route]/route.ts` where the base URL ends with `/auth`.
 *
 * @example
 * export const { GET, POST } = handlers(site);
 */
export function handlers(
  site: Site,
  options?: FetchSiteOptions,
): {
  /** Answers GET. */
  GET: RouteHandler;
  /** Answers POST. */
  POST: RouteHandler;
};

/**
 * Whose request a server component, a server action or a route handler answers. It can set no cookies: without a store, use
 * `middleware` too, which keeps a session alive that is in use.
 */
export function getSession(site: Site): Promise<Omit<Oidc, 'login_url'>>;

/**
 * The middleware of `middleware.ts`, from Next.js 16 on the proxy of `proxy.ts`, with the runtime `nodejs`. It keeps sessions alive, and
 * sends who opens a page to log in where `required` says so.
 */
export function middleware(
  site: Site,
  options?: {
    /** Whether the request is for users who are logged in. Default: none is. */
    required?: (request: Request) => boolean;
  },
): RouteHandler;
