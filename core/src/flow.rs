//! The one shape of every operation: suspended on a request, resumed with a reply.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::cache::Cache;
use crate::error::{Error, ErrorKind};
use crate::http::{HttpRequest, HttpResponse};
use crate::jose::{Alg, Key};
use crate::time::Timestamp;

/// An operation suspended on one request to its host.
///
/// A flow that exists is a flow that waits: there is no unstarted or finished state to misuse.
/// [`resume`](Flow::resume) consumes it, so replay, double resume and re-entrancy do not compile.
pub trait Flow: Sized {
    /// What the operation yields.
    type Output;

    /// The request the flow waits on.
    fn request(&self) -> &Request;

    /// Goes on with the host's reply.
    ///
    /// # Errors
    /// `wrong_reply` when the reply is of another kind than the request; otherwise what the operation found.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error>;
}

/// Where an operation stands.
#[must_use = "a pending flow has done nothing yet"]
#[derive(Debug)]
pub enum Step<F: Flow> {
    /// It waits for the host's reply.
    Pending(F),
    /// It is over.
    Done(F::Output),
}

impl<F: Flow> Step<F> {
    /// The same step of a flow that contains this one.
    pub(crate) fn map<G: Flow<Output = F::Output>>(self, pending: impl FnOnce(F) -> G) -> Step<G> {
        match self {
            Step::Pending(flow) => Step::Pending(pending(flow)),
            Step::Done(output) => Step::Done(output),
        }
    }
}

/// What a flow wants of its host.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Request {
    /// Send an HTTP request. Answer with [`Reply::Http`] or [`Reply::Unreachable`].
    Http(HttpRequest),
    /// Check a signature. Answer with [`Reply::Verified`]. Only asked for when the
    /// [policy](crate::Policy::signatures) leaves signatures to the host.
    Verify(VerifyRequest),
}

impl Request {
    /// Whether the reply goes into the cache. While one that does not is consumed, the cache is only read: a host
    /// that shares its cache between threads can pass [a snapshot](Cache) instead of holding a lock.
    pub fn fills_cache(&self) -> bool {
        match self {
            Request::Http(request) => request.endpoint.coalesces(),
            Request::Verify(_) => false,
        }
    }
}

/// A signature for the host to check, with a key that has passed the core's own checks.
/// `Debug` shows the algorithm only.
#[derive(Clone)]
pub struct VerifyRequest {
    pub(crate) alg: Alg,
    pub(crate) key: Arc<Key>,
    pub(crate) signing_input: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl VerifyRequest {
    /// The algorithm to use, and no other.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// The public key: a JWK as JSON text with `kty` and the public members only, the same text for the same key.
    pub fn jwk(&self) -> &str {
        &self.key.jwk
    }

    /// What was signed.
    pub fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }

    /// The signature as JWS has it (ECDSA: r and s, RFC 7518 3.4).
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The answer of the cryptography that is compiled in, for a host that wants signatures checked elsewhere than on
    /// the thread that drives its flows.
    #[cfg(any(feature = "rustcrypto", feature = "aws-lc-rs"))]
    pub fn check(&self) -> Reply {
        Reply::Verified(self.key.verify(self.alg, &self.signing_input, &self.signature))
    }
}

impl fmt::Debug for VerifyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyRequest({})", self.alg.as_str())
    }
}

/// What the host found out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reply {
    /// A response arrived, whatever its status.
    Http(HttpResponse),
    /// No response arrived, or it broke a limit while it was read.
    Unreachable {
        /// Why, for the error's details: no secrets.
        reason: String,
    },
    /// Whether the signature is good.
    Verified(bool),
    /// Nothing was sent: look into the cache once more, since another flow may have filled it. Where the cache still
    /// does not have it, the flow waits on with the same request. Only for [requests that fill the
    /// cache](Request::fills_cache): this is how a [`Coalescer`](crate::Coalescer) makes sure that nobody who was held
    /// up between looking and asking asks again.
    LookAgain,
}

impl Reply {
    const fn kind(&self) -> &'static str {
        match self {
            Reply::Http(_) => "http",
            Reply::Unreachable { .. } => "unreachable",
            Reply::Verified(_) => "verified",
            Reply::LookAgain => "look_again",
        }
    }

    pub(crate) fn wrong(&self, expected: &str) -> Error {
        ErrorKind::WrongReply.with([expected, self.kind()])
    }

    /// The response to `request`, within the limits that can be checked here.
    pub(crate) fn http(self, request: &Request) -> Result<HttpResponse, Error> {
        let Request::Http(request) = request else { return Err(self.wrong("verified")) };
        match self {
            Reply::Http(response) => response.check_limits(request).map(|()| response),
            Reply::Unreachable { reason } => {
                Err(ErrorKind::Unreachable.with([request.endpoint.as_str(), &reason]))
            }
            Reply::Verified(_) | Reply::LookAgain => Err(self.wrong("http")),
        }
    }
}
