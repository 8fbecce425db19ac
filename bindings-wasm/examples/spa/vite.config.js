import { defineConfig } from 'vite';

export default defineConfig({
  // The package is linked from ../.. here; installed from npm it needs no such line.
  server: { fs: { allow: ['../..'] } },
});
