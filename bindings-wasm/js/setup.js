import { contextOf } from './context.js';
import { core } from './core.js';
import { Flow } from './flow.js';
import { invalid, json } from './options.js';
import { text } from './values.js';

/** The flow that judges a set-up at the provider, before anybody logs in. Yields a report; what goes wrong is in it. */
export function checkSetup(issuer, registration, options) {
  const { policy, cache, clock, allow_insecure_loopback } = contextOf(options);
  const { Provider } = core();
  if (!Provider.checkSetup) throw invalid('check', 'is not in this build: Node’s and relyingparty/full have it');
  const registered = json(registration, 'the registration');
  const flow = Provider.checkSetup(text(issuer, 'issuer'), allow_insecure_loopback, registered, policy);
  return new Flow(flow, { __proto__: null, cache, clock });
}
