// An application where a request is a `Request`.

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { fetchSite } from 'relyingparty/fetch';

import { left, page, port, root_path, site } from './given.mjs';

const login = fetchSite(site, { root_path });
const html = { headers: { 'Content-Type': 'text/html; charset=utf-8' } };
// The page at the path itself is the one with the slash.
const app = new Hono({ strict: false });
app.use(async ({ req }, next) => (await login(req.raw)) ?? next());
const pages = left ? app.basePath(left) : app;
pages.get('/', async ({ req }) => {
  const visit = await login.visit(req.raw);
  return visit.keep(new Response(page(visit), html));
});
pages.get('/private', async ({ req }) => {
  const visit = await login.visit(req.raw);
  return login.required(req.raw, visit) ?? visit.keep(new Response(page(visit), html));
});
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' });
