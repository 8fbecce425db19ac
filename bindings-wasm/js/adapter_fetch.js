// A site where a request is a `Request` and a response a `Response`: Hono, Bun, Deno, workers, SvelteKit, Astro, Remix.

import { LONGEST, bodyOf, oidcOf, turnedAway, variedBy } from './adapter_common.js';

/** `login(request)` yields the response of a route of the site, or undefined for what is none. */
export function fetchSite(site, { failed, root_path } = {}) {
  const login = async (request) => {
    const { method, url, headers } = request;
    await site.ready();
    if (!site.handles(url)) return undefined;
    const handled = await site.handle({ method, url, headers, body: await formOf(request) });
    const { status, event } = handled;
    if (failed && status >= 400 && event?.error) return withHeaders(await failed(event.error, request, status), handled.headers);
    const { body, headers: sent } = bodyOf(handled);
    return new Response(body || null, { status, headers: sent });
  };
  /** Whose request it is; `keep(response)` yields the response with the cookies that come with it. */
  const visit = async ({ method, url, headers }) => {
    const visit = await site.visit({ method, url, headers });
    const { pathname, search } = new URL(url);
    return { ...oidcOf(site, visit, pathname + search, root_path), keep: (response) => keptApart(response, visit) };
  };
  /** The response that turns away who is not logged in, or undefined. */
  const required = (request, visit) => {
    if (visit.session) return undefined;
    const { status, location } = turnedAway(request.method, request.headers.get('sec-fetch-mode') ?? undefined, visit);
    return visit.keep(new Response(null, { status, headers: location ? { Location: location } : {} }));
  };
  return Object.assign(login, { visit, required });
}

/** The response of a visit, with its cookies, which no cache gives to anybody else. */
function keptApart(response, { set_cookies }) {
  // A connection that becomes another, or an error, is no response that could be copied.
  if (response.status < 200 && set_cookies.length === 0) return response;
  const kept = copied(response);
  for (const cookie of set_cookies) kept.headers.append('Set-Cookie', cookie);
  kept.headers.set('Vary', variedBy(kept.headers.get('Vary')));
  if (set_cookies.length > 0) kept.headers.set('Cache-Control', 'no-store');
  return kept;
}

function withHeaders(response, headers) {
  const copy = copied(response);
  for (const [name, value] of headers) copy.headers.append(name, value);
  return copy;
}

/**
 * The headers of a response that was fetched, or that redirects, cannot be changed, and those of one that is sent again are not for
 * others. Where a server brings a `Response` of its own, headers have to be copied too.
 */
function copied({ body, status, statusText, headers }) {
  return new Response(body, { status, statusText, headers: new Headers(headers) });
}

/** The form that was posted, and no more of it than the site reads. */
async function formOf({ method, body }) {
  if (method !== 'POST' || !body) return undefined;
  const decoder = new TextDecoder();
  let form = '';
  for (const reader = body.getReader(); form.length < LONGEST; ) {
    const { done, value } = await reader.read();
    if (done) return form;
    form += decoder.decode(value, { stream: true });
  }
  return form;
}
