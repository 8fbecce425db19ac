// One request of the core on its way.

import { own } from './bare.js';
import { bounded } from './flights.js';

/** The answer to a request, within its time and until `signal`. Who listens is told of it, and of its failure. */
export async function sent(request, { transport, listener }, signal) {
  const tell = listener('relyingparty:request');
  const answer = () => bounded(request.limits.timeout_secs, transport(request, signal));
  if (!tell) return answer();
  const started = performance.now();
  let status;
  try {
    const reply = await answer();
    status = own(Object(reply), 'status');
    return reply;
  } finally {
    const { endpoint, method, url } = request;
    const duration_ms = performance.now() - started;
    tell({ endpoint, method, origin: new URL(url).origin, status, duration_ms });
  }
}
