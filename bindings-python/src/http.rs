//! Requests and replies as Python objects.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use relyingparty as core;

use crate::cache::Host;
use crate::signing::{Assertion, AssertionRequest, SignRequest};
use crate::store::{StoreReply, StoreRequest};

/// The limits of one exchange, which the host enforces. It also follows no redirect and sends no ambient credentials
/// (cookies, netrc).
#[pyclass(frozen, get_all, module = "relyingparty")]
pub(crate) struct Limits {
    /// The largest body, in bytes after decompression: stop reading past it.
    max_response_bytes: usize,
    /// The time for the whole exchange, in seconds, from connecting to the last byte.
    timeout_secs: u32,
}

/// An HTTP request for the host to send. Answer with `HttpResponse` or `Unreachable`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct HttpRequest(core::HttpRequest);

#[pymethods]
impl HttpRequest {
    /// The endpoint: `discovery`, `jwks`, `token`, `userinfo`, `pushed_authorization_request` or `resource`.
    #[getter]
    fn endpoint(&self) -> &'static str {
        self.0.endpoint.as_str()
    }

    /// Whether concurrent requests for the same URL may share one response.
    #[getter]
    fn coalesces(&self) -> bool {
        self.0.endpoint.coalesces()
    }

    /// `GET`, `POST` or another.
    #[getter]
    fn method(&self) -> &'static str {
        self.0.method.as_str()
    }

    /// The absolute URL.
    #[getter]
    fn url(&self) -> &str {
        &self.0.url
    }

    /// The headers as pairs. They can contain secrets.
    #[getter]
    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The body; empty for GET. It can contain secrets.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }

    /// The limits that the host enforces.
    #[getter]
    fn limits(&self) -> Limits {
        let core::Limits { max_response_bytes, timeout_secs, .. } = self.0.limits;
        Limits { max_response_bytes, timeout_secs }
    }

    /// Whether to send it over TLS with the client's certificate (RFC 8705), and never without.
    #[getter]
    fn client_certificate(&self) -> bool {
        self.0.client_certificate
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// A signature for the host to check, if the policy has `signatures="host"`. Answer with a `bool`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct VerifyRequest(core::VerifyRequest);

#[pymethods]
impl VerifyRequest {
    /// The one algorithm to use, such as `RS256` (RFC 7518 3.1).
    #[getter]
    fn alg(&self) -> &'static str {
        self.0.alg().as_str()
    }

    /// The public key: a JWK as JSON text.
    #[getter]
    fn jwk(&self) -> &str {
        self.0.jwk()
    }

    /// What was signed.
    #[getter]
    fn signing_input<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.signing_input())
    }

    /// The signature in the format of JWS (ECDSA: r and s, RFC 7518 3.4).
    #[getter]
    fn signature<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.signature())
    }

    fn __repr__(&self) -> String {
        format!("<VerifyRequest {}>", self.0.alg().as_str())
    }
}

/// An HTTP response, of whatever status.
///
/// `final_url` is the URL that answered, if the HTTP client reports it; any other than the request's is refused.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct HttpResponse(core::HttpResponse);

#[pymethods]
impl HttpResponse {
    /// `final_url` is the URL that answered, if the client reports it: any other than the request's is refused.
    #[new]
    #[pyo3(signature = (status, headers, body, final_url = None))]
    fn new(
        status: u16,
        headers: Vec<(String, String)>,
        body: PyBackedBytes,
        final_url: Option<String>,
    ) -> HttpResponse {
        let mut response = core::HttpResponse::new(status, headers, body.to_vec());
        response.final_url = final_url;
        HttpResponse(response)
    }

    /// The status code.
    #[getter]
    fn status(&self) -> u16 {
        self.0.status
    }

