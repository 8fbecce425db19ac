//! Calling an API with an access token (RFC 6750 2.1, RFC 9449 7).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::ControlFlow;

use crate::client::Client;
use crate::grants::fresh::Fresh;
use crate::grants::proven::Proven;
use crate::grants::{Challenge, Grant, access};
use crate::login::session::Session;
use crate::machine::{Cache, Endpoint, Flow, HttpRequest, HttpResponse, Method, Reply, Request, Step};
use crate::report::{Decision, Error, ErrorKind, Trace};
use crate::text::Timestamp;
use crate::text::config::invalid;
use crate::text::origin;

/// A request for an API, without its access token. `Debug` shows method and origin only.
#[derive(Clone)]
pub struct ApiRequest(HttpRequest);

/// Headers that are the library's business.
const RESERVED: [&str; 2] = ["authorization", "dpop"];
/// Headers that say where a request ends and where it goes: the transport's business.
const FRAMING: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];

impl ApiRequest {
    /// A request with this method, to this URL.
    pub fn new(method: Method, url: impl Into<String>) -> ApiRequest {
        let limits = crate::machine::Policy::default().limits(Endpoint::Resource);
        ApiRequest(HttpRequest {
            endpoint: Endpoint::Resource,
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            limits,
            client_certificate: false,
        })
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> ApiRequest {
        self.0.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// The same with this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> ApiRequest {
        self.0.body = body.into();
        self
    }

    /// The same, its response at most so many bytes, read in at most so many seconds; otherwise 262144 bytes and 10 seconds.
    #[must_use]
    pub fn limits(mut self, max_response_bytes: usize, timeout_secs: u32) -> ApiRequest {
        self.0.limits.max_response_bytes = max_response_bytes;
        self.0.limits.timeout_secs = timeout_secs;
        self
    }
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The access token to call with: a session's, or a grant's.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    grant: &'a Grant,
    resource: &'a [String],
}

impl<'a> From<&'a Session> for Access<'a> {
    fn from(session: &'a Session) -> Access<'a> {
        Access { grant: session.grant(), resource: session.token_resource() }
    }
}

impl<'a> From<&'a Grant> for Access<'a> {
    fn from(grant: &'a Grant) -> Access<'a> {
        Access { grant, resource: &[] }
    }
}

/// Calling an API. Yields its response, whatever the status.
#[derive(Debug)]
pub struct Call(Box<Calling>);

#[derive(Debug)]
struct Calling {
    proven: Proven,
    trace: Trace,
}

/// What an API answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiResponse {
    /// The response.
    pub response: HttpResponse,
    /// What the API wants instead, if it refused the token and says so.
    pub challenge: Option<Challenge>,
    trace: Trace,
}

impl ApiResponse {
    /// What was decided on the way.
    pub fn decisions(&self) -> Vec<Decision> {
        self.trace.decisions()
    }
}

impl Client {
    /// Calls an API with an access token: adds `Authorization`, and where the token is bound to a key a proof
    /// ([`proving`](Client::proving)); goes round once more where a nonce is asked for. The token is sent only to the origins of
    /// the `resource` that it was asked for and to those of the registration's `api_origins`.
    ///
    /// # Errors
    /// `session_mismatch`, `no_access_token`, `origin_not_allowed`, `invalid_configuration`, `entropy_missing`; later those of
    /// [`Call`].
    pub fn call<'a>(&self, access: impl Into<Access<'a>>, request: ApiRequest) -> Result<Step<Call>, Error> {
        call(self, access.into(), request, None)
    }
}

pub(crate) fn call(
    client: &Client,
    access: Access<'_>,
    request: ApiRequest,
    fresh: Option<Fresh<'_>>,
) -> Result<Step<Call>, Error> {
    access.grant.check_client(client)?;
    let ApiRequest(request) = request;
    check_origin(client, access, &request)?;
    check_headers(&request)?;
    let mut trace = Trace::new(client.policy().record_decisions);
    let proven = access::request(client, request, access.grant, fresh, &mut trace);
    let proven = trace.attach(proven)?;
    Ok(Step::Pending(Call(Box::new(Calling { proven, trace }))))
}

/// A token goes to nobody whom it is not for.
fn check_origin(client: &Client, access: Access<'_>, request: &HttpRequest) -> Result<(), Error> {
    client.provider().issuer().check_endpoint(&request.url).map_err(|reason| invalid("url", reason))?;
    let wanted = origin::origin(&request.url);
    let configured = client.registration().api_origins.iter();
    if configured.chain(access.resource).any(|url| origin::origin(url) == wanted) {
        return Ok(());
    }
    Err(ErrorKind::OriginNotAllowed.with([request.origin()]))
}

/// A header is one header (RFC 9110 5.5), and none that would make another request of this one.
fn check_headers(request: &HttpRequest) -> Result<(), Error> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    for (name, value) in &request.headers {
        if RESERVED.contains(&name.as_str()) {
            return Err(invalid("headers", "have one that the library sets: authorization or dpop"));
        }
        if FRAMING.contains(&name.as_str()) {
            return Err(invalid("headers", "have one that the transport sets: leave it out"));
        }
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(invalid("headers", "have a name that HTTP does not allow"));
        }
        if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(invalid("headers", "have a value with a control character"));
        }
    }
    Ok(())
}

impl Flow for Call {
    type Output = ApiResponse;

    fn request(&self) -> &Request {
        self.0.proven.request()
    }

    /// # Errors
    /// `unreachable`, `redirect_refused`, `response_too_large`, `signature_unusable`, `dpop_nonce_refused`.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        let Calling { proven, mut trace } = *self.0;
        let proceeding = proven.resume(reply, cache, now, &mut trace);
        match trace.attach(proceeding)? {
            ControlFlow::Continue(proven) => Ok(Step::Pending(Call(Box::new(Calling { proven, trace })))),
            ControlFlow::Break(response) => {
                let refused = matches!(response.status, 401 | 403);
                let challenge = if refused { Challenge::of(&response) } else { None };
                Ok(Step::Done(ApiResponse { response, challenge, trace }))
            }
        }
    }
}
