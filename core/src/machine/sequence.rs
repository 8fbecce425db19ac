//! A flow that is written as a sequence: an async function each of whose awaits is a request to the host.
//!
//! A login at one endpoint is a chain of two or three steps, and an enum shows them best. The protocols of a site ask a dozen
//! questions in an order that depends on the answers. Written as one function they can be read from top to bottom, and the
//! compiler keeps what has to be remembered. No runtime is involved: the function is polled when the host answers, and asks
//! for the next thing or ends.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use crate::machine::cache::Cache;
use crate::machine::flow::{Flow, Reply, Request, Step};
use crate::machine::lock::{Lock, Sendable};
use crate::report::{Error, ErrorKind};
use crate::text::time::Timestamp;

/// An operation written as a sequence, suspended on a request. `T` is what it yields.
pub struct Sequence<T> {
    request: Request,
    table: Table,
    work: Work<T>,
}

/// In a lock that nobody takes: with it a flow may be shared between threads, as every other flow.
type Work<T> = Lock<Pin<Box<dyn Sendable<Output = Result<T, Error>>>>>;

/// What lies between the sequence and its host.
struct Place {
    /// What the sequence asks for.
    asked: Option<Request>,
    /// What the host answered.
    answered: Option<Reply>,
    /// The host's cache, while the sequence runs.
    cache: Cache,
    now: Timestamp,
    /// Whose client the sequence speaks for.
    provider: Option<String>,
}

type Table = Arc<Lock<Place>>;

/// The host as the sequence sees it.
pub(crate) struct Host(Table);

impl Host {
    /// The time of the last answer.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.with(|place| place.now)
    }

    /// Lends the host's cache.
    pub(crate) fn cache<R>(&self, work: impl FnOnce(&mut Cache) -> R) -> R {
        self.0.with(|place| work(&mut place.cache))
    }

    /// From now on the sequence speaks for the client of this provider.
    pub(crate) fn speak_for(&self, provider: &str) {
        self.0.with(|place| place.provider = Some(provider.into()));
    }

    /// Asks for something and waits for the answer.
    pub(crate) async fn ask(&self, request: Request) -> Reply {
        self.0.with(|place| place.asked = Some(request));
        poll_fn(|_| match self.0.with(|place| place.answered.take()) {
            Some(reply) => Poll::Ready(reply),
            None => Poll::Pending,
        })
        .await
    }

    /// Carries a flow to its end.
    pub(crate) async fn run<F: Flow>(&self, start: Result<Step<F>, Error>) -> Result<F::Output, Error> {
        let mut step = start?;
        loop {
            let flow = match step {
                Step::Done(output) => return Ok(output),
                Step::Pending(flow) => flow,
            };
            let reply = self.ask(flow.request().clone()).await;
            let now = self.now();
            step = self.cache(|cache| flow.resume(reply, cache, now))?;
        }
    }
}

impl<T: 'static> Sequence<T> {
    /// Starts a sequence. It goes on until it asks for something, or ends.
    pub(crate) fn start<W>(
        work: impl FnOnce(Host) -> W,
        cache: &mut Cache,
        now: Timestamp,
    ) -> Result<Step<Sequence<T>>, Error>
    where
        W: Sendable<Output = Result<T, Error>> + 'static,
    {
        // Without std there is one thread, and what is behind the lock need not be sent.
        #[cfg_attr(not(feature = "std"), allow(clippy::arc_with_non_send_sync))]
        let table = Arc::new(Lock::new(Place {
            asked: None,
            answered: None,
            cache: Cache::default(),
            now,
            provider: None,
        }));
        let work = Box::pin(work(Host(table.clone())));
        go_on(table, Lock::new(work), None, cache, now)
    }

    /// The name of the provider whose client asks, by its keys and over its network: a site may have several. `None` while the
    /// sequence has spoken for none.
    pub fn provider(&self) -> Option<String> {
        self.table.with(|place| place.provider.clone())
    }
}

fn go_on<T>(
    table: Table,
    mut work: Work<T>,
    reply: Option<Reply>,
    cache: &mut Cache,
    now: Timestamp,
) -> Result<Step<Sequence<T>>, Error> {
    table.with(|place| {
        place.answered = reply;
        place.now = now;
        core::mem::swap(&mut place.cache, cache);
    });
    let polled = work.get_mut().as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let asked = table.with(|place| {
        core::mem::swap(&mut place.cache, cache);
        place.asked.take()
    });
    match (polled, asked) {
        (Poll::Ready(outcome), _) => outcome.map(Step::Done),
        (Poll::Pending, Some(request)) => Ok(Step::Pending(Sequence { request, table, work })),
        // A sequence awaits its host and nothing else.
        (Poll::Pending, None) => Err(ErrorKind::WrongReply.with(["request", "nothing"])),
    }
}

impl<T> Flow for Sequence<T> {
    type Output = T;

    fn request(&self) -> &Request {
        &self.request
    }

    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        go_on(self.table, self.work, Some(reply), cache, now)
    }
}

impl<T> fmt::Debug for Sequence<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sequence({:?})", self.request)
    }
}
