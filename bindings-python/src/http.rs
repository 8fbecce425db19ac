//! Requests and replies as Python objects.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use relyingparty as core;

/// What the host must enforce while it answers. Beside it, always: no redirect is followed, and no ambient
/// credentials (cookies, netrc, proxy logins) are sent.
#[pyclass(frozen, get_all, module = "relyingparty")]
pub(crate) struct Limits {
    /// Stop reading the body when it grows past this many bytes, after any decompression.
    max_response_bytes: usize,
    /// Give up after this many seconds in all, from connecting to the last byte.
    timeout_secs: u32,
}

/// An HTTP request for the host to send. Answer with `HttpResponse` or `Unreachable`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct HttpRequest(core::HttpRequest);

#[pymethods]
impl HttpRequest {
    /// Where it goes: `discovery`, `jwks`, `token` or `userinfo`.
    #[getter]
    fn endpoint(&self) -> &'static str {
        self.0.endpoint.as_str()
    }

    /// Whether concurrent requests for one URL may share one answer.
    #[getter]
    fn coalesces(&self) -> bool {
        self.0.endpoint.coalesces()
    }

    /// `GET` or `POST`.
    #[getter]
    fn method(&self) -> &'static str {
        self.0.method.as_str()
    }

    /// The absolute URL.
    #[getter]
    fn url(&self) -> &str {
        &self.0.url
    }

    /// All headers that matter, as pairs. They can hold secrets.
    #[getter]
    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The body; empty for GET. It can hold secrets.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }

    /// What the host must enforce.
    #[getter]
    fn limits(&self) -> Limits {
        let core::Limits { max_response_bytes, timeout_secs, .. } = self.0.limits;
        Limits { max_response_bytes, timeout_secs }
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// A signature for the host to check, when the policy leaves that to it. Answer with a `bool`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct VerifyRequest(core::VerifyRequest);

#[pymethods]
impl VerifyRequest {
    /// The algorithm to use and no other, such as `RS256` (RFC 7518 3.1).
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

    /// The signature as JWS has it (ECDSA: r and s, RFC 7518 3.4).
    #[getter]
    fn signature<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.signature())
    }

    fn __repr__(&self) -> String {
        format!("<VerifyRequest {}>", self.0.alg().as_str())
    }
}

/// A response that the host received, whatever its status.
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

    /// The headers as pairs, names in any case.
    #[getter]
    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The body.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }

    /// The URL that answered, if the client reports it.
    #[getter]
    fn final_url(&self) -> Option<&str> {
        self.0.final_url.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// No response arrived, or it broke a limit.
///
/// `reason` says why, without secrets: it becomes part of the error. `cause` is the client's own exception: it
/// becomes the error's `__cause__`.
#[pyclass(frozen, get_all, module = "relyingparty")]
pub(crate) struct Unreachable {
    reason: String,
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

/// What a flow asks for, as a Python object.
pub(crate) fn request(py: Python<'_>, request: core::Request) -> PyResult<Py<PyAny>> {
    match request {
        core::Request::Http(request) => Ok(Py::new(py, HttpRequest(request))?.into_any()),
        core::Request::Verify(request) => Ok(Py::new(py, VerifyRequest(request))?.into_any()),
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
    Ok((core::Reply::Verified(reply.extract()?), None))
}
