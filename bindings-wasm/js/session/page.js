// The page that a session is in: its URL, and whether anybody sees it.

const RESPONSE = ['code', 'state', 'iss', 'session_state', 'response', 'error', 'error_description', 'error_uri'];

export const inPage = () => typeof document === 'object' && typeof location === 'object';

/** Once the page is shown: one that is loaded ahead does nothing that anybody could see. */
export const activated = () =>
  document.prerendering
    ? new Promise((resolve) => document.addEventListener('prerenderingchange', () => resolve(), { once: true }))
    : Promise.resolve();

export const isVisible = () => document.visibilityState !== 'hidden';

/** Whether a URL is the redirect URI with an authorization response. */
export function isResponse(text, redirect_uri) {
  const url = new URL(text, location.href);
  const registered = new URL(redirect_uri);
  if (url.origin !== registered.origin || url.pathname !== registered.pathname) return false;
  for (const [name, value] of registered.searchParams) if (!url.searchParams.getAll(name).includes(value)) return false;
  const has = (name) => url.searchParams.has(name);
  return has('response') || (has('state') && (has('code') || has('error')));
}

/** Takes the response out of the URL that the page shows and the history keeps. */
export function cleanUrl(names = RESPONSE) {
  const url = new URL(location.href);
  for (const name of names) url.searchParams.delete(name);
  show(url.href);
}

const show = (url) => history.replaceState(history.state, '', url);

/** Shows another URL of this application, and tells its router as the browser's buttons do. */
export function showPage(url) {
  if (new URL(url, location.href).href === location.href) return;
  show(url);
  dispatchEvent(new PopStateEvent('popstate', { state: history.state }));
}

/** Where the page is, for the way back. */
export const here = () => location.pathname + location.search + location.hash;

/** Sends the browser on, with a form where there are fields. */
export function leave({ url, fields }) {
  if (!fields) return location.assign(url);
  const form = Object.assign(document.createElement('form'), { method: 'post', action: url, hidden: true });
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  document.body.append(form);
  form.submit();
}

/** Calls `wake(event)` whenever the page may have missed something. Yields what ends that. */
export function listenForWaking(wake) {
  const restored = (event) => event.persisted && wake(event);
  const seen = (event) => isVisible() && wake(event);
  const pairs = [
    [globalThis, 'pageshow', restored],
    [document, 'visibilitychange', seen],
    [globalThis, 'online', wake],
  ];
  for (const [target, name, listener] of pairs) target.addEventListener(name, listener);
  return () => {
    for (const [target, name, listener] of pairs) target.removeEventListener(name, listener);
  };
}
