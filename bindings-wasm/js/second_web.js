// A page whose client proves itself with keys loads this module in the place of the small one.

import { unpack } from './unpack.js';

export const second = async () => unpack((await import('./module_signing.js')).default);
