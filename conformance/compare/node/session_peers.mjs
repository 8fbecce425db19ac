// The peers that read a session, each as its documentation shows: a request comes in, and the subject is read. The sessions are begun
// by the peers themselves.

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

const SECRET = 'a secret of more than thirty-two characters';

/** iron-session, on the request and response of `node:http`. */
export async function ironSession(work) {
  const { getIronSession } = await import('iron-session');
  const options = { password: SECRET, cookieName: 'session' };
  const { request, response } = exchange(work);
  const session = await getIronSession(request, response, options);
  Object.assign(session, work.session.content);
  await session.save();
  const cookie = cookieOf(response);
  return async () => {
    const { request, response } = exchange(work, cookie);
    return (await getIronSession(request, response, options)).sub;
  };
}

/** express-session with its sessions in Redis. */
export async function expressSession(work, client) {
  const [{ default: session }, { RedisStore }] = [await import('express-session'), await import('connect-redis')];
  const options = { secret: SECRET, resave: false, saveUninitialized: false, name: 'session' };
  const middleware = session({ ...options, store: new RedisStore({ client }) });
  const passed = (request, response) =>
    new Promise((resolve, reject) => middleware(request, response, (error) => (error ? reject(error) : resolve())));
  const { request, response } = exchange(work);
  await passed(request, response);
  request.session.user = work.session.content;
  await new Promise((resolve, reject) => request.session.save((error) => (error ? reject(error) : resolve())));
  response.writeHead(200);
  const cookie = cookieOf(response);
  return async () => {
    const { request, response } = exchange(work, cookie);
    await passed(request, response);
    return request.session.user.sub;
  };
}

/** A request as a server of `node:http` has it, of a browser with this cookie. */
function exchange(work, cookie) {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: 'GET', url: '/inbox' });
  for (const [name, value] of work.session.headers) request.headers[name] = value;
  if (cookie) request.headers.cookie = cookie;
  return { request, response: new ServerResponse(request) };
}

function cookieOf(response) {
  return [response.getHeader('set-cookie')].flat().map((line) => line.split(';')[0]).join('; ');
}
