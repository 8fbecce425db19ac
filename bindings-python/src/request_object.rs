//! Authorization requests that the provider fetches from the application.

use pyo3::prelude::*;
use relyingparty as core;

/// A signed authorization request that the provider fetches from the application (RFC 9101 5.2). Serve `body` by GET at the path
/// of `request_uri` before the browser is sent to the provider.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct RequestObject(pub(crate) core::RequestObject);

#[pymethods]
impl RequestObject {
    /// Where the provider fetches it: `request_uri_base` and a name that nobody can guess, good for one login.
    #[getter]
    fn request_uri(&self) -> &str {
        &self.0.request_uri
    }

    /// The `Content-Type` to serve it with (RFC 9101 5.2.3).
    #[getter]
    fn content_type(&self) -> &'static str {
        self.0.content_type
    }

    /// What to serve: a JWT.
    #[getter]
    fn body(&self) -> &str {
        &self.0.body
    }

    /// When it expires, in Unix seconds. Remove it then.
    #[getter]
    fn expires_at(&self) -> i64 {
        self.0.expires_at.as_unix()
    }

    #[expect(clippy::unused_self, reason = "what Python shows of any of them")]
    fn __repr__(&self) -> &'static str {
        "<RequestObject>"
    }
}
