//! One request in flight per URL, for hosts whose logins run side by side.

mod flight;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use flight::{End, Flight, Standing, locked};

use crate::machine::drive::{CacheAccess, resume};
use crate::machine::flow::{Flow, Reply, Request, Step};
use crate::machine::http::HttpRequest;
use crate::report::Error;
use crate::text::time::Timestamp;

/// Lets many logins that need the same metadata or keys at the same time share one request.
///
/// Its [`drive`](Coalescer::drive) and [`drive_async`](Coalescer::drive_async) take the place of the [plain
/// ones](crate::drive): requests that [may share](crate::Endpoint::coalesces) wait while another of the same URL and
/// [`Limits`](crate::Limits) is under way and get its reply; all others go straight through. Whoever is the first to ask
/// looks into the cache once more, so that nobody asks for what another flow has put there meanwhile. One for the life of
/// the program.
///
/// # Who waits, and how long
///
/// Nobody waits for somebody who cannot answer:
///
/// * Who asks while it sends (what `send` calls, on the same thread, however deep; a future that the sending future polls)
///   sends for itself, at once.
/// * Where the sender panics or its future is dropped, one of those who wait sends instead.
/// * Nobody waits for one request longer than its [`timeout_secs`](crate::Limits::timeout_secs) and a second, whatever holds
///   it up: a thread or a task that waits for one of those who wait, a transport without a limit of time, a process that was
///   forked while a thread sent. Then one of them sends instead, and after a second wait in vain everybody for itself.
///
/// The time of tasks that wait is kept by a thread, one for each request that a task waits for, until it is answered. Where
/// the platform has no threads (WebAssembly) it is not kept: there a task waits until the sender answers or is dropped.
#[derive(Debug, Default)]
pub struct Coalescer {
    flights: Mutex<BTreeMap<Key, Arc<Flight>>>,
}

/// URL and limits: who allows a smaller response or less time gets another answer.
type Key = (String, usize, u32);

fn key(request: &HttpRequest) -> Key {
    (request.url.clone(), request.limits.max_response_bytes, request.limits.timeout_secs)
}

/// How often somebody waits in vain before it sends for itself.
const MOST_IN_VAIN: u32 = 2;

enum Role<'a> {
    Alone,
    Leader(Leader<'a>),
    Follower(Arc<Flight>),
}

impl Coalescer {
    /// As [`drive`](crate::drive), with the requests that can be shared.
    ///
    /// # Errors
    /// Whatever the flow ends with.
    pub fn drive<F: Flow>(
        &self,
        mut step: Step<F>,
        mut cache: impl CacheAccess,
        mut clock: impl FnMut() -> Timestamp,
        mut send: impl FnMut(&Request) -> Reply,
    ) -> Result<F::Output, Error> {
        let mut in_vain = 0;
        loop {
            let flow = match step {
                Step::Done(output) => return Ok(output),
                Step::Pending(flow) => flow,
            };
            step = match self.role(flow.request(), Some(thread::current().id()), in_vain) {
                Role::Alone => {
                    let reply = send(flow.request());
                    resume(flow, reply, &mut cache, clock())?
                }
                Role::Follower(flight) => match flight.wait().reply(&mut in_vain) {
                    Some(reply) => resume(flow, reply, &mut cache, clock())?,
                    None => Step::Pending(flow),
                },
                Role::Leader(leader) => match look_again(flow, &mut cache, clock())? {
                    Step::Pending(flow) if leader.is_for(flow.request()) => {
                        let reply = send(flow.request());
                        leader.land_after(reply, |reply| resume(flow, reply, &mut cache, clock()))?
                    }
                    step => step,
                },
            }
        }
    }

    /// As [`drive_async`](crate::drive_async), with the requests that can be shared. When the future that sends is dropped,
    /// another one sends.
    ///
    /// # Errors
    /// Whatever the flow ends with.
    pub async fn drive_async<F: Flow, A: Future<Output = Reply>>(
        &self,
        mut step: Step<F>,
        mut cache: impl CacheAccess,
        mut clock: impl FnMut() -> Timestamp,
        mut send: impl FnMut(Request) -> A,
    ) -> Result<F::Output, Error> {
        let mut in_vain = 0;
        loop {
            let flow = match step {
                Step::Done(output) => return Ok(output),
                Step::Pending(flow) => flow,
            };
            step = match self.role(flow.request(), None, in_vain) {
                Role::Alone => {
                    let reply = send(flow.request().clone()).await;
                    resume(flow, reply, &mut cache, clock())?
                }
                Role::Follower(flight) => match flight.ended().await.reply(&mut in_vain) {
                    Some(reply) => resume(flow, reply, &mut cache, clock())?,
                    None => Step::Pending(flow),
                },
                Role::Leader(leader) => match look_again(flow, &mut cache, clock())? {
                    Step::Pending(flow) if leader.is_for(flow.request()) => {
                        let reply = leader.send(|| send(flow.request().clone())).await;
                        leader.land_after(reply, |reply| resume(flow, reply, &mut cache, clock()))?
                    }
                    step => step,
                },
            }
        }
    }

