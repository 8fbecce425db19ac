// What only servers need: the build for browsers has an empty module instead.

export { LoginCookies, clearCookie } from './cookies.js';
export { loggedOut, logoutTokenIn } from './logout.js';
export { checkSetup } from './setup.js';
export { MemorySessionStore } from './session_stores.js';
export { SessionSeal } from './session_seal.js';
