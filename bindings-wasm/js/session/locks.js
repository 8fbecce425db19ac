// One at a time: among all tabs by Web Locks, or in this page alone.

import { SessionError } from './error.js';

/** `exclusive(name, work, seconds)`: what `work` yields, once nobody else of that name works. It waits for so long. */
export const amongTabs = async (name, work, seconds) => {
  const locks = globalThis.navigator?.locks;
  if (!locks) throw new SessionError('locks_unavailable');
  let granted = false;
  const late = new AbortController();
  const timer = seconds && setTimeout(() => late.abort(), seconds * 1000);
  try {
    return await locks.request(name, { signal: late.signal }, () => {
      granted = true;
      clearTimeout(timer);
      return work();
    });
  } catch (error) {
    if (granted) throw error;
    clearTimeout(timer);
    if (error?.name === 'AbortError') throw new SessionError('lock_timeout', {}, error);
    throw new SessionError('locks_unavailable', {}, error);
  }
};

const queues = new Map();

/** The same in this page. */
export const inThisPage = (name, work) => {
  const before = queues.get(name) ?? Promise.resolve();
  const turn = before.then(work);
  const over = turn.catch(() => {}).then(() => queues.get(name) === over && queues.delete(name));
  queues.set(name, over);
  return turn;
};
