//! A login that succeeded.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAny, PyList};
use relyingparty as core;

use crate::claims::IdTokenClaims;
use crate::error::decisions;
use crate::json;

/// A login that succeeded: holding one is the proof that every check passed. Immutable.
///
/// Give the browser a new session identifier when you store one (session fixation).
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Session {
    session: core::Session,
    claims: PyOnceLock<Py<IdTokenClaims>>,
}

#[pymethods]
impl Session {
    /// The verified claims of the ID token.
    #[getter]
    fn claims(&self, py: Python<'_>) -> PyResult<Py<IdTokenClaims>> {
        let make = || IdTokenClaims::new(py, self.session.claims().clone());
        Ok(self.claims.get_or_try_init(py, make)?.clone_ref(py))
    }

    /// The end user at this issuer. Only issuer and `sub` together name a person.
    #[getter]
    fn sub(&self) -> &str {
        self.session.claims().sub()
    }

    /// The ID token itself, for `id_token_hint`.
    #[getter]
    fn id_token(&self) -> &str {
        self.session.id_token()
    }

    /// The access token: for the `Authorization` header, never for a URL.
    #[getter]
    fn access_token(&self) -> &str {
        self.session.access_token()
    }

    /// The access token's type, as the provider spells `Bearer`.
    #[getter]
    fn token_type(&self) -> &str {
        self.session.token_type()
    }

    /// The refresh token, if there is one.
    #[getter]
    fn refresh_token(&self) -> Option<&str> {
        self.session.refresh_token()
    }

    /// The scopes that were granted: as the response says, else as asked for (RFC 6749 5.1).
    #[getter]
    fn scope(&self) -> Vec<String> {
        self.session.scope().to_vec()
    }

    /// When the access token expires, in Unix seconds, if the provider says so.
    #[getter]
    fn expires_at(&self) -> Option<i64> {
        self.session.expires_at().map(core::Timestamp::as_unix)
    }

    /// Where the login was to lead, as given to `authorize`.
    #[getter]
    fn return_to(&self) -> Option<&str> {
        self.session.return_to()
    }

    /// Any further member of the token response, such as `session_state`.
    fn get<'py>(&self, py: Python<'py>, member: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.session.get(member).map(|value| json::value(py, &value.to_string())).transpose()
    }

    /// What was checked on the way here, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        decisions(py, &self.session.decisions())
    }

    /// The session as text, tokens and all, for a store that only this program can read. `restore` reads it.
    fn encode(&self) -> String {
        self.session.encode()
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.session)
    }
}

impl Session {
    pub(crate) fn new(session: core::Session) -> Session {
        Session { session, claims: PyOnceLock::new() }
    }

    pub(crate) fn core(&self) -> &core::Session {
        &self.session
    }
}
