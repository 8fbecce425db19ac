// Verification, login and sessions in Node, beside peers: what `cargo compare` runs.
//
// `run.mjs WORK ROUNDS GROUP…`: `WORK` is the file with tokens and keys, `ROUNDS` how often each side is timed,
// `RELYINGPARTY` in the environment the package's entry. Each row goes to standard output as a JSON object of its own:
// microseconds per call, round by round.

import { readFileSync } from 'node:fs';

import * as growth from './growth.mjs';
import { Ours } from './ours.mjs';
import { alone, pair } from './rounds.mjs';
import { sessions } from './sessions.mjs';
import { signing } from './signing.mjs';

const ALGS = ['RS256', 'ES256', 'EdDSA'];
const SIGNING_ALGS = ['ES256', 'RS256', 'PS256'];

const GROUPS = {
  async node(group, work, rounds) {
    const ours = new Ours(work, work.jwks);
    for (const alg of ALGS) {
      const idToken = work.id_tokens[alg];
      const ourSide = () => ours.verify(idToken);
      if (!work.peers) {
        await alone(group, alg, rounds, ourSide);
        continue;
      }
      const { verifiers } = await import('./peers.mjs');
      for (const [name, verify] of Object.entries(await verifiers(work, alg)))
        await pair(group, `${name} ${alg}`, rounds, ourSide, () => verify(idToken));
    }
  },

  async login(group, work, rounds) {
    const ours = new Ours(work, work.jwks);
    for (const alg of ALGS) {
      const response = work.token_responses[alg];
      ours.answerTokens(response);
      const ourSide = () => ours.logIn();
      if (!work.peers) {
        await alone(group, `Node ${alg}`, rounds, ourSide);
        continue;
      }
      const { OpenidClient } = await import('./openid_client.mjs');
      const theirs = new OpenidClient(work, alg, response);
      await pair(group, `Node, openid-client ${alg}`, rounds, ourSide, () => theirs.logIn());
    }
  },

  async proofs(group, work, rounds) {
    for (const alg of SIGNING_ALGS)
      for (const [what, ourSide] of Object.entries(await signing(work, alg))) {
        if (!work.peers) {
          await alone(group, `Node ${what} ${alg}`, rounds, ourSide);
          continue;
        }
        const { signers } = await import('./signing_peers.mjs');
        for (const [name, theirSide] of Object.entries((await signers(work, alg))[what]))
          await pair(group, `${name} ${what} ${alg}`, rounds, ourSide, theirSide);
      }
  },

  sessions,

  async growth(group, work, rounds) {
    // There is nothing to tell apart by the last percent.
    const few = Math.ceil(rounds / 10);
    await growth.keys(group, work, few);
    await growth.logins(group, few);
  },
};

const [path, rounds, ...groups] = process.argv.slice(2);
const work = JSON.parse(readFileSync(path));
for (const group of groups) await GROUPS[group](group, work, Number(rounds));
