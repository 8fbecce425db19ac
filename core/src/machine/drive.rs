//! The loop that carries a flow to its end, for hosts that do not write their own.

#[cfg(feature = "std")]
use std::sync::{Mutex, PoisonError};

use crate::machine::cache::Cache;
use crate::machine::flow::{Flow, Reply, Request, Step};
use crate::report::Error;
use crate::text::time::Timestamp;

/// Where a host keeps its cache: owned, or shared behind a mutex. The mutex is locked only to put something in or to
/// take a snapshot, not while the host answers or a signature is checked.
pub trait CacheAccess {
    /// Lends the cache to `work`.
    fn with<R>(&mut self, work: impl FnOnce(&mut Cache) -> R) -> R;
}

impl CacheAccess for &mut Cache {
    fn with<R>(&mut self, work: impl FnOnce(&mut Cache) -> R) -> R {
        work(self)
    }
}

#[cfg(feature = "std")]
impl CacheAccess for &Mutex<Cache> {
    fn with<R>(&mut self, work: impl FnOnce(&mut Cache) -> R) -> R {
        work(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs a flow to its end with a blocking host.
///
/// `clock` is called after each answer. `answer` sends the request and returns what came back.
///
/// # Errors
/// Whatever the flow ends with.
pub fn drive<F: Flow>(
    mut step: Step<F>,
    mut cache: impl CacheAccess,
    mut clock: impl FnMut() -> Timestamp,
    mut answer: impl FnMut(&Request) -> Reply,
) -> Result<F::Output, Error> {
    loop {
        match step {
            Step::Done(output) => return Ok(output),
            Step::Pending(flow) => {
                let reply = answer(flow.request());
                step = resume(flow, reply, &mut cache, clock())?;
            }
        }
    }
}

pub(crate) fn resume<F: Flow>(
    flow: F,
    reply: Reply,
    cache: &mut impl CacheAccess,
    now: Timestamp,
) -> Result<Step<F>, Error> {
    if flow.request().fills_cache() {
        return cache.with(|cache| flow.resume(reply, cache, now));
    }
    let mut snapshot = cache.with(|cache| cache.clone());
    flow.resume(reply, &mut snapshot, now)
}

/// Runs a flow to its end with an asynchronous host, on any runtime.
///
/// `answer` gets each request by value, so that its future borrows nothing of the flow. The whole is `Send` if the
/// host's part is.
///
/// # Errors
/// Whatever the flow ends with.
pub async fn drive_async<F: Flow, A: Future<Output = Reply>>(
    mut step: Step<F>,
    mut cache: impl CacheAccess,
    mut clock: impl FnMut() -> Timestamp,
    mut answer: impl FnMut(Request) -> A,
) -> Result<F::Output, Error> {
    loop {
        match step {
            Step::Done(output) => return Ok(output),
            Step::Pending(flow) => {
                let reply = answer(flow.request().clone()).await;
                step = resume(flow, reply, &mut cache, clock())?;
            }
        }
    }
}
