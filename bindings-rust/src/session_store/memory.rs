//! Sessions in the memory of one process, for its threads and its tasks.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use relyingparty::{Reply, StoreEntry, StoreRequest, Stored, Timestamp};

use super::{SessionStore, Versioned};
use crate::config::{Clock, now};
use crate::{BoxFuture, StoreError, blocking};

/// Sessions in the memory of this process: for tests, for development, and for an application that is one process. They are gone
/// when it ends. A clone is the same store.
///
/// Whoever waits for a lock does so on any runtime, and has it as soon as it is given back.
#[derive(Clone)]
pub struct MemorySessionStore(Arc<Inner>);

struct Inner {
    clock: Clock,
    state: Mutex<State>,
    /// For the threads that wait for a lock.
    freed: Condvar,
}

#[derive(Default)]
struct State {
    kept: relyingparty::MemorySessionStore,
    /// The tasks that wait for a lock.
    waiting: Vec<Waker>,
    /// Whether a thread wakes them from time to time.
    is_ticking: bool,
}

/// How often those who wait look whether a lock's time is over, or theirs.
const TICK: Duration = Duration::from_millis(50);

impl MemorySessionStore {
    /// An empty store, by the system's clock.
    #[must_use]
    pub fn new() -> MemorySessionStore {
        MemorySessionStore::with_clock(now)
    }

    /// An empty store by another clock: the site's.
    #[must_use]
    pub fn with_clock(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> MemorySessionStore {
        let inner = Inner { clock: Arc::new(clock), state: Mutex::default(), freed: Condvar::new() };
        MemorySessionStore(Arc::new(inner))
    }

    /// How many entries it holds, including expired ones that were not removed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.state().kept.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn found(&self, request: &StoreRequest) -> Option<Versioned> {
        match self.0.ask(request) {
            Reply::Stored(Stored::Entry { value, version }) => Some(Versioned { value, version }),
            _ => None,
        }
    }

    fn is_done(&self, request: &StoreRequest) -> bool {
        matches!(self.0.ask(request), Reply::Stored(Stored::Done))
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, request: &StoreRequest) -> Reply {
        let mut state = self.state();
        let reply = state.kept.answer(request, (self.clock)());
        if let StoreRequest::Unlock { .. } = request {
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            self.freed.notify_all();
            waiting.into_iter().for_each(Waker::wake);
        }
        reply
    }

    /// Waits on this thread.
    fn lock(&self, request: &StoreRequest, until: Instant) -> bool {
        let mut state = self.state();
        loop {
            if !matches!(state.kept.answer(request, (self.clock)()), Reply::Busy) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (state, _) =
                self.freed.wait_timeout(state, left.min(TICK)).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn poll_lock(
        self: &Arc<Self>,
        request: &StoreRequest,
        until: Instant,
        context: &Context<'_>,
    ) -> Poll<bool> {
        let mut state = self.state();
        if !matches!(state.kept.answer(request, (self.clock)()), Reply::Busy) {
            return Poll::Ready(true);
        }
        if !state.is_ticking {
            let inner = Arc::clone(self);
            // Where there are no threads, nobody waits.
            state.is_ticking = thread::Builder::new().spawn(move || inner.tick()).is_ok();
        }
        if !state.is_ticking || until <= Instant::now() {
            return Poll::Ready(false);
        }
        if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            state.waiting.push(context.waker().clone());
        }
        Poll::Pending
    }

    /// Wakes the tasks that wait, until none does.
    fn tick(&self) {
        loop {
            thread::sleep(TICK);
            let mut state = self.state();
            let waiting = std::mem::take(&mut state.waiting);
            state.is_ticking = !waiting.is_empty();
            drop(state);
            if waiting.is_empty() {
                return;
            }
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

fn until(wait: u32) -> Instant {
    Instant::now() + Duration::from_secs(wait.into())
}

fn ready<T: Send + 'static>(value: T) -> BoxFuture<'static, Result<T, StoreError>> {
    Box::pin(std::future::ready(Ok(value)))
}

impl SessionStore for MemorySessionStore {
    fn get(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        ready(self.found(&StoreRequest::Get { key }))
    }

    fn add(&self, entry: StoreEntry) -> BoxFuture<'_, Result<bool, StoreError>> {
        ready(self.is_done(&StoreRequest::Add { entry }))
    }

    fn put(&self, entry: StoreEntry, version: String) -> BoxFuture<'_, Result<bool, StoreError>> {
        ready(self.is_done(&StoreRequest::Put { entry, version }))
    }

    fn take(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        ready(self.found(&StoreRequest::Take { key }))
    }

    fn delete(&self, key: String) -> BoxFuture<'_, Result<(), StoreError>> {
        self.0.ask(&StoreRequest::Delete { key });
        ready(())
    }

    fn delete_labelled(&self, label: String) -> BoxFuture<'_, Result<(), StoreError>> {
        self.0.ask(&StoreRequest::DeleteLabelled { label });
        ready(())
    }

    fn lock(
        &self,
        key: String,
        owner: String,
        lifetime: u32,
        wait: u32,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        let (request, until) = (StoreRequest::Lock { key, owner, lifetime, wait }, until(wait));
        Box::pin(poll_fn(move |context| self.0.poll_lock(&request, until, context).map(Ok)))
    }

    fn unlock(&self, key: String, owner: String) -> BoxFuture<'_, Result<(), StoreError>> {
        self.0.ask(&StoreRequest::Unlock { key, owner });
        ready(())
    }
}

impl blocking::SessionStore for MemorySessionStore {
    fn get(&self, key: String) -> Result<Option<Versioned>, StoreError> {
        Ok(self.found(&StoreRequest::Get { key }))
    }

    fn add(&self, entry: StoreEntry) -> Result<bool, StoreError> {
        Ok(self.is_done(&StoreRequest::Add { entry }))
    }

    fn put(&self, entry: StoreEntry, version: String) -> Result<bool, StoreError> {
        Ok(self.is_done(&StoreRequest::Put { entry, version }))
    }

    fn take(&self, key: String) -> Result<Option<Versioned>, StoreError> {
        Ok(self.found(&StoreRequest::Take { key }))
    }

    fn delete(&self, key: String) -> Result<(), StoreError> {
        self.0.ask(&StoreRequest::Delete { key });
        Ok(())
    }

    fn delete_labelled(&self, label: String) -> Result<(), StoreError> {
        self.0.ask(&StoreRequest::DeleteLabelled { label });
        Ok(())
    }

    fn lock(&self, key: String, owner: String, lifetime: u32, wait: u32) -> Result<bool, StoreError> {
        Ok(self.0.lock(&StoreRequest::Lock { key, owner, lifetime, wait }, until(wait)))
    }

    fn unlock(&self, key: String, owner: String) -> Result<(), StoreError> {
        self.0.ask(&StoreRequest::Unlock { key, owner });
        Ok(())
    }
}

impl Default for MemorySessionStore {
    fn default() -> MemorySessionStore {
        MemorySessionStore::new()
    }
}

impl fmt::Debug for MemorySessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemorySessionStore({})", self.len())
    }
}
