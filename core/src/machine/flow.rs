//! The one shape of every operation: suspended on a request, resumed with a reply.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "signing")]
use crate::jose::SigningKey;
use crate::jose::{Alg, Key};
use crate::machine::cache::Cache;
use crate::machine::http::{HttpRequest, HttpResponse};
#[cfg(feature = "site")]
use crate::machine::store::{StoreRequest, Stored};
use crate::report::{Error, ErrorKind};
use crate::text::secret::Secret;
use crate::text::time::Timestamp;

/// An operation suspended on one request to its host.
///
/// A flow that exists waits for a reply: it has no unstarted or finished state. [`resume`](Flow::resume) consumes it,
/// so a replay or a second resume does not compile.
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

/// What a flow wants of its host.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Request {
    /// Send an HTTP request. Answer with [`Reply::Http`] or [`Reply::Unreachable`].
    Http(HttpRequest),
    /// Check a signature. Answer with [`Reply::Verified`]. Only asked for when the
    /// [policy](crate::Policy::signatures) leaves signatures to the host.
    Verify(VerifyRequest),
    /// Sign with a key that the host holds. Answer with [`Reply::Signature`], or with [`Reply::Unreachable`] when whoever holds
    /// it does not answer.
    #[cfg(feature = "signing")]
    Sign(SignRequest),
    /// Say who the client is by an assertion that the host has from elsewhere, fresh for this request. Answer with
    /// [`Reply::Assertion`], or with [`Reply::Unreachable`] when none can be had.
    #[cfg(feature = "signing")]
    Assertion(AssertionRequest),
    /// Look into the store that all processes share, or change it. Answer with [`Reply::Stored`], [`Reply::Conflict`] or
    /// [`Reply::Busy`], as the request says, or with [`Reply::Unreachable`] when the store does not answer.
    #[cfg(feature = "site")]
    Store(StoreRequest),
    /// Wait. Answer with [`Reply::Waited`], or at once with [`Reply::Unsupported`] where nothing can wait: the flow then
    /// ends with what the wait would have put off.
    Wait(WaitRequest),
}

/// A pause before another attempt, bounded by [`Policy::key_wait_secs`](crate::Policy::key_wait_secs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitRequest {
    /// When the next attempt is due.
    pub until: Timestamp,
    /// How long to wait, in seconds from when the flow asked.
    pub seconds: u32,
}

impl WaitRequest {
    /// A pause of so many seconds from now.
    pub(crate) fn from(now: Timestamp, seconds: u32) -> WaitRequest {
        WaitRequest { until: now.plus(seconds), seconds }
    }
}

impl Request {
    /// Whether the reply goes into the cache. For other replies the cache is only read: a host that shares its cache
    /// between threads can pass [a snapshot](Cache) instead of holding a lock.
    pub fn fills_cache(&self) -> bool {
        match self {
            Request::Http(request) => request.endpoint.coalesces() || request.learns_nonce(),
            Request::Verify(_) | Request::Wait(_) => false,
            #[cfg(feature = "signing")]
            Request::Sign(_) | Request::Assertion(_) => false,
            #[cfg(feature = "site")]
            Request::Store(_) => false,
        }
    }
}

/// Something for the host to sign with a key that it holds. `Debug` shows what it is for and the algorithm only.
///
/// What is signed says what it is for in its header (`typ`), so that no signature serves for anything else.
#[cfg(feature = "signing")]
#[derive(Clone)]
pub struct SignRequest {
    pub(crate) key: SigningKey,
    pub(crate) purpose: &'static str,
    pub(crate) signing_input: Vec<u8>,
}

#[cfg(feature = "signing")]
impl SignRequest {
    /// The key to sign with: what the host calls it is its [`name`](SigningKey::name).
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The algorithm to use, and no other.
    pub fn alg(&self) -> Alg {
        self.key.alg()
    }

