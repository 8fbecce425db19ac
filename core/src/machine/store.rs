//! What a flow asks of a store that every process of the application shares.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::text::time::Timestamp;

/// One change of the store, or one look into it. Each is atomic: nobody sees half of it, and of two that exclude each other
/// one is told so. Whoever asks later sees what was answered before, wherever it was asked: replicas that lag behind and caches
/// in between do not do.
///
/// Keys, labels and owners are texts of up to 100 characters out of letters, digits, `.`, `-` and `_`. They and versions are
/// compared byte by byte, upper and lower case apart. Values are sealed: the store learns nothing from them. An entry whose time is over
/// counts as gone in every question, with its labels, be it still there or not. `Debug` shows which of the questions it is.
#[derive(Clone)]
#[non_exhaustive]
pub enum StoreRequest {
    /// Read an entry. Answer with [`Stored::Entry`] or [`Stored::Nothing`].
    Get {
        /// The key of the entry.
        key: String,
    },
    /// Make an entry. Answer with [`Stored::Done`], or with [`Reply::Conflict`](crate::Reply::Conflict) if there is one
    /// under this key.
    Add {
        /// The key of the entry, and what is under it.
        entry: StoreEntry,
    },
    /// Change an entry that was read: value, time and labels take the place of those that were there. Answer with [`Stored::Done`], or with [`Reply::Conflict`](crate::Reply::Conflict) if
    /// it is of another version now, or gone: whoever deleted it is not overruled.
    Put {
        /// The key of the entry, and what is under it from now on.
        entry: StoreEntry,
        /// The version that was read.
        version: String,
    },
    /// Read an entry and delete it, so that of two who ask one gets it. Answer with [`Stored::Entry`] or
    /// [`Stored::Nothing`].
    Take {
        /// The key of the entry.
        key: String,
    },
    /// Delete an entry, if there is one. Answer with [`Stored::Done`].
    Delete {
        /// The key of the entry.
        key: String,
    },
    /// Delete every entry with a label: each that was added before. Answer with [`Stored::Done`].
    DeleteLabelled {
        /// The label.
        label: String,
    },
    /// Take a lock that nobody holds, or whose time is over. Answer with [`Stored::Done`], also to the owner who asks again; with [`Reply::Busy`](crate::Reply::Busy) if somebody
    /// else holds it until `wait` seconds are over. A store that cannot wait says so at once.
    Lock {
        /// The name of the lock. It is a key of its own.
        key: String,
        /// Who holds it: no two ask with the same text.
        owner: String,
        /// When it is free again, whatever became of its owner, in seconds from when it is taken.
        lifetime: u32,
        /// How long to wait for it, in seconds.
        wait: u32,
    },
    /// Give a lock back, if it is still this owner's. Answer with [`Stored::Done`].
    Unlock {
        /// The name of the lock.
        key: String,
        /// Who took it.
        owner: String,
    },
}

/// An entry to be stored.
#[derive(Clone)]
#[non_exhaustive]
pub struct StoreEntry {
    /// Where it is found.
    pub key: String,
    /// What is kept: sealed text.
    pub value: String,
    /// When it may be forgotten. From then on it counts as gone.
    pub expires_at: Timestamp,
    /// What it is also found by, to be deleted together with others.
    pub labels: Vec<String>,
}

impl StoreEntry {
    /// An entry: for testing a store. A site makes its own.
    pub fn new(
        key: impl Into<String>,
        value: impl Into<String>,
        expires_at: Timestamp,
        labels: Vec<String>,
    ) -> StoreEntry {
        StoreEntry { key: key.into(), value: value.into(), expires_at, labels }
    }
}

/// What a store answers.
#[derive(Clone)]
#[non_exhaustive]
pub enum Stored {
    /// The entry that was asked for.
    Entry {
        /// What was stored.
        value: String,
        /// Which version of it this is: a text that is another one after each change. A store that keeps no count can use
        /// the value itself, since no value is stored twice.
        version: String,
    },
    /// There is no such entry, or it has expired.
    Nothing,
    /// It is done.
    Done,
}

impl StoreRequest {
    /// The question by name: `get`, `add`, `put`, `take`, `delete`, `delete_labelled`, `lock`, `unlock`.
    pub const fn name(&self) -> &'static str {
        match self {
            StoreRequest::Get { .. } => "get",
            StoreRequest::Add { .. } => "add",
            StoreRequest::Put { .. } => "put",
            StoreRequest::Take { .. } => "take",
            StoreRequest::Delete { .. } => "delete",
            StoreRequest::DeleteLabelled { .. } => "delete_labelled",
            StoreRequest::Lock { .. } => "lock",
            StoreRequest::Unlock { .. } => "unlock",
        }
    }
}

impl fmt::Debug for StoreRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreRequest({})", self.name())
    }
}

impl fmt::Debug for StoreEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreEntry")
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stored::Entry { .. } => "Stored::Entry",
            Stored::Nothing => "Stored::Nothing",
            Stored::Done => "Stored::Done",
        })
    }
}
