//! What a host gets to count and to trace with: its answers, watched from outside.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::machine::flow::{Reply, Request};
use crate::machine::http::{Endpoint, Method};

/// A request that is about to be sent: what may be logged of it. No URL, header, body, key or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// What is wanted, for a label: the [endpoint's name](Endpoint::as_str), `signature` (to check one), `sign`, `assertion`, `store` or
    /// `wait`.
    pub what: &'static str,
    /// The endpoint, of an HTTP request.
    pub endpoint: Option<Endpoint>,
    /// The method, of an HTTP request.
    pub method: Option<Method>,
    /// Scheme and authority of the URL, of an HTTP request: from configuration or the provider's metadata. Otherwise empty.
    pub origin: &'a str,
}

impl<'a> Asked<'a> {
    fn of(request: &'a Request) -> Asked<'a> {
        let (what, http) = match request {
            Request::Http(http) => (http.endpoint.as_str(), Some(http)),
            Request::Verify(_) => ("signature", None),
            Request::Wait(_) => ("wait", None),
            #[cfg(feature = "signing")]
            Request::Sign(_) => ("sign", None),
            #[cfg(feature = "signing")]
            Request::Assertion(_) => ("assertion", None),
            #[cfg(feature = "site")]
            Request::Store(_) => ("store", None),
        };
        let origin = http.map_or("", |http| http.origin());
        Asked { what, endpoint: http.map(|http| http.endpoint), method: http.map(|http| http.method), origin }
    }
}

/// What came of the request: what may be logged of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answered {
    /// A response with this status. Whether it is in order is judged later.
    Status(u16),
    /// No response, or one that broke a limit.
    Unreachable,
    /// A verdict on a signature: whether it is good.
    Verified(bool),
    /// A signature was made.
    Signed,
    /// An assertion was supplied.
    Asserted,
    /// The store answered. `true`: it did what was asked; `false`: another entry or lock was in the way.
    Stored(bool),
    /// The time has come.
    Waited,
    /// The host does not answer requests of this kind.
    Unsupported,
    /// Nothing was sent.
    LookAgain,
}

impl From<&Reply> for Answered {
    fn from(reply: &Reply) -> Answered {
        match reply {
            Reply::Http(response) => Answered::Status(response.status),
            Reply::Unreachable { .. } => Answered::Unreachable,
            Reply::Verified(good) => Answered::Verified(*good),
            Reply::Signature(_) => Answered::Signed,
            Reply::Assertion(_) => Answered::Asserted,
            #[cfg(feature = "site")]
            Reply::Stored(_) => Answered::Stored(true),
            #[cfg(feature = "site")]
            Reply::Conflict | Reply::Busy => Answered::Stored(false),
            Reply::Waited => Answered::Waited,
            Reply::Unsupported => Answered::Unsupported,
            Reply::LookAgain => Answered::LookAgain,
        }
    }
}

/// A blocking host's answer, watched: `hook` is called before each request, and what it returns after it. In between is the
/// time that the request takes; what the first call began (a clock's reading, a span) the second one has.
///
/// For [`drive`](crate::drive); and for a [`Coalescer`](crate::Coalescer), where the hook sees the requests that are sent and
/// not those that share an answer.
///
/// ```
/// # use relyingparty::*;
/// # fn run(step: Step<Exchange>, cache: &mut Cache, now: fn() -> Timestamp, answer: fn(&Request) -> Reply) -> Result<(), Error> {
/// let answer = observed(answer, |asked| {
///     let what = asked.what;
///     move |answered| println!("{what}: {answered:?}")
/// });
/// let session = drive(step, cache, now, answer)?;
/// # Ok(()) }
/// ```
pub fn observed<D: FnOnce(Answered)>(
    mut answer: impl FnMut(&Request) -> Reply,
    mut hook: impl FnMut(&Asked<'_>) -> D,
) -> impl FnMut(&Request) -> Reply {
    move |request| {
        let done = hook(&Asked::of(request));
        let reply = answer(request);
        done(Answered::from(&reply));
        reply
    }
}

/// The same for an asynchronous host, on any runtime: for [`drive_async`](crate::drive_async) and a
/// [`Coalescer`](crate::Coalescer). Of a request whose future is dropped, what the hook returned is dropped too and never
/// called.
pub fn observed_async<A: Future<Output = Reply>, D: FnOnce(Answered)>(
    mut answer: impl FnMut(Request) -> A,
    mut hook: impl FnMut(&Asked<'_>) -> D,
) -> impl FnMut(Request) -> Observed<A, D> {
    move |request| {
        let done = hook(&Asked::of(&request));
        Observed { answer: Box::pin(answer(request)), done: Some(done) }
    }
}

/// The future of an answer that is [observed](observed_async). `Send` where the host's parts are.
#[must_use = "futures do nothing unless they are polled"]
pub struct Observed<A, D> {
    answer: Pin<Box<A>>,
    done: Option<D>,
}

/// What the hook returned is moved, and never pinned.
impl<A, D> Unpin for Observed<A, D> {}

impl<A: Future<Output = Reply>, D: FnOnce(Answered)> Future for Observed<A, D> {
    type Output = Reply;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let polled = self.answer.as_mut().poll(context);
        if let Poll::Ready(reply) = &polled
            && let Some(done) = self.done.take()
        {
            done(Answered::from(reply));
        }
        polled
    }
}

impl<A, D> core::fmt::Debug for Observed<A, D> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if self.done.is_some() { "Observed(under way)" } else { "Observed(answered)" })
    }
}
