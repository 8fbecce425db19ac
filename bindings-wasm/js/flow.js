import { hidden, member } from './bare.js';
import { core } from './core.js';
import { handleOf } from './handles.js';
import { checkedReply } from './reply.js';
import { action, discreet, frozen, secondsOf } from './values.js';

/** As much of a failed exchange's own words as anyone reads. */
const LONGEST_REASON = 512;

/** An operation that waits for its host: answer `request`, `resume` with the reply, until there is none. */
export class Flow {
  static name = 'Flow';
  #handle;
  #context;
  #read;
  #request;
  #result;

  /** @internal `read` takes the result from the handle. */
  constructor(handle, context, read = value) {
    this.#handle = handle;
    this.#context = context;
    this.#read = read;
    this.#advance();
  }

  /** What the core wants next; undefined when the operation is over. */
  get request() {
    return this.#request;
  }

  /** What the operation yields, once it is over. */
  get result() {
    if (!this.#result) throw new TypeError('the flow has no result: it waits for a reply, or it failed');
    return this.#result.value;
  }

  /** Goes on with the host's reply, or throws what the operation found: then the flow is over. */
  resume(reply) {
    const request = this.#request;
    if (!request) throw new TypeError('the flow waits for no reply');
    this.#request = undefined;
    let answer;
    try {
      answer = checkedReply(reply, request);
      this.#send(
        answer,
        handleOf(this.#context.cache, core().Cache, 'a Cache'),
        secondsOf(this.#context.clock),
      );
    } catch (error) {
      this.#handle.free();
      if (answer?.cause !== undefined) hidden(error, 'cause', answer.cause);
      throw error;
    }
    this.#advance();
  }

  #send({ verified, signature, assertion, unreachable, waited, unsupported, status, headers, body, url }, cache, now) {
    if (waited) this.#handle.resumeWaited(cache, now);
    else if (unsupported || waited === false) this.#handle.resumeUnsupported(cache, now);
    else if (verified !== undefined) this.#handle.resumeVerified(verified, cache, now);
    else if (signature) this.#handle.resumeSignature(signature, cache, now);
    else if (assertion !== undefined) this.#handle.resumeAssertion(assertion, cache, now);
    else if (unreachable !== undefined) this.#handle.resumeUnreachable(unreachable, cache, now);
    else this.#handle.resumeHttp(status, headers, body, url, cache, now);
  }

  #advance() {
    this.#request = readRequest(this.#handle);
    if (this.#request) return;
    this.#result = { value: this.#read(this.#handle) };
    this.#handle.free();
  }
}

/**
 * Carries a flow to its end. `answer` yields a reply, at once or later; when it throws, the request has failed. A pause is
 * `sleep`'s, which is given its seconds.
 */
export async function run(flow, answer, sleep = pause) {
  action(flow?.resume, 'flow.resume');
  action(answer, 'answer');
  action(sleep, 'sleep');
  for (let { request } = flow; request; { request } = flow) {
    let reply;
    try {
      if (request.kind === 'wait') {
        await sleep(request.seconds);
        reply = { __proto__: null, waited: true };
      } else reply = await answer(request);
    } catch (cause) {
      reply = unanswered(cause);
    }
    flow.resume(reply);
  }
  return flow.result;
}

/** The runtime's own timer. */
export function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

/** The reply to a request that the host could not answer. */
export function unanswered(cause) {
  return { __proto__: null, unreachable: reason(cause), cause };
}

/** Takes from an error, and from those that led to it, what HTTP clients hang on theirs: requests, with what is secret. */
function withoutRequests(error, left = 9) {
  if (!(error instanceof Error) || !left) return;
  // What cannot be changed stays, for who asks for it by name.
  for (const name of ['config', 'request', 'response', 'options']) Reflect.deleteProperty(error, name);
  withoutRequests(error.cause, left - 1);
}

/** What a failed exchange says about itself: no URL, no header, no body. */
function reason(error) {
  try {
    withoutRequests(error);
    const said = typeof error === 'string' ? error : of(error, 'message');
    if (typeof said !== 'string') return 'the host threw what is no Error';
    const code = of(of(error, 'cause'), 'code') ?? of(error, 'code');
    return (typeof code === 'string' ? `${said}: ${code}` : said).slice(0, LONGEST_REASON);
  } catch {
    return 'the host threw what cannot be read';
  }
}

function of(value, name) {
  return typeof value === 'object' && value !== null ? member(value, name) : undefined;
}

/** A result that is no handle of its own. */
const value = (handle) => frozen(handle.text());

const asked = /* @__PURE__ */ discreet('Request', ['headers', 'body', 'signing_input']);

/** A request, with such bytes as one of its kind has. One without has none of `Object.prototype` either. */
export function readRequest(handle) {
  const text = handle.request();
  if (text === undefined) return undefined;
  const request = frozen(text);
  const { kind } = request;
  if (kind === 'http') return asked({ ...request, body: handle.body });
  if (kind !== 'verify' && kind !== 'sign') return asked(request);
  const { signing_input } = handle;
  return asked({ ...request, signing_input, ...(kind === 'verify' && { signature: handle.signature }) });
}
