// What only Node has.

export { nodeTransport } from './node_transport.js';
export { nodeVerifier } from './node_verify.js';
