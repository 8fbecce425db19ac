import { core } from './core.js';
import { handleOf } from './handles.js';
import { discreet, frozen } from './values.js';

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

  /** Goes on with the host's reply, or throws what the operation found. */
  resume(reply) {
    if (!this.#request) throw new TypeError('the flow waits for no reply');
    this.#request = undefined;
    try {
      this.#send(reply, handleOf(this.#context.cache, core().Cache, 'a Cache'), this.#context.clock());
    } catch (error) {
      this.#handle.free();
      if (reply.cause !== undefined) error.cause = reply.cause;
      throw error;
    }
    this.#advance();
  }

  #send(reply, cache, now) {
    if ('verified' in reply) this.#handle.resumeVerified(reply.verified === true, cache, now);
    else if ('unreachable' in reply) this.#handle.resumeUnreachable(reply.unreachable, cache, now);
    else
      this.#handle.resumeHttp(reply.status, JSON.stringify(reply.headers), reply.body, reply.url, cache, now);
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
  const code = error?.cause?.code ?? error?.code;
  return typeof code === 'string' ? `${error.message}: ${code}` : String(error?.message ?? error);
}

function readRequest(handle) {
  const text = handle.request();
  if (text === undefined) return undefined;
  const { body, signing_input, signature } = handle;
  const request = { ...frozen(text), ...(body && { body }), ...(signature && { signing_input, signature }) };
  return discreet(request, ['headers', 'body', 'signing_input']);
}
