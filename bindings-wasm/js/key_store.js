// A key pair in this browser's IndexedDB, the same for all tabs of the origin.

/** The one object store of a database, and the one entry in it. */
const KEYS = 'keys';
const KEY = 'dpop';

/** The pair in the database of this name, which `generate` makes if there is none. What storage throws becomes `failed(cause)`. */
export async function storedKey({ name, generate, failed }) {
  const told = (cause) => {
    throw failed(cause);
  };
  const held = await within(name, 'readonly', (keys) => done(keys.get(KEY))).catch(told);
  if (held) return held;
  // Made before the transaction, which would end meanwhile. Of two tabs that get here, the second takes the first's.
  const made = await generate();
  return within(name, 'readwrite', async (keys) => {
    const first = await done(keys.get(KEY));
    if (first) return first;
    keys.put(made, KEY);
    await committed(keys.transaction);
    return made;
  }).catch(told);
}

async function within(name, mode, work) {
  const opening = globalThis.indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
  const database = await done(opening);
  try {
    return await work(database.transaction(KEYS, mode).objectStore(KEYS));
  } finally {
    database.close();
  }
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A browser whose storage is full says so at the end. */
function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}
