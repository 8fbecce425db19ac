// An application in Fastify.

import fastify from 'fastify';
import { relyingparty, requireLogin } from 'relyingparty/fastify';

import { left, page, port, root_path, site } from './given.mjs';

const app = fastify({ trustProxy: 'loopback' });
await app.register(relyingparty, { site, root_path });

async function pages(app) {
  app.get('/', async (request, reply) => reply.type('text/html').send(page(request.oidc)));
  app.get('/private', { preHandler: requireLogin }, async (request, reply) => reply.type('text/html').send(page(request.oidc)));
}
await app.register(pages, { prefix: left });
await app.listen({ port, host: '127.0.0.1' });
