// What gives the module at once. Nothing does where it has to be waited for; build.mjs puts here_node.js in the place
// of this file for Node.

export const here = undefined;
