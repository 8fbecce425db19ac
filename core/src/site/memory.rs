//! A store in the memory of one process.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::machine::{Reply, StoreEntry, StoreRequest, Stored};
use crate::text::Timestamp;

/// A store in the memory of one process: for tests, for development, and for an application that is one process. Sessions are
/// gone when it ends. Put it behind a mutex that is held for one answer at a time.
///
/// It waits for nobody: a lock that somebody holds is [`Reply::Busy`] at once. Whoever shares it between threads asks again
/// until the time to wait is over.
#[derive(Clone, Default)]
pub struct MemorySessionStore {
    entries: BTreeMap<String, Held>,
    locks: BTreeMap<String, (String, Timestamp)>,
    /// Counts every change: no two versions are the same.
    changes: u64,
    /// How many entries and locks were left after the last time that those which had expired were forgotten.
    left: usize,
}

#[derive(Clone)]
struct Held {
    value: String,
    version: u64,
    expires_at: Timestamp,
    labels: Vec<String>,
}

/// Entries that may come together before those that have expired are looked for.
const SLACK: usize = 1_024;

impl MemorySessionStore {
    /// An empty store.
    pub fn new() -> MemorySessionStore {
        MemorySessionStore::default()
    }

    /// How many entries it holds, those that have expired and were not yet forgotten included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Does what is asked for.
    pub fn answer(&mut self, request: &StoreRequest, now: Timestamp) -> Reply {
        self.forget(now);
        match request {
            StoreRequest::Get { key } => Reply::Stored(self.found(key, now)),
            StoreRequest::Take { key } => {
                let found = self.found(key, now);
                self.entries.remove(key);
                Reply::Stored(found)
            }
            StoreRequest::Add { entry } if self.version(&entry.key, now).is_some() => Reply::Conflict,
            StoreRequest::Add { entry } => self.store(entry),
            StoreRequest::Put { entry, version } => match self.version(&entry.key, now) {
                Some(held) if held.to_string() == *version => self.store(entry),
                _ => Reply::Conflict,
            },
            StoreRequest::Delete { key } => {
                self.entries.remove(key);
                Reply::Stored(Stored::Done)
            }
            StoreRequest::DeleteLabelled { label } => {
                self.entries.retain(|_, held| !held.labels.contains(label));
                Reply::Stored(Stored::Done)
            }
            StoreRequest::Lock { key, owner, lifetime, .. } => match self.locks.get(key) {
                Some((holder, until)) if now < *until && holder != owner => Reply::Busy,
                _ => {
                    self.locks.insert(key.clone(), (owner.clone(), now.plus(*lifetime)));
                    Reply::Stored(Stored::Done)
                }
            },
            StoreRequest::Unlock { key, owner } => {
                if self.locks.get(key).is_some_and(|(holder, _)| holder == owner) {
                    self.locks.remove(key);
                }
                Reply::Stored(Stored::Done)
            }
        }
    }

    fn found(&self, key: &str, now: Timestamp) -> Stored {
        match self.entries.get(key) {
            Some(held) if now < held.expires_at => {
                Stored::Entry { value: held.value.clone(), version: held.version.to_string() }
            }
            _ => Stored::Nothing,
        }
    }

    fn version(&self, key: &str, now: Timestamp) -> Option<u64> {
        self.entries.get(key).filter(|held| now < held.expires_at).map(|held| held.version)
    }

    fn store(&mut self, entry: &StoreEntry) -> Reply {
        self.changes = self.changes.saturating_add(1);
        let StoreEntry { key, value, expires_at, labels } = entry.clone();
        self.entries.insert(key, Held { value, version: self.changes, expires_at, labels });
        Reply::Stored(Stored::Done)
    }

    /// Forgets what has expired, whenever so much came that it may have doubled.
    fn forget(&mut self, now: Timestamp) {
        let size = |store: &MemorySessionStore| store.entries.len().saturating_add(store.locks.len());
        if size(self) <= self.left.saturating_mul(2).saturating_add(SLACK) {
            return;
        }
        self.entries.retain(|_, held| now < held.expires_at);
        self.locks.retain(|_, (_, until)| now < *until);
        self.left = size(self);
    }
}

impl fmt::Debug for MemorySessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemorySessionStore({})", self.entries.len())
    }
}
