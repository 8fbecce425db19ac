// What all adapters have in common.

/** As much of a form as the site reads, and a byte by which it sees that there is more. */
export const LONGEST = 64 * 1024 + 1;

/** Whose request it is, as pages see it. `url`: where a login leads back to, without the `root_path` that a proxy took off. */
export function oidcOf(site, { session, provider, error }, url, root_path = '') {
  return Object.freeze({
    session,
    provider,
    error,
    // Made when somebody asks: most visitors are logged in.
    get login_url() {
      return `${site.base_url}/login?${new URLSearchParams({ return_to: root_path + url })}`;
    },
  });
}

/** The answer where somebody has to be logged in: who opens a page is sent to log in. */
export function turnedAway(method, mode, { error, login_url }) {
  // The session is there, and cannot be used now.
  if (error) return { status: 503 };
  const opens = (method === 'GET' || method === 'HEAD') && (mode ?? 'navigate') === 'navigate';
  return opens ? { status: 303, location: login_url } : { status: 401 };
}

/** The body of an answer: the site's, or why there is none: the code alone, for messages tell of the hosts behind the application. */
export function bodyOf({ body, status, headers, event }) {
  if (body || status < 400 || !event?.error) return { body, headers };
  return { body: event.error.code, headers: [...headers, ['Content-Type', 'text/plain; charset=utf-8']] };
}

/** The `Vary` of a response that depends on who asks. */
export function variedBy(vary) {
  if (!vary) return 'Cookie';
  return /(?:^|,)\s*(?:\*|cookie)\s*(?:,|$)/i.test(vary) ? vary : `${vary}, Cookie`;
}
