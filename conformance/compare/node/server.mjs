// Servers of Express: `/` answers with the subject of the session, `/login` begins one, but for ours, whose sessions come from a
// provider.
//
// `server.mjs WORK serve NAME` serves on a free port of 127.0.0.1, which it prints, until it is killed.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { siteOf } from './our_site.mjs';

const { RELYINGPARTY } = process.env;
const SECRET = 'a secret of more than thirty-two characters';

const APPS = {
  async relyingparty(app, work) {
    const { relyingparty, requireLogin } = await import(join(dirname(RELYINGPARTY), '../adapters/express.js'));
    app.use(relyingparty(siteOf(work)));
    app.get('/', requireLogin(), ({ oidc }, response) => response.type('text').send(oidc.session.claims.sub));
  },

  async 'express-session'(app, work) {
    const { default: session } = await import('express-session');
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));
    own(app, work);
  },

  async 'cookie-session'(app, work) {
    const { default: session } = await import('cookie-session');
    app.use(session({ secret: SECRET }));
    own(app, work);
  },
};

function own(app, work) {
  app.get('/', ({ session }, response) => response.type('text').send(session.user.sub));
  app.get('/login', (request, response) => {
    request.session.user = work.session.content;
    response.send('');
  });
}

const [path, , name] = process.argv.slice(2);
const work = JSON.parse(readFileSync(path));
// A smoke run, without peers, takes the Express of our own tests.
const express = createRequire(work.peers ? import.meta.url : RELYINGPARTY)('express');
const app = express();
await APPS[name](app, work);
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
