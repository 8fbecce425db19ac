// A site where a request is a `Request` and a response a `Response`: Hono, Bun, Deno, workers, SvelteKit, Astro, Remix.

import { LONGEST, bodyOf, oidcOf, turnedAway } from './adapter_common.js';

/** `login(request)` yields the response of a route of the site, or undefined for what is none. */
export function fetchSite(site, { failed } = {}) {
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
    const cookies = visit.set_cookies.map((cookie) => ['Set-Cookie', cookie]);
    const { pathname, search } = new URL(url);
    return { ...oidcOf(site, visit, pathname + search), keep: (response) => withHeaders(response, cookies) };
  };
  /** The response that turns away who is not logged in, or undefined. */
  const required = (request, visit) => {
    if (visit.session) return undefined;
    const { status, location } = turnedAway(request.method, request.headers.get('sec-fetch-mode') ?? undefined, visit);
    return visit.keep(new Response(null, { status, headers: location ? { Location: location } : {} }));
  };
  return Object.assign(login, { visit, required });
}

/** The response with more headers. Those of one that was fetched, or that redirects, cannot be changed: it is copied. */
function withHeaders(response, headers) {
  if (headers.length === 0) return response;
  const { status, statusText } = response;
  const copy = new Response(response.body, { status, statusText, headers: response.headers });
  for (const [name, value] of headers) copy.headers.append(name, value);
  return copy;
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