    /// What it is for: `client_assertion`, `client_secret`, `dpop_proof`, `request_object`.
    pub fn purpose(&self) -> &'static str {
        self.purpose
    }

    /// The signature that the host answered with, if it can be one.
    pub(crate) fn signature(&self, reply: Reply) -> Result<Vec<u8>, Error> {
        match reply {
            Reply::Signature(signature) => self.key.accept(signature),
            Reply::Unreachable { reason } => Err(ErrorKind::Unreachable.with([self.purpose, &reason])),
            reply => Err(reply.wrong("signature")),
        }
    }

    /// What to sign. The signature is wanted as JWS has it (ECDSA: r and s, RFC 7518 3.4; not DER).
    pub fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }
}

#[cfg(feature = "signing")]
impl fmt::Debug for SignRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignRequest({}, {})", self.purpose, self.alg().as_str())
    }
}

/// An assertion for the host to supply (RFC 7521 4.2).
#[cfg(feature = "signing")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssertionRequest {
    /// Its type, as `client_assertion_type` names it.
    pub assertion_type: String,
    /// Who it is for: the provider's issuer identifier.
    pub audience: String,
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
    /// The one algorithm to use.
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

    /// The signature in the format of JWS (ECDSA: r and s, RFC 7518 3.4).
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The answer of the cryptography that is compiled in, for a host that checks signatures on another thread than the
    /// one that drives its flows.
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

/// What the host answers to a request.
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
    /// The signature that was asked for, as JWS has it.
    Signature(Vec<u8>),
    /// The assertion that was asked for. It is sent as it is.
    Assertion(Secret),
    /// What the store has, or that it is done.
    #[cfg(feature = "site")]
    Stored(Stored),
    /// The store has another entry, or another version of it, or none any more: nothing was changed.
    #[cfg(feature = "site")]
    Conflict,
    /// Somebody else holds the lock.
    #[cfg(feature = "site")]
    Busy,
    /// Nothing was sent: look into the cache once more, since another flow may have filled it. Where the cache still
    /// does not have it, the flow waits on with the same request. Only for [requests that fill the
    /// cache](Request::fills_cache): this is how a [`Coalescer`](crate::Coalescer) makes sure that nobody who was held
    /// up between looking and asking asks again.
    LookAgain,
    /// The time of a [`Request::Wait`] has come.
    Waited,
    /// The host has no answer to requests of this kind.
    Unsupported,
}

impl Reply {
    const fn kind(&self) -> &'static str {
        match self {
            Reply::Http(_) => "http",
            Reply::Unreachable { .. } => "unreachable",
            Reply::Verified(_) => "verified",
            Reply::Signature(_) => "signature",
            Reply::Assertion(_) => "assertion",
            #[cfg(feature = "site")]
            Reply::Stored(_) => "stored",
            #[cfg(feature = "site")]
            Reply::Conflict => "conflict",
            #[cfg(feature = "site")]
            Reply::Busy => "busy",
            Reply::LookAgain => "look_again",
            Reply::Waited => "waited",
            Reply::Unsupported => "unsupported",
        }
    }

    #[cold]
    pub(crate) fn wrong(&self, expected: &'static str) -> Error {
        match self {
            Reply::Unsupported => ErrorKind::UnsupportedRequest.with([expected]),
            reply => ErrorKind::WrongReply.with([expected, reply.kind()]),
        }
    }

    /// This reply, if it can answer an HTTP request.
    pub(crate) fn expect_http(self) -> Result<Reply, Error> {
        match self {
            Reply::Http(_) | Reply::Unreachable { .. } => Ok(self),
            reply => Err(reply.wrong("http")),
        }
    }

    /// The response to `request`, within the limits that can be checked here.
    pub(crate) fn http(self, request: &Request) -> Result<HttpResponse, Error> {
        match (request, self) {
            (Request::Http(request), Reply::Http(response)) => response.answering(request),
            (Request::Http(request), Reply::Unreachable { reason }) => {
                Err(ErrorKind::Unreachable.with([request.endpoint.as_str(), &reason]))
            }
            (_, reply) => Err(reply.wrong("http")),
        }
    }
}
