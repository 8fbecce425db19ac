//! A login that succeeded.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAny, PyList};
use relyingparty as core;

use crate::claims::IdTokenClaims;
use crate::error::decisions;
use crate::json;

/// A login that succeeded. It exists only if every check passed. Immutable.
///
/// Give the browser a new session id when you store one (session fixation).
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

    /// The end user's identifier at this issuer. Only issuer and `sub` together identify a user.
    #[getter]
    fn sub(&self) -> &str {
        self.session.claims().sub()
    }

    /// The ID token itself, for `id_token_hint`.
    #[getter]
    fn id_token(&self) -> &str {
        self.session.id_token()
    }

    /// The access token: for the `Authorization` header, never for a URL. `None` only if the policy has
    /// `accept_missing_access_token`.
    #[getter]
    fn access_token(&self) -> Option<&str> {
        self.session.access_token()
    }

    /// The type of the access token, `Bearer` or `DPoP`, as the provider spells it.
    #[getter]
    fn token_type(&self) -> &str {
        self.session.token_type()
    }

    /// The thumbprint of the key that the access token is bound to (DPoP, RFC 9449); `None` for a bearer token.
    #[getter]
    fn dpop_jkt(&self) -> Option<&str> {
        self.session.dpop_jkt()
    }

    /// The refresh token; `None` if the provider sent none (ask for `offline_access`).
    #[getter]
    fn refresh_token(&self) -> Option<&str> {
        self.session.refresh_token()
    }

    /// The granted scopes: those of the token response, else those asked for (RFC 6749 5.1).
    #[getter]
    fn scope(&self) -> Vec<String> {
        self.session.scope().to_vec()
    }

    /// The resources that the login asked for (RFC 8707). Every refresh asks for them again.
    #[getter]
    fn resource(&self) -> Vec<String> {
        self.session.resource().to_vec()
    }

    /// What the application may do (RFC 9396 7): as the token response says, else as an earlier one said. `None` if
    /// no response said it, whatever was asked for.
    #[getter]
    fn authorization_details<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.session.authorization_details().map(|details| json::value(py, details)).transpose()
    }

    /// When the access token expires, in Unix seconds; `None` if the provider does not say.
    #[getter]
    fn expires_at(&self) -> Option<i64> {
        self.session.expires_at().map(core::Timestamp::as_unix)
    }

    /// The `return_to` that was given to `authorize`.
    #[getter]
    fn return_to(&self) -> Option<&str> {
        self.session.return_to()
    }

    /// The state of the end user's session at the provider when this session began: the `session_state` of the
    /// authorization response (OIDC Session Management 2); `None` if the provider sent none.
    #[getter]
    fn session_state(&self) -> Option<&str> {
        self.session.session_state()
    }

    /// Another member of the token response, such as `not-before-policy`; `None` if there is none.
    fn get<'py>(&self, py: Python<'py>, member: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.session.get(member).map(|value| json::value(py, &value.to_string())).transpose()
    }

    /// What was checked, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        decisions(py, &self.session.decisions())
    }

    /// The session with its tokens as plain text, for a store that only this application can read and write.
    /// `restore` reads it.
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
