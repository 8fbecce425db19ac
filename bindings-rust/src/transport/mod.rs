//! What sends requests: the traits, and what the transports of this crate promise.
//!
//! * The body is read up to `max_response_bytes` and a little more, by which the core sees that it was exceeded.
//! * The whole exchange ends within `timeout_secs`, however slowly the server drips.
//! * A redirect is an answer like any other: it is handed to the core, which refuses it, and never followed.
//! * Nothing is sent that the core did not ask for: no netrc, no cookies. A proxy is used where one is named, and the
//!   environment's only where that is asked for.
//! * No compression is asked for. What comes compressed all the same is handed to the core as it came, which says so.
//! * A request that asks for the client's certificate goes over a connection with it or is not sent; every other goes over one
//!   without.
//! * TLS 1.2 or newer, with the certificate and the host name verified. The authorities are the system's, unless others are named.
//!   `SSLKEYLOGFILE` is not obeyed.
//! * A failure becomes [`Unreachable`]. Its reason is one of the texts of this crate and never the library's message, which can
//!   quote a header.

#[cfg(any(feature = "reqwest", feature = "ureq"))]
mod network;
#[cfg(any(feature = "reqwest", feature = "ureq"))]
mod proxy;
#[cfg(any(feature = "reqwest", feature = "ureq"))]
mod reasons;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(any(feature = "reqwest", feature = "ureq"))]
mod tls;
#[cfg(feature = "ureq")]
mod ureq;

use std::fmt;

use relyingparty::{HttpRequest, HttpResponse, Reply, Request};

use crate::BoxFuture;
#[cfg(any(feature = "reqwest", feature = "ureq"))]
pub use network::Network;
#[cfg(feature = "reqwest")]
pub use reqwest::ReqwestTransport;
#[cfg(feature = "ureq")]
pub use ureq::UreqTransport;

/// Sends HTTP requests, on any async runtime.
///
/// A transport of your own must send a request exactly as it is, follow no redirect, send no cookies or other ambient credentials,
/// verify TLS, and keep the request's [`limits`](HttpRequest::limits): the core can check only what it is shown.
pub trait Transport: Send + Sync {
    /// Sends a request and returns the response, whatever its status.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Unreachable>>;

    /// Waits for so many seconds, with the timer of the runtime. `None` if there is none: then keys that cannot be fetched are not
    /// asked for a second time, who waits for somebody else's refresh does so until that one ends, and every visit of a
    /// [`Site`](crate::Site) whose session is due asks the store for its lock.
    fn sleep(&self, _seconds: u32) -> Option<BoxFuture<'static, ()>> {
        None
    }

    /// Answers what a flow of the core asks for, if it is HTTP or a pause: for
    /// [`drive_async`](relyingparty::drive_async), where there is no [`RelyingParty`](crate::RelyingParty).
    fn answer(&self, request: Request) -> BoxFuture<'_, Reply> {
        Box::pin(async move {
            match request {
                Request::Http(request) => self.send(request).await.map_or_else(Reply::from, Reply::Http),
                Request::Wait(wait) => match self.sleep(wait.seconds) {
                    Some(time) => {
                        time.await;
                        Reply::Waited
                    }
                    None => Reply::Unsupported,
                },
                _ => Reply::Unsupported,
            }
        })
    }

    /// Whether it has a TLS certificate of the client's, for requests that [ask for it](HttpRequest::client_certificate): then a
    /// client without keys and assertions authenticates with it by default.
    fn has_client_cert(&self) -> bool {
        false
    }
}

/// Why no response came. It becomes an error of the core: `unreachable`, or what a flow makes of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreachable {
    /// Why, in the error's detail `reason`: without secrets.
    pub reason: String,
}

impl Unreachable {
    /// For this reason.
    pub fn new(reason: impl Into<String>) -> Unreachable {
        Unreachable { reason: reason.into() }
    }
}

impl From<Unreachable> for Reply {
    fn from(Unreachable { reason }: Unreachable) -> Reply {
        Reply::Unreachable { reason }
    }
}

impl fmt::Debug for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unreachable({})", self.reason)
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unreachable {}

/// The request in the types that HTTP clients take, with the headers that every transport of this crate adds.
#[cfg(any(feature = "reqwest", feature = "ureq"))]
fn wire(request: HttpRequest) -> Result<http::Request<Vec<u8>>, Unreachable> {
    use http::header::{ACCEPT_ENCODING, HeaderValue, USER_AGENT};

    let mut wire = http::Request::try_from(request)
        .map_err(|_| Unreachable::new("the request cannot be expressed in HTTP"))?;
    let headers = wire.headers_mut();
    headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
    let name = HeaderValue::from_static(concat!("relyingparty-rust/", env!("CARGO_PKG_VERSION")));
    headers.entry(USER_AGENT).or_insert(name);
    Ok(wire)
}

/// Of the two clients of a transport, the one to send with: what asks for the client's certificate is never sent without.
#[cfg(any(feature = "reqwest", feature = "ureq"))]
fn which<'a, C>(request: &HttpRequest, usual: &'a C, certified: Option<&'a C>) -> Result<&'a C, Unreachable> {
    if !request.client_certificate {
        return Ok(usual);
    }
    let Some(certified) = certified else {
        return Err(Unreachable::new("the transport has no client certificate: give it a client_cert"));
    };
    if !request.url.starts_with("https:") {
        return Err(Unreachable::new(
            "the request asks for the client certificate, and its URL is not https",
        ));
    }
    Ok(certified)
}