    /// The headers as pairs; names in upper or lower case.
    #[getter]
    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The body.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }

    /// The URL that answered, if the HTTP client reports it.
    #[getter]
    fn final_url(&self) -> Option<&str> {
        self.0.final_url.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// No response arrived, or the response broke a limit.
///
/// `reason` says why, without secrets: it becomes part of the error. `cause` is the HTTP client's exception: it
/// becomes the error's `__cause__`.
#[pyclass(frozen, get_all, module = "relyingparty")]
pub(crate) struct Unreachable {
    /// Why there was no response, without secrets.
    reason: String,
    /// The HTTP client's exception, if there is one.
    cause: Option<Py<PyAny>>,
}

#[pymethods]
impl Unreachable {
    #[new]
    #[pyo3(signature = (reason, cause = None))]
    fn new(reason: String, cause: Option<Py<PyAny>>) -> Unreachable {
        Unreachable { reason, cause }
    }

    fn __repr__(&self) -> String {
        format!("<Unreachable: {}>", self.reason)
    }
}

/// A pause before the next attempt. Answer with `Waited()` after it, or at once with `Unsupported()` if the host
/// cannot wait.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct WaitRequest(core::WaitRequest);

#[pymethods]
impl WaitRequest {
    /// When the next attempt is due, in Unix seconds.
    #[getter]
    fn until(&self) -> i64 {
        self.0.until.as_unix()
    }

    /// How long to wait, in seconds from when the flow asked.
    #[getter]
    fn seconds(&self) -> u32 {
        self.0.seconds
    }

    fn __repr__(&self) -> String {
        format!("<WaitRequest: {} s>", self.0.seconds)
    }
}

/// The reply to a `WaitRequest`: the time has come.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Waited;

#[pymethods]
impl Waited {
    #[new]
    fn new() -> Waited {
        Waited
    }
}

/// The reply of a host that cannot answer requests of this kind.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Unsupported;

#[pymethods]
impl Unsupported {
    #[new]
    fn new() -> Unsupported {
        Unsupported
    }
}

/// What a flow asks for, as a Python object.
pub(crate) fn request(py: Python<'_>, request: core::Request, host: &Host) -> PyResult<Py<PyAny>> {
    match request {
        core::Request::Http(request) => Ok(Py::new(py, HttpRequest(request))?.into_any()),
        core::Request::Verify(request) => Ok(Py::new(py, VerifyRequest(request))?.into_any()),
        core::Request::Sign(request) => {
            Ok(Py::new(py, SignRequest::new(py, request, &host.elsewhere)?)?.into_any())
        }
        core::Request::Assertion(request) => Ok(Py::new(py, AssertionRequest(request))?.into_any()),
        core::Request::Store(request) => Ok(Py::new(py, StoreRequest(request))?.into_any()),
        core::Request::Wait(request) => Ok(Py::new(py, WaitRequest(request))?.into_any()),
        _ => Err(pyo3::exceptions::PyNotImplementedError::new_err("a request of a newer core")),
    }
}

/// What the host found out, and its own exception if it could not.
pub(crate) fn reply(py: Python<'_>, reply: &Bound<'_, PyAny>) -> PyResult<(core::Reply, Option<PyErr>)> {
    if let Ok(response) = reply.cast::<HttpResponse>() {
        return Ok((core::Reply::Http(response.get().0.clone()), None));
    }
    if let Ok(unreachable) = reply.cast::<Unreachable>() {
        let Unreachable { reason, cause } = unreachable.get();
        let cause = cause.as_ref().map(|cause| PyErr::from_value(cause.bind(py).clone()));
        return Ok((core::Reply::Unreachable { reason: reason.clone() }, cause));
    }
    if let Ok(signature) = reply.cast::<PyBytes>() {
        return Ok((core::Reply::Signature(signature.as_bytes().to_vec()), None));
    }
    if let Ok(assertion) = reply.cast::<Assertion>() {
        return Ok((core::Reply::Assertion(assertion.get().0.clone()), None));
    }
    if let Ok(reply) = reply.cast::<StoreReply>() {
        return Ok((reply.get().0.clone(), None));
    }
    if reply.is_instance_of::<Waited>() {
        return Ok((core::Reply::Waited, None));
    }
    if reply.is_instance_of::<Unsupported>() {
        return Ok((core::Reply::Unsupported, None));
    }
    Ok((core::Reply::Verified(reply.extract()?), None))
}
