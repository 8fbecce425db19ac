// What a site asks of its host, and what becomes of it.

import { hidden } from './bare.js';
import { readRequest, unanswered } from './flow.js';
import { checkedReply } from './reply.js';
import { session } from './sessions.js';
import { PAGE_HEADERS, formPage } from './site_page.js';
import { discreet, frozen } from './values.js';

const handledOf = /* @__PURE__ */ discreet('Handled', ['headers', 'body']);
const visitOf = /* @__PURE__ */ discreet('Visit', ['set_cookies']);

/**
 * Carries a flow of a site to its end; `read(flow, cause)` takes what it yields. The `cause` of an error is what the host's
 * part threw last: a store, a transport.
 */
export async function carried(flow, read, host) {
  let cause, lock;
  try {
    for (let request = readRequest(flow); request; request = readRequest(flow)) {
      if (request.ask === 'lock') lock = request;
      const reply = await answer(request, flow, host);
      cause = reply.cause ?? cause;
      resume(flow, reply, host.cache(), host.now());
    }
    const found = read(flow, cause);
    tell(found, host.listener);
    return found;
  } catch (error) {
    throw caused(error, cause);
  } finally {
    if (lock) host.turns.leave(lock);
    flow.free();
  }
}

/** What a browser is sent, and what happened. */
export function handled(flow, cause) {
  const { form, event, ...told } = frozen(flow.text());
  const page = form ? { body: formPage(form), headers: [...told.headers, ...PAGE_HEADERS] } : { body: '' };
  return handledOf({ ...told, ...page, ...(event && { event: happened(event, sessionIn(flow), flow, cause) }) });
}

/** Whose request it is, and what happened. */
export function visited(flow, cause) {
  const { event, fails, ...told } = frozen(flow.text());
  const session = sessionIn(flow);
  return visitOf({
    ...(session && { session }),
    ...told,
    ...(event && { event: happened(event, session, flow, cause) }),
    ...(fails && { error: errorIn(flow, false, cause) }),
  });
}

async function answer(request, flow, { store, turns, providers, sleep }) {
  try {
    if (request.ask === 'lock') return await turns.lock(request, store);
    if (request.kind === 'store') return await store(request);
    if (request.kind !== 'wait') return checkedReply(await providers.get(flow.speaksFor()).answer(request), request);
    await sleep(request.seconds);
    return { __proto__: null, waited: true };
  } catch (cause) {
    return unanswered(cause);
  }
}

function resume(flow, reply, cache, now) {
  const { version, done, verified, signature, assertion, unreachable, waited, unsupported } = reply;
  if (version !== undefined) flow.resumeEntry(reply.value, version, cache, now);
  else if (done !== undefined) flow.resumeStored(done, cache, now);
  else if (waited) flow.resumeWaited(cache, now);
  else if (unsupported || waited === false) flow.resumeUnsupported(cache, now);
  else if (verified !== undefined) flow.resumeVerified(verified, cache, now);
  else if (signature) flow.resumeSignature(signature, cache, now);
  else if (assertion !== undefined) flow.resumeAssertion(assertion, cache, now);
  else if (unreachable !== undefined) flow.resumeUnreachable(unreachable, cache, now);
  else flow.resumeHttp(reply.status, reply.headers, reply.body, reply.url, cache, now);
}

function sessionIn(flow) {
  const handle = flow.session();
  return handle && session(handle);
}

function happened({ fails, ...event }, session, flow, cause) {
  return Object.freeze({
    ...event,
    ...(session && { session }),
    ...(fails && { error: errorIn(flow, true, cause) }),
  });
}

/** The error of the event, or the visit's own. */
function errorIn(flow, ofEvent, cause) {
  try {
    flow.failed(ofEvent);
  } catch (error) {
    return caused(error, cause);
  }
}

/** The error with its cause, if it is one of those that have any. */
function caused(error, cause) {
  if (cause !== undefined && error.category === 'Transport') hidden(error, 'cause', cause);
  return error;
}

/** Tells who listens what was checked and what happened. */
function tell({ event, error }, listener) {
  const failed = error ?? event?.error;
  const checked = listener('relyingparty:decision');
  if (checked) for (const decision of (failed ?? event?.session)?.decisions ?? []) checked({ ...decision });
  if (!event) return;
  const code = failed?.code;
  const { kind, provider } = event;
  listener('relyingparty:site')?.({ kind, ...(provider && { provider }), ...(code && { code }) });
}