    /// Answers a request, blocking: for a driver of your own. A flow that was held up between its look into the cache and
    /// its request may ask for what has arrived meanwhile; send it [`Reply::LookAgain`] first.
    pub fn answer(&self, request: &Request, send: impl FnOnce(&Request) -> Reply) -> Reply {
        let mut in_vain = 0;
        loop {
            match self.role(request, Some(thread::current().id()), in_vain) {
                Role::Alone => return send(request),
                Role::Leader(leader) => return leader.land(send(request)),
                Role::Follower(flight) => {
                    if let Some(reply) = flight.wait().reply(&mut in_vain) {
                        return reply;
                    }
                }
            }
        }
    }

    /// The same on any runtime. When the future that sends is dropped, another one sends.
    pub async fn answer_async<A: Future<Output = Reply>>(
        &self,
        request: Request,
        send: impl FnOnce(Request) -> A,
    ) -> Reply {
        let mut in_vain = 0;
        loop {
            match self.role(&request, None, in_vain) {
                Role::Alone => return send(request).await,
                Role::Leader(leader) => {
                    let reply = leader.send(|| send(request)).await;
                    return leader.land(reply);
                }
                Role::Follower(flight) => {
                    if let Some(reply) = flight.ended().await.reply(&mut in_vain) {
                        return reply;
                    }
                }
            }
        }
    }

    /// What whoever asks does now: it is on this thread for as long as it sends, or on whichever thread polls it; and it has
    /// waited in vain so often.
    fn role(&self, request: &Request, thread: Option<ThreadId>, in_vain: u32) -> Role<'_> {
        let Request::Http(http) = request else { return Role::Alone };
        if !http.endpoint.coalesces() || in_vain >= MOST_IN_VAIN {
            return Role::Alone;
        }
        let key = key(http);
        let mut flights = locked(&self.flights);
        if let Some(flight) = flights.get(&key) {
            match flight.standing() {
                Standing::SentFromHere => return Role::Alone,
                Standing::Open => return Role::Follower(Arc::clone(flight)),
                // Who sent it may come back to find it replaced.
                Standing::InVain => {}
            }
        }
        let flight = Arc::new(Flight::new(http.limits.timeout_secs, thread));
        flights.insert(key.clone(), Arc::clone(&flight));
        Role::Leader(Leader { coalescer: self, key, flight })
    }
}

impl End {
    /// The reply, if there is one; if there is none because it was late, that counts.
    fn reply(self, in_vain: &mut u32) -> Option<Reply> {
        match self {
            End::Landed(reply) => Some(reply),
            End::Abandoned => None,
            End::Overdue => {
                *in_vain = in_vain.saturating_add(1);
                None
            }
        }
    }
}

/// Whoever sends; however it ends, the others are told.
struct Leader<'a> {
    coalescer: &'a Coalescer,
    key: Key,
    flight: Arc<Flight>,
}

impl Leader<'_> {
    fn is_for(&self, request: &Request) -> bool {
        matches!(request, Request::Http(request) if key(request) == self.key)
    }

    /// Sends, and lets the flight know the thread whenever it is at it.
    async fn send<A: Future<Output = Reply>>(&self, send: impl FnOnce() -> A) -> Reply {
        let mut sent = pin!(self.flight.sending(send));
        poll_fn(|context| self.flight.sending(|| sent.as_mut().poll(context))).await
    }

    /// Whoever asks from now on, one of those who waited perhaps, gets another.
    fn land(self, reply: Reply) -> Reply {
        self.leave();
        self.flight.end(End::Landed(reply.clone()));
        reply
    }

    fn leave(&self) {
        let mut flights = locked(&self.coalescer.flights);
        if flights.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.remove(&self.key);
        }
    }

    /// The others get the reply once the cache has it: who comes after them looks there.
    fn land_after<T>(self, reply: Reply, consume: impl FnOnce(Reply) -> T) -> T {
        let consumed = consume(reply.clone());
        self.land(reply);
        consumed
    }
}

/// Nothing is put into the cache, so that a snapshot will do.
fn look_again<F: Flow>(flow: F, cache: &mut impl CacheAccess, now: Timestamp) -> Result<Step<F>, Error> {
    let mut snapshot = cache.with(|cache| cache.clone());
    flow.resume(Reply::LookAgain, &mut snapshot, now)
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.flight.end(End::Abandoned);
        self.leave();
    }
}

#[cfg(test)]
mod tests;
