// An application in Express.

import express from 'express';
import { relyingparty, requireLogin } from 'relyingparty/express';

import { left, page, port, root_path, site } from './given.mjs';

const app = express();
app.set('trust proxy', 'loopback');
app.use(relyingparty(site, { root_path }));

const pages = express.Router();
pages.get('/', (request, response) => response.send(page(request.oidc)));
pages.get('/private', requireLogin(), (request, response) => response.send(page(request.oidc)));
app.use(left || '/', pages);
app.listen(port, '127.0.0.1');
