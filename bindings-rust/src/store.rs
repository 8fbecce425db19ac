//! Where pending logins wait while the user is at the provider.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use relyingparty::LoginMissing;

use crate::{BoxFuture, StoreError, blocking};

/// Keeps pending logins by the id that the browser holds.
///
/// A pending login is secret (it contains the PKCE verifier) and is used once: [`take`](Store::take) must remove and return it in
/// one atomic step. In Redis use `SET EX` and `GETDEL`. The `id` comes from a browser, but is always 43 characters of base64url:
/// other values never reach the store. Give the keys a prefix if the store holds other things too.
///
/// With these two methods a store is complete. With the other three, errors tell a reload, and a login that took too long, from a
/// callback that nobody started. A `handle` is the public name of a login, 22 characters of base64url: everybody who sees the
/// callback's URL can compute it, so marks only explain, and a store may drop any of them. Give them room of their own, so that
/// no mark pushes a login out.
pub trait Store: Send + Sync {
    /// Keeps `pending` under `id` for `max_age` seconds.
    fn put(&self, id: String, pending: String, max_age: u32) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Removes and returns what is kept under `id`; `None` if it is absent, taken or expired.
    fn take(&self, id: String) -> BoxFuture<'_, Result<Option<String>, StoreError>>;

    /// Remembers that this login waits for `max_age` seconds.
    fn begun(&self, _handle: String, _max_age: u32) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(())
    }

    /// Remembers for about ten minutes that a callback took this login.
    fn used(&self, _handle: String) -> BoxFuture<'_, Result<(), StoreError>> {
        ready(())
    }

    /// [`LoginMissing::Used`], [`LoginMissing::Expired`] if the login waited for longer than its `max_age`, or `None`. Any other
    /// cause counts as `None`.
    fn why_missing(&self, _handle: String) -> BoxFuture<'_, Result<Option<LoginMissing>, StoreError>> {
        ready(None)
    }
}

fn ready<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, StoreError>> {
    Box::pin(std::future::ready(Ok(value)))
}

/// How long a mark stays after its login was used or has expired.
const REMEMBERED: Duration = Duration::from_secs(600);
/// How many marks are kept.
const MOST_MARKS: usize = 10_000;

/// Pending logins in this process's memory: bounded, expiring.
///
/// Use it for one process; several need a store that they share. When the capacity is reached, the next login drops the oldest
/// one. It marks what became of the last 10,000 logins, for ten minutes.
pub struct MemoryStore {
    capacity: usize,
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    shelves: Mutex<Shelves>,
}

#[derive(Default)]
struct Shelves {
    logins: Shelf<String>,
    /// Until when a login waits; `None` of one that was used.
    marks: Shelf<Option<Duration>>,
}

impl MemoryStore {
    /// A store of at most 100,000 logins.
    #[must_use]
    pub fn new() -> MemoryStore {
        MemoryStore::with_capacity(100_000)
    }

    /// A store of at most this many logins; one at least.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> MemoryStore {
        let began = Instant::now();
        MemoryStore {
            capacity: capacity.max(1),
            clock: Box::new(move || began.elapsed()),
            shelves: Mutex::default(),
        }
    }

    /// The same store, by another clock: one that never runs backwards, in the time since whenever. For tests.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> Duration + Send + Sync + 'static) -> MemoryStore {
        self.clock = Box::new(clock);
        self
    }

    /// How many logins are kept, including expired ones that were not removed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shelves().logins.entries.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, id: String, pending: String, max_age: u32) {
        let now = (self.clock)();
        let until = now + Duration::from_secs(max_age.into());
        self.shelves().logins.add(id, until, pending, now, self.capacity);
    }

    fn remove(&self, id: &str) -> Option<String> {
        let now = (self.clock)();
        self.shelves().logins.remove(id).and_then(|(until, pending)| (now < until).then_some(pending))
    }

    fn mark_begun(&self, handle: String, max_age: u32) {
        let now = (self.clock)();
        let until = now + Duration::from_secs(max_age.into());
        self.shelves().marks.add(handle, until + REMEMBERED, Some(until), now, MOST_MARKS);
    }

    fn mark_used(&self, handle: String) {
        let now = (self.clock)();
        self.shelves().marks.add(handle, now + REMEMBERED, None, now, MOST_MARKS);
    }

    fn marked(&self, handle: &str) -> Option<LoginMissing> {
        let now = (self.clock)();
        match self.shelves().marks.get(handle)? {
            None => Some(LoginMissing::Used),
            Some(until) if *until <= now => Some(LoginMissing::Expired),
            Some(_) => None,
        }
    }
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({}, at most {})", self.len(), self.capacity)
    }
}

