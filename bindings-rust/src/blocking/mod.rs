//! The same without an async runtime: a relying party and a site for threads, and the traits of their transport and their stores.

mod relying_party;
mod site;

use std::thread;
use std::time::Duration;

use relyingparty::{HttpRequest, HttpResponse, LoginMissing, Reply, Request, StoreEntry};

pub use self::relying_party::{Builder, RelyingParty};
pub use self::site::{Site, SiteBuilder, SiteProvider};
use crate::{StoreError, Unreachable, Versioned};

/// Sends HTTP requests, blocking. What it must observe: see [`Transport`](crate::Transport).
pub trait Transport: Send + Sync {
    /// Sends a request and returns the response, whatever its status.
    ///
    /// # Errors
    /// Why no response came.
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable>;

    /// Waits for so many seconds.
    fn sleep(&self, seconds: u32) {
        thread::sleep(Duration::from_secs(seconds.into()));
    }

    /// Answers what a flow of the core asks for, if it is HTTP or a pause: for [`drive`](relyingparty::drive), where there is no
    /// [`RelyingParty`].
    fn answer(&self, request: &Request) -> Reply {
        match request {
            Request::Http(request) => self.send(request.clone()).map_or_else(Reply::from, Reply::Http),
            Request::Wait(wait) => {
                self.sleep(wait.seconds);
                Reply::Waited
            }
            _ => Reply::Unsupported,
        }
    }

    /// Whether it has a TLS certificate of the client's: see
    /// [`Transport::has_client_cert`](crate::Transport::has_client_cert).
    fn has_client_cert(&self) -> bool {
        false
    }
}

/// Keeps pending logins by the id that the browser holds: see [`Store`](crate::Store).
pub trait Store: Send + Sync {
    /// Keeps `pending` under `id` for `max_age` seconds.
    ///
    /// # Errors
    /// What the store fails with.
    fn put(&self, id: &str, pending: &str, max_age: u32) -> Result<(), StoreError>;

    /// Removes and returns what is kept under `id`, in one atomic step; `None` if it is absent, taken or expired.
    ///
    /// # Errors
    /// What the store fails with.
    fn take(&self, id: &str) -> Result<Option<String>, StoreError>;

    /// Remembers that this login waits for `max_age` seconds.
    ///
    /// # Errors
    /// What the store fails with.
    fn begun(&self, _handle: &str, _max_age: u32) -> Result<(), StoreError> {
        Ok(())
    }

    /// Remembers for about ten minutes that a callback took this login.
    ///
    /// # Errors
    /// What the store fails with.
    fn used(&self, _handle: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// [`LoginMissing::Used`], [`LoginMissing::Expired`] if the login waited for longer than its `max_age`, or `None`.
    ///
    /// # Errors
    /// What the store fails with.
    fn why_missing(&self, _handle: &str) -> Result<Option<LoginMissing>, StoreError> {
        Ok(None)
    }
}

/// Keeps the sessions of a [`Site`]: see [`SessionStore`](crate::SessionStore).
pub trait SessionStore: Send + Sync {
    /// What is kept under `key`; `None` if nothing is.
    ///
    /// # Errors
    /// What the store fails with.
    fn get(&self, key: String) -> Result<Option<Versioned>, StoreError>;

    /// Makes an entry. `false` if there is one under its key: then nothing is changed.
    ///
    /// # Errors
    /// What the store fails with.
    fn add(&self, entry: StoreEntry) -> Result<bool, StoreError>;

    /// Changes the entry of this `version`. `false` if it is of another one now, or gone: then nothing is changed.
    ///
    /// # Errors
    /// What the store fails with.
    fn put(&self, entry: StoreEntry, version: String) -> Result<bool, StoreError>;

    /// Removes and returns what is kept under `key`: of two who ask, one gets it.
    ///
    /// # Errors
    /// What the store fails with.
    fn take(&self, key: String) -> Result<Option<Versioned>, StoreError>;

    /// Deletes the entry under `key`, if there is one.
    ///
    /// # Errors
    /// What the store fails with.
    fn delete(&self, key: String) -> Result<(), StoreError>;

    /// Deletes every entry that has this label now.
    ///
    /// # Errors
    /// What the store fails with.
    fn delete_labelled(&self, label: String) -> Result<(), StoreError>;

    /// Takes a lock for `lifetime` seconds, waiting for up to `wait` seconds; also for the owner who has it.
    ///
    /// # Errors
    /// What the store fails with.
    fn lock(&self, key: String, owner: String, lifetime: u32, wait: u32) -> Result<bool, StoreError>;

    /// Gives a lock back, if it is still this owner's.
    ///
    /// # Errors
    /// What the store fails with.
    fn unlock(&self, key: String, owner: String) -> Result<(), StoreError>;
}
