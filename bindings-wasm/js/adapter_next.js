// A site in Next.js, with the App Router.

import { fetchSite } from './adapter_fetch.js';

/** The handlers of `app/auth/[...route]/route.js`, where the base URL ends with `/auth`. */
export function handlers(site, options) {
  const login = fetchSite(site, options);
  const handler = async (request) => (await login(request)) ?? new Response(null, { status: 404 });
  return { GET: handler, POST: handler };
}

/** Whose request a server component, a server action or a route handler answers. It can set no cookies: `middleware` does. */
export async function getSession(site) {
  const { headers } = await import('next/headers.js');
  const { session, provider, error } = await site.visit({ method: 'GET', url: '/', headers: await headers() });
  return { session, provider, error };
}

/**
 * The middleware (from Next.js 16 on the proxy): keeps the cookies of sessions fresh, and sends who opens a page to log in where
 * `required(request)` is true.
 */
export function middleware(site, { required = () => false } = {}) {
  const login = fetchSite(site);
  return async (request) => {
    const { NextResponse } = await import('next/server.js');
    if (site.handles(request.url)) return NextResponse.next();
    const visit = await login.visit(request);
    const turned = required(request) ? login.required(request, visit) : undefined;
    return turned ?? visit.keep(NextResponse.next());
  };
}
