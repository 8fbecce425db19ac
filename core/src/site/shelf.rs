//! The store as the site asks it.

use alloc::string::String;

use crate::machine::{Host, Reply, Request, StoreEntry, StoreRequest, Stored};
use crate::report::{Error, ErrorKind};

/// A value with the version that was read.
pub(super) struct Versioned {
    pub(super) value: String,
    pub(super) version: String,
}

/// The host's store.
#[derive(Clone, Copy)]
pub(super) struct Shelf<'a>(pub(super) &'a Host);

impl Shelf<'_> {
    pub(super) async fn get(self, key: &str) -> Result<Option<Versioned>, Error> {
        self.read(StoreRequest::Get { key: key.into() }).await
    }

    pub(super) async fn take(self, key: &str) -> Result<Option<Versioned>, Error> {
        self.read(StoreRequest::Take { key: key.into() }).await
    }

    /// Whether there was none before.
    pub(super) async fn add(self, entry: StoreEntry) -> Result<bool, Error> {
        self.change(StoreRequest::Add { entry }).await
    }

    /// Whether it was still of this version.
    pub(super) async fn put(self, entry: StoreEntry, version: String) -> Result<bool, Error> {
        self.change(StoreRequest::Put { entry, version }).await
    }

    pub(super) async fn delete(self, key: &str) -> Result<(), Error> {
        self.change(StoreRequest::Delete { key: key.into() }).await.map(drop)
    }

    pub(super) async fn delete_labelled(self, label: String) -> Result<(), Error> {
        self.change(StoreRequest::DeleteLabelled { label }).await.map(drop)
    }

    /// Whether the lock is this owner's now.
    pub(super) async fn lock(self, key: &str, owner: &str, lifetime: u32, wait: u32) -> Result<bool, Error> {
        self.change(StoreRequest::Lock { key: key.into(), owner: owner.into(), lifetime, wait }).await
    }

    /// Gives the lock back. One that cannot be given back is free in time.
    pub(super) async fn unlock(self, key: &str, owner: &str) {
        let _ = self.change(StoreRequest::Unlock { key: key.into(), owner: owner.into() }).await;
    }

    async fn read(self, request: StoreRequest) -> Result<Option<Versioned>, Error> {
        match self.0.ask(Request::Store(request)).await {
            Reply::Stored(Stored::Entry { value, version }) => Ok(Some(Versioned { value, version })),
            Reply::Stored(Stored::Nothing) => Ok(None),
            reply => Err(refused(reply)),
        }
    }

    async fn change(self, request: StoreRequest) -> Result<bool, Error> {
        match self.0.ask(Request::Store(request)).await {
            Reply::Stored(Stored::Done) => Ok(true),
            Reply::Conflict | Reply::Busy => Ok(false),
            reply => Err(refused(reply)),
        }
    }
}

fn refused(reply: Reply) -> Error {
    match reply {
        Reply::Unreachable { reason } => ErrorKind::StoreUnavailable.with([&reason]),
        reply => reply.wrong("stored"),
    }
}
