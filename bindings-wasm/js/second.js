// The module by which clients prove themselves with keys, where the first one cannot do it. Where it can there is none;
// build.mjs puts second_web.js in the place of this file for the browsers' small build.

export const second = undefined;
