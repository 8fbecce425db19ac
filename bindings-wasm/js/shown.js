// What Node's console prints of an object. Elsewhere consoles have ways of their own; build.mjs puts shown_node.js in the place
// of this file for Node.

export const shown = (object) => object;
