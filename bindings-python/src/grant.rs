//! What a client was granted, without a word on who the end user is.

use pyo3::prelude::*;
use pyo3::types::PyAny;
use relyingparty as core;

use crate::json;
use crate::session::Session;

/// Tokens without an end user (RFC 6749 5.1). Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Grant(core::Grant);

#[pymethods]
impl Grant {
    /// The access token: for the `Authorization` header, never for a URL. `None` only if the policy has
    /// `accept_missing_access_token`.
    #[getter]
    fn access_token(&self) -> Option<&str> {
        self.0.access_token()
    }

    /// The type of the access token, `Bearer` or `DPoP`, as the provider spells it.
    #[getter]
    fn token_type(&self) -> &str {
        self.0.token_type()
    }

    /// The thumbprint of the key that the access token is bound to (DPoP, RFC 9449); `None` for a bearer token.
    #[getter]
    fn dpop_jkt(&self) -> Option<&str> {
        self.0.dpop_jkt()
    }

    /// The refresh token; `None` if the provider sent none.
    #[getter]
    fn refresh_token(&self) -> Option<&str> {
        self.0.refresh_token()
    }

    /// The granted scopes, if the token response names them.
    #[getter]
    fn scope(&self) -> Vec<String> {
        self.0.scope().to_vec()
    }

    /// What the application may do (RFC 9396 7): as the token response says, else as an earlier one said. `None` if
    /// no response said it, whatever was asked for.
    #[getter]
    fn authorization_details<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.authorization_details().map(|details| json::value(py, details)).transpose()
    }

    /// When the access token expires, in Unix seconds; `None` if the provider does not say.
    #[getter]
    fn expires_at(&self) -> Option<i64> {
        self.0.expires_at().map(core::Timestamp::as_unix)
    }

    /// Another member of the token response; `None` if there is none.
    fn get<'py>(&self, py: Python<'py>, member: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.get(member).map(|value| json::value(py, &value.to_string())).transpose()
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

impl Grant {
    pub(crate) fn core(&self) -> &core::Grant {
        &self.0
    }
}

/// The result of `refresh_token`: a grant, and a session if an ID token came along.
#[pyclass(frozen, get_all, module = "relyingparty")]
pub(crate) struct RefreshedGrant {
    /// The tokens.
    grant: Py<Grant>,
    /// The session, if an ID token came along and passed every check; else `None`.
    session: Option<Py<Session>>,
}

#[pymethods]
impl RefreshedGrant {
    fn __repr__(&self) -> String {
        let with = if self.session.is_some() { "a session" } else { "no session" };
        format!("<RefreshedGrant with {with}>")
    }
}

impl RefreshedGrant {
    pub(crate) fn new(py: Python<'_>, refreshed: &core::RefreshedGrant) -> PyResult<RefreshedGrant> {
        let session = refreshed.session().cloned().map(|session| Py::new(py, Session::new(session)));
        Ok(RefreshedGrant {
            grant: Py::new(py, Grant(refreshed.grant().clone()))?,
            session: session.transpose()?,
        })
    }
}
