// Sessions in Redis, for all processes of an application: with the packages `redis` and `ioredis`, of which this imports
// neither.
//
// An entry is a hash of its value and its labels, and Redis forgets it in time. A label is a sorted set of the keys that have
// it, each with the time when its entry is over. A version is the digest of the value: no value is stored twice. Each question
// is one script, so that nobody sees half of it.

import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { member } from './bare.js';
import { invalid, label, options } from './options.js';
import { shown } from './shown.js';

/** Between two looks at a lock that somebody else has, in milliseconds: about so long at first, and at most. */
const FIRST_PAUSE = 40;
const LONGEST_PAUSE = 400;

/** What the scripts have in common. `KEYS[1]` is an entry, or a lock; `label(name)` is where a label is kept. */
const COMMON = `
local function label(name) return ARGV[1] .. 'label:' .. name end
local function unlabelled(entry)
  for name in string.gmatch(redis.call('HGET', entry, 'labels') or '', '[^ ]+') do redis.call('ZREM', label(name), entry) end
end
local function stored(entry, value, expires_at, labels)
  local now = redis.call('TIME')[1]
  unlabelled(entry)
  redis.call('HSET', entry, 'value', value, 'labels', labels)
  redis.call('EXPIREAT', entry, expires_at)
  for name in string.gmatch(labels, '[^ ]+') do
    redis.call('ZADD', label(name), expires_at, entry)
    redis.call('ZREMRANGEBYSCORE', label(name), '-inf', now)
    local last = redis.call('ZREVRANGE', label(name), 0, 0, 'WITHSCORES')[2]
    if last then redis.call('EXPIREAT', label(name), last) end
  end
  return 1
end
local function found(entry)
  local value = redis.call('HGET', entry, 'value')
  return value and { value, redis.sha1hex(value) }
end
local function deleted(entry)
  unlabelled(entry)
  redis.call('DEL', entry)
end
`;
const SCRIPTS = {
  __proto__: null,
  get: `return found(KEYS[1])`,
  // A client that lost its connection asks again for what may be done by then. No value is stored twice: the same one is its own.
  add: `local before = found(KEYS[1])
if before then return before[1] == ARGV[2] and 1 or 0 end
return stored(KEYS[1], ARGV[2], ARGV[3], ARGV[4])`,
  put: `local before = found(KEYS[1])
if not before then return 0 end
if before[2] ~= ARGV[5] then return before[1] == ARGV[2] and 1 or 0 end
return stored(KEYS[1], ARGV[2], ARGV[3], ARGV[4])`,
  take: `local before = found(KEYS[1])
deleted(KEYS[1])
return before`,
  delete: `deleted(KEYS[1])
return 1`,
  deleteLabelled: `for _, entry in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do deleted(entry) end
redis.call('DEL', KEYS[1])
return 1`,
  lock: `if redis.call('SET', KEYS[1], ARGV[2], 'NX', 'PX', ARGV[3]) then return 1 end
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`,
  unlock: `if redis.call('GET', KEYS[1]) == ARGV[2] then redis.call('DEL', KEYS[1]) end
return 1`,
};
for (const [name, text] of Object.entries(SCRIPTS)) {
  const script = COMMON + text;
  SCRIPTS[name] = { __proto__: null, script, digest: createHash('sha1').update(script).digest('hex') };
}

/** How each of the packages runs a script: `eval` and `evalsha`, with the same arguments. */
const PACKAGES = {
  __proto__: null,
  evalSha: (client, method, script, key, args) => client[method](script, { keys: [key], arguments: args }),
  evalsha: (client, method, script, key, args) => client[method](script, 1, key, ...args),
};

const READERS = {
  __proto__: null,
  client(value, name) {
    const known = typeof value === 'object' && value !== null;
    const method = Object.keys(PACKAGES).find((method) => known && typeof member(value, method) === 'function');
    // The client puts it before keys alone: the scripts would look for labels elsewhere, and a logout would end nothing.
    if (method && member(Object(member(value, 'options')), 'keyPrefix')) throw invalid(name, 'has a keyPrefix: give the store a prefix');
    if (method) return { __proto__: null, client: value, method };
    throw invalid(name, 'is no client of the package redis (5 or later) or ioredis (5)');
  },
  prefix: label,
};

/** The sessions of an application, or of several with a `prefix` each, in a Redis. */
export class RedisSessionStore {
  static name = 'RedisSessionStore';
  #client;
  #prefix;

  constructor(given) {
    const { client, prefix = 'relyingparty:' } = options(given, READERS);
    if (client === undefined) throw invalid('client', 'is missing');
    this.#client = client;
    this.#prefix = prefix;
    shown(this, () => `RedisSessionStore ${prefix}`);
  }

  async get({ key }) {
    return entry(await this.#run('get', `entry:${key}`));
  }

  async add({ key, value, expires_at, labels }) {
    return (await this.#run('add', `entry:${key}`, value, expires_at, labels.join(' '))) === 1;
  }

  async put({ key, value, expires_at, labels, version }) {
    return (await this.#run('put', `entry:${key}`, value, expires_at, labels.join(' '), version)) === 1;
  }

  async take({ key }) {
    return entry(await this.#run('take', `entry:${key}`));
  }

  async delete({ key }) {
    await this.#run('delete', `entry:${key}`);
  }

  async deleteLabelled({ label }) {
    await this.#run('deleteLabelled', `label:${label}`);
  }

  /** Looks again, at odd moments, until `wait` seconds are over. */
  async lock({ key, owner, lifetime, wait }) {
    const patience = performance.now() + wait * 1000;
    for (let about = FIRST_PAUSE; ; about = Math.min(about * 1.5, LONGEST_PAUSE)) {
      if ((await this.#run('lock', `lock:${key}`, owner, lifetime * 1000)) === 1) return true;
      const left = patience - performance.now();
      if (left <= 0) return false;
      await pause(Math.min(about * (0.5 + Math.random()), left));
    }
  }

  async unlock({ key, owner }) {
    await this.#run('unlock', `lock:${key}`, owner);
  }

  /** Runs a script, which Redis knows by its digest once it has seen it. */
  async #run(name, key, ...args) {
    const { client, method } = this.#client;
    const { script, digest } = SCRIPTS[name];
    const given = [this.#prefix + key, [this.#prefix, ...args.map(String)]];
    try {
      return await PACKAGES[method](client, method, digest, ...given);
    } catch (error) {
      if (!String(error?.message).startsWith('NOSCRIPT')) throw error;
      return PACKAGES[method](client, 'eval', script, ...given);
    }
  }
}

/** An entry as the site takes it: its value and its version. */
function entry(found) {
  return Array.isArray(found) ? { __proto__: null, value: String(found[0]), version: String(found[1]) } : undefined;
}
