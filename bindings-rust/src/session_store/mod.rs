//! Where the sessions of a site are kept.

mod memory;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod naps;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;

use std::fmt;
use std::sync::Arc;

use relyingparty::{Reply, StoreEntry, StoreRequest, Stored};

pub use self::memory::MemorySessionStore;
#[cfg(feature = "postgres")]
pub use self::postgres::PostgresSessionStore;
#[cfg(feature = "redis")]
pub use self::redis::RedisSessionStore;
use crate::{BoxFuture, StoreError, blocking};

/// Keeps the sessions of a [`Site`](crate::Site), for all its processes.
///
/// Each method is one atomic step: of two that exclude each other, one is told so. Whoever asks later sees what was answered
/// before, wherever it was asked: replicas that lag behind do not do.
///
/// Keys, labels and owners are up to 100 characters out of letters, digits, `.`, `-` and `_`, compared byte by byte. Locks have keys
/// of their own. Values are sealed: the store learns nothing from them. An entry whose time (`expires_at`) is over counts as gone in
/// every question, with its labels.
pub trait SessionStore: Send + Sync {
    /// What is kept under `key`; `None` if nothing is.
    fn get(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>>;

    /// Makes an entry. `false` if there is one under its key: then nothing is changed.
    fn add(&self, entry: StoreEntry) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Changes the entry of this `version`: value, time and labels take the place of those that were there. `false` if it is of
    /// another version now, or gone: then nothing is changed, and nothing that was deleted comes back.
    fn put(&self, entry: StoreEntry, version: String) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Removes and returns what is kept under `key`: of two who ask, one gets it.
    fn take(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>>;

    /// Deletes the entry under `key`, if there is one.
    fn delete(&self, key: String) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Deletes every entry that has this label now.
    fn delete_labelled(&self, label: String) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Takes a lock that nobody holds, for `lifetime` seconds from now; also for the owner who has it and asks again. Waits for up to
    /// `wait` seconds; `false` if somebody else holds it even then.
    fn lock(
        &self,
        key: String,
        owner: String,
        lifetime: u32,
        wait: u32,
    ) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Gives a lock back, if it is still this owner's.
    fn unlock(&self, key: String, owner: String) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// What a [`SessionStore`] has under a key. `Debug` shows neither of both.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Versioned {
    /// What was stored.
    pub value: String,
    /// Which version of it this is: a text that is another one after each change. A store that keeps no count can use the value
    /// itself, since no value is stored twice.
    pub version: String,
}

impl Versioned {
    /// A value of this version.
    pub fn new(value: impl Into<String>, version: impl Into<String>) -> Versioned {
        Versioned { value: value.into(), version: version.into() }
    }
}

impl fmt::Debug for Versioned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Versioned")
    }
}

fn found(found: Option<Versioned>) -> Reply {
    let entry = |Versioned { value, version }| Stored::Entry { value, version };
    Reply::Stored(found.map_or(Stored::Nothing, entry))
}

fn done<T>(_: T) -> Reply {
    Reply::Stored(Stored::Done)
}

fn done_or(refused: Reply) -> impl FnOnce(bool) -> Reply {
    move |is_done| if is_done { done(()) } else { refused }
}

/// What a store answers to the core: of the two kinds of stores, one is awaited.
macro_rules! answer {
    ($store:expr, $request:expr $(, $await:ident)?) => {
        match $request {
            StoreRequest::Get { key } => $store.get(key)$(.$await)?.map(found),
            StoreRequest::Add { entry } => $store.add(entry)$(.$await)?.map(done_or(Reply::Conflict)),
            StoreRequest::Put { entry, version } => {
                $store.put(entry, version)$(.$await)?.map(done_or(Reply::Conflict))
            }
            StoreRequest::Take { key } => $store.take(key)$(.$await)?.map(found),
            StoreRequest::Delete { key } => $store.delete(key)$(.$await)?.map(done),
            StoreRequest::DeleteLabelled { label } => $store.delete_labelled(label)$(.$await)?.map(done),
            StoreRequest::Lock { key, owner, lifetime, wait } => {
                $store.lock(key, owner, lifetime, wait)$(.$await)?.map(done_or(Reply::Busy))
            }
            StoreRequest::Unlock { key, owner } => $store.unlock(key, owner)$(.$await)?.map(done),
            _ => Ok(Reply::Unsupported),
        }
    };
}

pub(crate) async fn answer(store: &dyn SessionStore, request: StoreRequest) -> Result<Reply, StoreError> {
    answer!(store, request, await)
}

pub(crate) fn answer_blocking(
    store: &dyn blocking::SessionStore,
    request: StoreRequest,
) -> Result<Reply, StoreError> {
    answer!(store, request)
}

/// One store of several sites.
impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    fn get(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        (**self).get(key)
    }

    fn add(&self, entry: StoreEntry) -> BoxFuture<'_, Result<bool, StoreError>> {
        (**self).add(entry)
    }

    fn put(&self, entry: StoreEntry, version: String) -> BoxFuture<'_, Result<bool, StoreError>> {
        (**self).put(entry, version)
    }

    fn take(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        (**self).take(key)
    }

    fn delete(&self, key: String) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).delete(key)
    }

    fn delete_labelled(&self, label: String) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).delete_labelled(label)
    }

    fn lock(
        &self,
        key: String,
        owner: String,
        lifetime: u32,
        wait: u32,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        (**self).lock(key, owner, lifetime, wait)
    }

    fn unlock(&self, key: String, owner: String) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).unlock(key, owner)
    }
}
