// Whether the end user is still logged in at the provider, as its frame tells (OIDC Session Management 1.0 3).

import { SessionError } from './error.js';
import { inPage } from './page.js';

/** How often the frame is asked, in seconds. It answers from a cookie of the provider's, without a request. */
const EVERY = 5;
const LEAST = 1;

/**
 * Asks the provider's frame again and again whether the state of the end user's session there is still `session_state`, until it is
 * not. Yields a function that ends that.
 */
export function watchProviderSession({ check_session_iframe, client_id, session_state, changed, interval_secs = EVERY }) {
  if (!inPage()) throw new SessionError('not_a_page');
  const origin = originOf(check_session_iframe);
  for (const [name, value] of Object.entries({ client_id, session_state })) {
    // A space would end the client's name, and with it somebody else's state would be asked for.
    if (typeof value !== 'string' || value === '' || value.includes(' ')) throw refused(name, 'is no text without spaces');
  }
  if (typeof changed !== 'function') throw refused('changed', 'is no function');
  if (!(interval_secs >= LEAST)) throw refused('interval_secs', 'is less than 1');

  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.src = check_session_iframe;
  const ask = () => frame.contentWindow?.postMessage(`${client_id} ${session_state}`, origin);
  let timer;
  const hear = ({ source, origin: from, data }) => {
    if (from !== origin || source !== frame.contentWindow || data === 'unchanged') return;
    if (data !== 'changed' && data !== 'error') return;
    stop();
    changed(data);
  };
  const stop = () => {
    clearInterval(timer);
    removeEventListener('message', hear);
    frame.remove();
  };
  frame.addEventListener('load', () => {
    clearInterval(timer);
    timer = setInterval(ask, interval_secs * 1000);
    ask();
  });
  addEventListener('message', hear);
  document.body.append(frame);
  return stop;
}

function originOf(url) {
  try {
    const { origin, protocol, hostname } = new URL(url);
    const isHere = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
    if (protocol === 'https:' || isHere) return origin;
  } catch {
    // Refused below.
  }
  throw refused('check_session_iframe', 'is no https URL');
}

const refused = (member, reason) => new SessionError('invalid_options', { member, reason });
