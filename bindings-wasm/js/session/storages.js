// Where the one record of a session is: in this page, in this tab, or in this browser.
//
// A storage has `get()`, `set(record)` and `remove()`, asynchronous each, and says whether all tabs share it.

import { SessionError } from './error.js';

/** The kinds, by name: how each is made. */
export const STORAGES = {
  memory: (name) => inMemory(name),
  sessionStorage: (name) => inText(false, webStorage('sessionStorage', name)),
  localStorage: (name) => inText(true, anchored(name)),
  indexedDB: (name) => inText(true, database(name)),
};

/** Whether it is a storage of the application's own: three functions over text. */
export const isStorage = (value) =>
  typeof value === 'object' && value !== null && ['get', 'set', 'remove'].every((verb) => typeof value[verb] === 'function');

/** A storage by its name, or the application's own. */
export function storageOf(kind, name) {
  if (typeof kind === 'string') return STORAGES[kind](name);
  return inText(kind.shared === true, {
    get: () => kind.get(name),
    set: (text) => kind.set(name, text),
    remove: () => kind.remove(name),
  });
}

/** A text of this page's `sessionStorage` or `localStorage`, which may be denied: then it is never there. */
export function note(area, name) {
  const { get, set, remove } = webStorage(area, name);
  const tried = (work) => {
    try {
      return work() ?? undefined;
    } catch {
      // Nothing depends on it.
    }
  };
  return { get: () => tried(get), set: (text) => tried(() => set(text)), remove: () => tried(remove) };
}

/** A text of this browser's that each tab reads as the one before left it, or none where IndexedDB is denied. */
export function sharedNote(name) {
  const { get, set, remove } = database(name);
  const tried = async (work) => {
    try {
      return (await work()) ?? undefined;
    } catch {
      // Nothing but a second tab's token depends on it.
    }
  };
  return { get: () => tried(get), set: (text) => tried(() => set(text)), remove: () => tried(remove) };
}

const pages = new Map();

/** Of this page: two sessions of one name are one, as after a module was loaded anew. */
export function inMemory(name) {
  return {
    shared: false,
    kept: false,
    get: async () => pages.get(name),
    set: async (record) => void pages.set(name, record),
    remove: async () => void pages.delete(name),
  };
}

/** The record as text. Text that is no record is as good as none. */
function inText(shared, { get, set, remove }) {
  const asked = async (operation, work) => {
    try {
      return await work();
    } catch (cause) {
      const reason = /^\w{1,64}$/.exec(cause?.name) ?? ['Error'];
      throw new SessionError('storage_unavailable', { operation, reason: reason[0] }, cause);
    }
  };
  return {
    shared,
    kept: true,
    get: () => asked('get', async () => recordOf(await get())),
    set: ({ session, ...record }) =>
      asked('set', () => set(JSON.stringify({ ...record, encoded: session?.encoded ?? record.encoded }))),
    remove: () => asked('remove', remove),
  };
}

function recordOf(text) {
  try {
    const { v, id, n, mark, encoded, got_at, failures, retry_at } = JSON.parse(text);
    const isRecord = v === 1 && typeof id === 'string' && typeof encoded === 'string';
    const isTimed = [n, got_at, failures, retry_at].every(Number.isFinite);
    return isRecord && isTimed ? { v, id, n, mark, encoded, got_at, failures, retry_at } : undefined;
  } catch {
    return undefined;
  }
}

function webStorage(area, name) {
  // A browser that keeps no site data throws already here.
  const opened = () => globalThis[area];
  return {
    get: () => opened().getItem(name),
    set: (text) => opened().setItem(name, text),
    remove: () => opened().removeItem(name),
  };
}

/** How long a text may take from one process of the browser to another, in milliseconds, and how often to look. */
const TRAVEL = 2000;
const LOOK = 20;

/**
 * `localStorage` with a note in IndexedDB of which text is the newest. Tabs in different processes each have a copy of the former,
 * and whoever gets a lock after another tab may still read what was there before: a refresh token that is spent.
 */
function anchored(name) {
  const texts = webStorage('localStorage', name);
  const newest = database(`${name} newest`);
  return {
    async get() {
      const until = Date.now() + TRAVEL;
      for (;;) {
        const tag = await newest.get();
        if (tag === undefined) return undefined;
        const [first, ...text] = (texts.get() ?? '').split(' ');
        if (first === tag) return text.join(' ');
        if (Date.now() > until) return undefined;
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
    },
    async set(text) {
      const tag = crypto.randomUUID();
      texts.set(`${tag} ${text}`);
      await newest.set(tag);
    },
    async remove() {
      texts.remove();
      await newest.remove();
    },
  };
}

const RECORDS = 'records';

function database(name) {
  const within = async (mode, work) => {
    const opening = globalThis.indexedDB.open('relyingparty-session', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(RECORDS);
    const database = await done(opening);
    try {
      const transaction = database.transaction(RECORDS, mode);
      const request = work(transaction.objectStore(RECORDS));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      return request.result;
    } finally {
      // An open database would keep the page out of the back/forward cache.
      database.close();
    }
  };
  return {
    get: () => within('readonly', (records) => records.get(name)),
    set: (text) => within('readwrite', (records) => records.put(text, name)),
    remove: () => within('readwrite', (records) => records.delete(name)),
  };
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
