import { core } from './core.js';
import { handleOf } from './handles.js';
import { checkedReply } from './reply.js';
import { callable, discreet, frozen, secondsOf } from './values.js';

/** As much of a failed exchange's own words as anyone reads. */
const LONGEST_REASON = 512;

/** An operation that waits for its host: answer `request`, `resume` with the reply, until there is none. */
export class Flow {
  #handle;
  #context;
  #read;
  #request;
  #result;

  /** @internal `read` makes the result from what the core yields. */
  constructor(handle, context, read = frozen) {
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
      this.#send(answer, handleOf(this.#context.cache, core().Cache, 'a Cache'), secondsOf(this.#context.clock));
    } catch (error) {
      this.#handle.free();
      if (answer?.cause !== undefined) error.cause = answer.cause;
      throw error;
    }
    this.#advance();
  }

  #send({ verified, unreachable, status, headers, body, url }, cache, now) {
    if (verified !== undefined) this.#handle.resumeVerified(verified, cache, now);
    else if (unreachable !== undefined) this.#handle.resumeUnreachable(unreachable, cache, now);
    else this.#handle.resumeHttp(status, headers, body, url, cache, now);
  }

  #advance() {
    this.#request = readRequest(this.#handle);
    if (this.#request) return;
    this.#result = { value: this.#read(this.#handle.outcome()) };
    this.#handle.free();
  }
}

/** Carries a flow to its end. `answer` yields a reply, at once or later; when it throws, the request has failed. */
export async function run(flow, answer) {
  callable(flow?.resume, 'flow.resume');
  callable(answer, 'answer');
  for (let { request } = flow; request; { request } = flow) {
    let reply;
    try {
      reply = await answer(request);
    } catch (cause) {
      reply = { unreachable: reason(cause), cause };
    }
    flow.resume(reply);
  }
  return flow.result;
}

/** What a failed exchange says about itself: no URL, no header, no body. */
function reason(error) {
  const said = typeof error === 'string' ? error : error?.message;
  if (typeof said !== 'string') return 'the host threw what is no Error';
  const code = error.cause?.code ?? error.code;
  return (typeof code === 'string' ? `${said}: ${code}` : said).slice(0, LONGEST_REASON);
}

function readRequest(handle) {
  const text = handle.request();
  if (text === undefined) return undefined;
  const { body, signing_input, signature } = handle;
  const request = { ...frozen(text), ...(body && { body }), ...(signature && { signing_input, signature }) };
  return discreet(request, ['headers', 'body', 'signing_input']);
}
