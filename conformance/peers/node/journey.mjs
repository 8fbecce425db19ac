// The journeys of the modules, and the browser in them. A peer is an object with the verbs below; a verb that throws
// has refused what the provider handed out, and one that throws `Unsupported` cannot be asked.
//
//   client(job)                         metadata are read, the client is made
//   authorize(client, job)              { url, ... }: what the callback wants back is in it
//   callback(client, job, login, back)  the session, from where the browser was sent back to
//   userinfo(client, job, session)
//   refresh(client, job, session)       the next session
//   endSession(client, job, session)    { url, ... }
//   loggedOut(client, job, logout, url) the browser is back from the logout

import { readFileSync } from 'node:fs';
import { stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** The library has no such thing: the reason. */
export class Unsupported extends Error {}

/** Neither the library nor the provider is to blame: the adapter is wrong. */
class Broken extends Error {}

/** Plays every job that stdin lists, all at once, and prints a line of JSON for each. */
export async function play(peer) {
  const jobs = JSON.parse(readFileSync(0, 'utf8'));
  await Promise.all(
    jobs.map(async (job) => {
      const line = { module: job.module, ...(await outcome(peer, job)) };
      stdout.write(`${JSON.stringify(line)}\n`);
    }),
  );
}

async function outcome(peer, job) {
  try {
    await go(peer, job);
    return { outcome: 'accepted' };
  } catch (error) {
    if (error instanceof Unsupported) return { outcome: 'unsupported', error: error.message };
    if (error instanceof Broken) return { outcome: 'broken', error: error.message };
    return { outcome: 'rejected', error: reasons(error) };
  }
}

async function go(peer, job) {
  const client = await peer.client(job);
  if (job.journey === 'Discovery') return;
  const session = await login(peer, client, job);
  switch (job.journey) {
    case 'Refresh':
      return peer.userinfo(client, job, await verb(peer, 'refresh')(client, job, session));
    case 'Logout':
      return logout(peer, client, job, session);
    case 'TwoLogins':
    case 'LoginWithKeys':
      await peer.userinfo(client, job, session);
      await sleep(job.pause_seconds * 1000);
      return peer.userinfo(client, job, await login(peer, client, job));
    default:
      return peer.userinfo(client, job, session);
  }
}

async function login(peer, client, job) {
  const started = await peer.authorize(client, job);
  return peer.callback(client, job, started, await browse(started.url));
}

async function logout(peer, client, job, session) {
  const started = await verb(peer, 'endSession')(client, job, session);
  const { url } = await browse(started.url);
  await verb(peer, 'loggedOut')(client, job, started, url);
}

function verb(peer, name) {
  if (!peer[name]) throw new Unsupported(`no ${name}`);
  return peer[name];
}

/** Where the provider sends the browser: a URL, and the body of the form that it has the browser post, if any. */
async function browse(url) {
  const response = await fetch(url, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (location) return { url: location };
  const page = await response.text();
  const action = /<form method="post" action="([^"]*)"/.exec(page);
  if (response.status !== 200 || !action) throw new Broken(`${response.status} at ${url}`);
  const inputs = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  const body = new URLSearchParams(
    [...inputs].map(([, name, value]) => [plain(name), plain(value)]),
  );
  return { url: plain(action[1]), body: body.toString() };
}

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function plain(html) {
  return html.replace(/&([^;]+);/g, (_, name) => ENTITIES[name]);
}

/** The message of an error and of what caused it. */
function reasons(error) {
  const words = [];
  for (let at = error; at instanceof Error && words.length < 4; at = at.cause)
    words.push(at.code ? `${at.code}: ${at.message}` : at.message);
  return words.join(' < ');
}