impl Store for MemoryStore {
    fn put(&self, id: String, pending: String, max_age: u32) -> BoxFuture<'_, Result<(), StoreError>> {
        self.keep(id, pending, max_age);
        ready(())
    }

    fn take(&self, id: String) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        ready(self.remove(&id))
    }

    fn begun(&self, handle: String, max_age: u32) -> BoxFuture<'_, Result<(), StoreError>> {
        self.mark_begun(handle, max_age);
        ready(())
    }

    fn used(&self, handle: String) -> BoxFuture<'_, Result<(), StoreError>> {
        self.mark_used(handle);
        ready(())
    }

    fn why_missing(&self, handle: String) -> BoxFuture<'_, Result<Option<LoginMissing>, StoreError>> {
        ready(self.marked(&handle))
    }
}

/// One store of several relying parties.
impl<S: Store + ?Sized> Store for Arc<S> {
    fn put(&self, id: String, pending: String, max_age: u32) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).put(id, pending, max_age)
    }

    fn take(&self, id: String) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        (**self).take(id)
    }

    fn begun(&self, handle: String, max_age: u32) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).begun(handle, max_age)
    }

    fn used(&self, handle: String) -> BoxFuture<'_, Result<(), StoreError>> {
        (**self).used(handle)
    }

    fn why_missing(&self, handle: String) -> BoxFuture<'_, Result<Option<LoginMissing>, StoreError>> {
        (**self).why_missing(handle)
    }
}

/// One store of several relying parties.
impl<S: blocking::Store + ?Sized> blocking::Store for Arc<S> {
    fn put(&self, id: &str, pending: &str, max_age: u32) -> Result<(), StoreError> {
        (**self).put(id, pending, max_age)
    }

    fn take(&self, id: &str) -> Result<Option<String>, StoreError> {
        (**self).take(id)
    }

    fn begun(&self, handle: &str, max_age: u32) -> Result<(), StoreError> {
        (**self).begun(handle, max_age)
    }

    fn used(&self, handle: &str) -> Result<(), StoreError> {
        (**self).used(handle)
    }

    fn why_missing(&self, handle: &str) -> Result<Option<LoginMissing>, StoreError> {
        (**self).why_missing(handle)
    }
}

impl blocking::Store for MemoryStore {
    fn put(&self, id: &str, pending: &str, max_age: u32) -> Result<(), StoreError> {
        self.keep(id.into(), pending.into(), max_age);
        Ok(())
    }

    fn take(&self, id: &str) -> Result<Option<String>, StoreError> {
        Ok(self.remove(id))
    }

    fn begun(&self, handle: &str, max_age: u32) -> Result<(), StoreError> {
        self.mark_begun(handle.into(), max_age);
        Ok(())
    }

    fn used(&self, handle: &str) -> Result<(), StoreError> {
        self.mark_used(handle.into());
        Ok(())
    }

    fn why_missing(&self, handle: &str) -> Result<Option<LoginMissing>, StoreError> {
        Ok(self.marked(handle))
    }
}

/// Entries by their keys, and in the order in which they came.
struct Shelf<T> {
    entries: HashMap<String, (u64, Duration, T)>,
    order: BTreeMap<u64, String>,
    next: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { entries: HashMap::new(), order: BTreeMap::new(), next: 0 }
    }
}

impl<T> Shelf<T> {
    /// Adds the newest, in the place of one of its key, when what has expired and what is too many has gone, oldest first.
    fn add(&mut self, key: String, until: Duration, value: T, now: Duration, most: usize) {
        while self.oldest().is_some_and(|until| until <= now) {
            self.drop_oldest();
        }
        self.remove(&key);
        while self.entries.len() >= most {
            self.drop_oldest();
        }
        self.order.insert(self.next, key.clone());
        self.entries.insert(key, (self.next, until, value));
        self.next = self.next.wrapping_add(1);
    }

    fn get(&self, key: &str) -> Option<&T> {
        self.entries.get(key).map(|(_, _, value)| value)
    }

    fn remove(&mut self, key: &str) -> Option<(Duration, T)> {
        let (place, until, value) = self.entries.remove(key)?;
        self.order.remove(&place);
        Some((until, value))
    }

    /// Until when the oldest stays.
    fn oldest(&self) -> Option<Duration> {
        let (_, key) = self.order.first_key_value()?;
        self.entries.get(key).map(|(_, until, _)| *until)
    }

    fn drop_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_first() {
            self.entries.remove(&key);
        }
    }
}
