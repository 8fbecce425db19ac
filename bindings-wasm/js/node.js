// What only Node has.

export { tokenFile } from './node_token_file.js';
export { nodeTransport } from './node_transport.js';
export { nodeVerifier } from './node_verify.js';
