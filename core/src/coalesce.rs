//! One request in flight per URL, for hosts whose logins run side by side.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::drive::{CacheAccess, resume};
use crate::error::Error;
use crate::flow::{Flow, Reply, Request, Step};
use crate::time::Timestamp;

/// Lets a herd of logins that all want the same metadata or keys share one answer.
///
/// Its [`drive`](Coalescer::drive) and [`drive_async`](Coalescer::drive_async) take the place of the [plain
/// ones](crate::drive): requests that [may share](crate::Endpoint::coalesces) wait while another of the same URL is under
/// way and get its reply; all others go straight through. Whoever is the first to ask looks into the cache once more, so
/// that nobody asks for what another flow has put there meanwhile. One for the life of the program.
#[derive(Debug, Default)]
pub struct Coalescer {
    flights: Mutex<BTreeMap<String, Arc<Flight>>>,
}

/// A request under way, and who waits for it.
#[derive(Debug, Default)]
struct Flight {
    state: Mutex<State>,
    landed: Condvar,
}

#[derive(Debug)]
enum State {
    UnderWay(Vec<Waker>),
    Landed(Reply),
    /// The one who sent it went away: somebody else has to.
    Abandoned,
}

impl Default for State {
    fn default() -> Self {
        State::UnderWay(Vec::new())
    }
}

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
        loop {
            let flow = match step {
                Step::Done(output) => return Ok(output),
                Step::Pending(flow) => flow,
            };
            step = match self.role(flow.request()) {
                Role::Alone => {
                    let reply = send(flow.request());
                    resume(flow, reply, &mut cache, clock())?
                }
                Role::Follower(flight) => match flight.wait() {
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
        loop {
            let flow = match step {
                Step::Done(output) => return Ok(output),
                Step::Pending(flow) => flow,
            };
            step = match self.role(flow.request()) {
                Role::Alone => {
                    let reply = send(flow.request().clone()).await;
                    resume(flow, reply, &mut cache, clock())?
                }
                Role::Follower(flight) => match poll_fn(|context| flight.poll(context)).await {
                    Some(reply) => resume(flow, reply, &mut cache, clock())?,
                    None => Step::Pending(flow),
                },
                Role::Leader(leader) => match look_again(flow, &mut cache, clock())? {
                    Step::Pending(flow) if leader.is_for(flow.request()) => {
                        let reply = pin!(send(flow.request().clone())).await;
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
        loop {
            match self.role(request) {
                Role::Alone => return send(request),
                Role::Leader(leader) => return leader.land(send(request)),
                Role::Follower(flight) => {
                    if let Some(reply) = flight.wait() {
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
        loop {
            match self.role(&request) {
                Role::Alone => return send(request).await,
                Role::Leader(leader) => {
                    let reply = pin!(send(request)).await;
                    return leader.land(reply);
                }
                Role::Follower(flight) => {
                    if let Some(reply) = poll_fn(|context| flight.poll(context)).await {
                        return reply;
                    }
                }
            }
        }
    }

    fn role(&self, request: &Request) -> Role<'_> {
        let Request::Http(http) = request else { return Role::Alone };
        if !http.endpoint.coalesces() {
            return Role::Alone;
        }
        let mut flights = locked(&self.flights);
        if let Some(flight) = flights.get(&http.url) {
            return Role::Follower(Arc::clone(flight));
        }
        let flight = Arc::new(Flight::default());
        flights.insert(http.url.clone(), Arc::clone(&flight));
        Role::Leader(Leader { coalescer: self, url: http.url.clone(), flight })
    }
}

/// Whoever sends; however it ends, the others are told.
struct Leader<'a> {
    coalescer: &'a Coalescer,
    url: String,
    flight: Arc<Flight>,
}

impl Leader<'_> {
    fn is_for(&self, request: &Request) -> bool {
        matches!(request, Request::Http(request) if request.url == self.url)
    }

    fn land(self, reply: Reply) -> Reply {
        self.flight.end(State::Landed(reply.clone()));
        reply
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
        locked(&self.coalescer.flights).remove(&self.url);
        self.flight.end(State::Abandoned);
    }
}

impl Flight {
    /// The first end counts.
    fn end(&self, end: State) {
        let mut state = locked(&self.state);
        if let State::UnderWay(waiting) = &mut *state {
            let waiting = std::mem::take(waiting);
            *state = end;
            drop(state);
            self.landed.notify_all();
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    fn wait(&self) -> Option<Reply> {
        let mut state = locked(&self.state);
        loop {
            match &*state {
                State::UnderWay(_) => state = self.landed.wait(state).unwrap_or_else(PoisonError::into_inner),
                State::Landed(reply) => return Some(reply.clone()),
                State::Abandoned => return None,
            }
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Option<Reply>> {
        match &mut *locked(&self.state) {
            State::UnderWay(waiting) => {
                // Who waits beside other things is polled often.
                if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                    waiting.push(context.waker().clone());
                }
                Poll::Pending
            }
            State::Landed(reply) => Poll::Ready(Some(reply.clone())),
            State::Abandoned => Poll::Ready(None),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::http::{Endpoint, HttpRequest, HttpResponse};
    use crate::policy::Policy;

    fn request(endpoint: Endpoint) -> Request {
        Request::Http(HttpRequest::get(endpoint, "https://op.example/x", &Policy::default()))
    }

    fn ok() -> Reply {
        Reply::Http(HttpResponse::new(200, vec![], vec![]))
    }

    fn is_ok(reply: &Reply) -> bool {
        matches!(reply, Reply::Http(response) if response.status == 200)
    }

    #[test]
    fn threads_share_one_answer() {
        let (coalescer, sent) = (Coalescer::default(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            let ask = || {
                coalescer.answer(&request(Endpoint::Jwks), |_| {
                    sent.fetch_add(1, Ordering::SeqCst);
                    // Leader, map and seven followers hold the flight: all are there.
                    while Arc::strong_count(&leader_of(&coalescer)) < 10 {
                        std::thread::yield_now();
                    }
                    ok()
                })
            };
            let herd: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            assert!(herd.into_iter().all(|thread| is_ok(&thread.join().unwrap())));
        });
        assert_eq!(sent.into_inner(), 1);
        assert!(coalescer.flights.into_inner().unwrap().is_empty());
    }

    fn leader_of(coalescer: &Coalescer) -> Arc<Flight> {
        Arc::clone(locked(&coalescer.flights).values().next().unwrap())
    }

    #[test]
    fn tasks_share_one_answer_and_outlive_the_one_who_asked() {
        let (coalescer, sent) = (Coalescer::default(), Cell::new(0));
        let mut context = Context::from_waker(Waker::noop());
        let ask = |reply: Option<Reply>| {
            coalescer.answer_async(request(Endpoint::Discovery), |_| {
                sent.set(sent.get() + 1);
                poll_fn(move |_| reply.clone().map_or(Poll::Pending, Poll::Ready))
            })
        };
        let mut stuck = Box::pin(ask(None));
        let (mut second, mut third) = (Box::pin(ask(Some(ok()))), Box::pin(ask(Some(ok()))));
        assert!(stuck.as_mut().poll(&mut context).is_pending());
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert!(third.as_mut().poll(&mut context).is_pending());
        assert_eq!(sent.get(), 1);
        drop(stuck);
        for mut waiting in [second, third] {
            assert!(matches!(waiting.as_mut().poll(&mut context), Poll::Ready(reply) if is_ok(&reply)));
        }
    }

    #[test]
    fn a_task_that_is_polled_often_is_woken_once() {
        struct Task;
        impl std::task::Wake for Task {
            fn wake(self: Arc<Self>) {}
        }
        let coalescer = Coalescer::default();
        let waker = Arc::new(Task).into();
        let mut context = Context::from_waker(&waker);
        let ask = || coalescer.answer_async(request(Endpoint::Jwks), |_| std::future::pending());
        let (mut leader, mut follower) = (pin!(ask()), pin!(ask()));
        assert!(leader.as_mut().poll(&mut context).is_pending());
        for _ in 0..3 {
            assert!(follower.as_mut().poll(&mut context).is_pending());
        }
        let flight = leader_of(&coalescer);
        let state = locked(&flight.state);
        assert!(matches!(&*state, State::UnderWay(waiting) if waiting.len() == 1));
    }

    #[test]
    fn f6_requests_with_credentials_are_never_shared() {
        let coalescer = Coalescer::default();
        coalescer.answer(&request(Endpoint::Token), |_| {
            assert!(coalescer.flights.lock().unwrap().is_empty());
            coalescer.answer(&request(Endpoint::Token), |_| ok())
        });
    }
}
