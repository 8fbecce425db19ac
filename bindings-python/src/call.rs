//! Calls of APIs, and what they answer.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList};
use relyingparty::{self as core, Access, ApiRequest, ErrorKind, Method};

use crate::error::{decisions, refused};
use crate::grant::Grant;
use crate::session::Session;

/// What has an access token.
#[derive(FromPyObject)]
pub(crate) enum Holder<'py> {
    Session(Bound<'py, Session>),
    Grant(Bound<'py, Grant>),
}

impl Holder<'_> {
    pub(crate) fn access(&self) -> Access<'_> {
        match self {
            Holder::Session(session) => session.get().core().into(),
            Holder::Grant(grant) => grant.get().core().into(),
        }
    }
}

/// A request for an API, without its access token.
pub(crate) fn request(
    py: Python<'_>,
    method: &str,
    url: String,
    headers: Vec<(String, String)>,
    content: Option<PyBackedBytes>,
) -> PyResult<ApiRequest> {
    let wrong = ["method", "is none of GET, POST, HEAD, PUT, PATCH, DELETE and OPTIONS"];
    let method =
        Method::from_name(method).ok_or_else(|| refused(py, ErrorKind::InvalidConfiguration, wrong))?;
    let request = ApiRequest::new(method, url);
    let request = headers.into_iter().fold(request, |request, (name, value)| request.header(&name, value));
    Ok(match content {
        Some(content) => request.body(content.to_vec()),
        None => request,
    })
}

/// What an API answered, whatever the status. Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct ApiResponse {
    answer: core::ApiResponse,
    challenge: Option<Py<Challenge>>,
}

#[pymethods]
impl ApiResponse {
    /// The status code.
    #[getter]
    fn status(&self) -> u16 {
        self.answer.response.status
    }

    /// The headers as pairs; names in upper or lower case.
    #[getter]
    fn headers(&self) -> Vec<(&str, &str)> {
        let headers = self.answer.response.headers.iter();
        headers.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The body.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.answer.response.body)
    }

    /// What the API wants instead, if it refused the access token (401 or 403) and says so; else `None`.
    #[getter]
    fn challenge(&self, py: Python<'_>) -> Option<Py<Challenge>> {
        self.challenge.as_ref().map(|challenge| challenge.clone_ref(py))
    }

    /// What was checked, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        decisions(py, &self.answer.decisions())
    }

    fn __repr__(&self) -> String {
        format!("<ApiResponse {}>", self.answer.response.status)
    }
}

impl ApiResponse {
    pub(crate) fn new(py: Python<'_>, answer: core::ApiResponse) -> PyResult<ApiResponse> {
        let challenge = answer.challenge.clone().map(|wanted| Py::new(py, Challenge(wanted))).transpose()?;
        Ok(ApiResponse { answer, challenge })
    }
}

/// The challenge of an API that wants another token, or another login (RFC 6750 3, RFC 9449 7.1, RFC 9470 3). All of it is
/// the API's word.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Challenge(core::Challenge);

#[pymethods]
impl Challenge {
    /// `Bearer` or `DPoP`, as the API spells it.
    #[getter]
    fn scheme(&self) -> &str {
        &self.0.scheme
    }

    /// `invalid_token`: refresh. `insufficient_scope`: ask for `scope`. `insufficient_user_authentication`: log in again with
    /// `acr_values` and `max_age`. `None`: the API wants a token and says no more.
    #[getter]
    fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// The same for people.
    #[getter]
    fn error_description(&self) -> Option<&str> {
        self.0.error_description.as_deref()
    }

    /// The scopes that are wanted, separated by spaces.
    #[getter]
    fn scope(&self) -> Option<&str> {
        self.0.scope.as_deref()
    }

    /// The authentication contexts that are wanted, separated by spaces (RFC 9470 3).
    #[getter]
    fn acr_values(&self) -> Option<&str> {
        self.0.acr_values.as_deref()
    }

    /// How long ago the end user may have authenticated, in seconds (RFC 9470 3).
    #[getter]
    fn max_age(&self) -> Option<u32> {
        self.0.max_age
    }

    /// Where the API says what it is (RFC 9728 5.1). Not fetched.
    #[getter]
    fn resource_metadata(&self) -> Option<&str> {
        self.0.resource_metadata.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("<Challenge {}>", self.0.scheme)
    }
}
