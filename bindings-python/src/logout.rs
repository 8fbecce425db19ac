//! The end of a session: at the provider, from the provider, and of its tokens.

use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict, PyList, PyString};
use relyingparty::{self as core, ErrorKind, Revocable};

use crate::arrival::sent;
use crate::error::{Raise, decisions, refused};
use crate::grant::Grant;
use crate::json;
use crate::session::Session;

/// A verified logout token: the provider ended sessions, and the application has to end its own. It exists only if every
/// check passed. Immutable.
///
/// It is good once: before you act on it, add `replay_key` to a store that keeps it until `remember_until`, and refuse
/// the token if the key was there.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct LogoutToken(pub(crate) core::LogoutToken);

#[pymethods]
impl LogoutToken {
    /// The issuer.
    #[getter]
    fn issuer(&self) -> &str {
        self.0.issuer()
    }

    /// The `sub` of the end user whose sessions end. If it is `None`, there is a `session_id`.
    #[getter]
    fn subject(&self) -> Option<&str> {
        self.0.subject()
    }

    /// The `sid` of the session that ends: the one that the ID token of that session has. If it is `None`, all sessions
    /// of the `subject` end.
    #[getter]
    fn session_id(&self) -> Option<&str> {
        self.0.session_id()
    }

    /// The token's own identifier, as the provider wrote it.
    #[getter]
    fn jti(&self) -> &str {
        self.0.jti()
    }

    /// When it was issued, in Unix seconds.
    #[getter]
    fn issued_at(&self) -> i64 {
        self.0.issued_at().as_unix()
    }

    /// When it expires, in Unix seconds.
    #[getter]
    fn expires_at(&self) -> i64 {
        self.0.expires_at().as_unix()
    }

    /// What to remember the token by: 43 characters of issuer, client and `jti`. A second token with this key is a replay.
    #[getter]
    fn replay_key(&self) -> &str {
        self.0.replay_key()
    }

    /// Until when to remember the `replay_key`, in Unix seconds: from then on the token is refused anyway.
    #[getter]
    fn remember_until(&self) -> i64 {
        self.0.remember_until().as_unix()
    }

    /// All claims.
    #[getter]
    fn claims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::dict(py, self.0.as_json())
    }

    /// What was checked, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        decisions(py, &self.0.decisions())
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// Where the browser goes to log out at the provider. Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Logout(pub(crate) core::Logout);

#[pymethods]
impl Logout {
    /// Where to redirect the browser; with `fields`, where it posts the form.
    #[getter]
    fn url(&self) -> &str {
        &self.0.url
    }

    /// The fields of a form to post, if a URL with all of them would be longer than 2048 bytes. `None`: redirect.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(fields) = &self.0.fields else { return Ok(None) };
        let dict = PyDict::new(py);
        fields.iter().try_for_each(|(name, value)| dict.set_item(name, value))?;
        Ok(Some(dict))
    }

    /// What `logged_out` expects when the browser is back: keep it in a cookie of this browser. `None` if the browser does
    /// not come back.
    #[getter]
    fn state(&self) -> Option<&str> {
        self.0.state.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// A front-channel logout request (OIDC Front-Channel Logout 3). Anybody can make a browser send one. Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct FrontChannelLogout(pub(crate) core::FrontChannelLogout);

#[pymethods]
impl FrontChannelLogout {
    /// The issuer: the client's own. `None` if the provider names neither issuer nor session.
    #[getter]
    fn issuer(&self) -> Option<&str> {
        self.0.issuer()
    }

    /// The `sid` of the session that ends, as its ID token has it. `None`: the session of the browser that sent the request
    /// ends, if the cookie of one came along.
    #[getter]
    fn session_id(&self) -> Option<&str> {
        self.0.session_id()
    }

    fn __repr__(&self) -> &'static str {
        "<FrontChannelLogout>"
    }
}

/// The logout token in the body of a back-channel logout request, a form (OIDC Back-Channel Logout 2.5). It is not verified:
/// `logout_token` does that.
///
/// Raises `CallbackError`: `logout_malformed`.
#[pyfunction]
pub(crate) fn logout_token_in(py: Python<'_>, form_body: &Bound<'_, PyAny>) -> PyResult<String> {
    core::logout_token_in(&sent(form_body)?).or_raise(py)
}

/// Checks that the browser comes back from the logout that it began: its URL or query has the `state` of the `Logout`.
/// `expected`: what this browser's cookie holds; `None`, if it holds nothing, is refused.
///
/// Raises `CallbackError`: `logout_malformed`, `logout_state_missing`, `logout_state_mismatch`.
#[pyfunction]
pub(crate) fn logged_out(
    py: Python<'_>,
    query_or_url: &Bound<'_, PyAny>,
    expected: Option<&Bound<'_, PyString>>,
) -> PyResult<()> {
    let expected = expected.map(|expected| expected.to_string_lossy());
    core::logged_out(&sent(query_or_url)?, expected.as_deref()).or_raise(py)
}

/// What has a token to revoke, or is one.
#[derive(FromPyObject)]
pub(crate) enum Given<'py> {
    Session(Bound<'py, Session>),
    Grant(Bound<'py, Grant>),
    Token(Bound<'py, PyString>),
}

impl Given<'_> {
    pub(crate) fn revocable(&self, py: Python<'_>, hint: Option<&str>) -> PyResult<Revocable<'_>> {
        let wrong = ["token_type_hint", "is given beside a session or a grant"];
        match (self, hint) {
            (Given::Token(token), hint) => Revocable::token(&*token.to_string_lossy(), hint).or_raise(py),
            (Given::Session(session), None) => Ok(session.get().core().into()),
            (Given::Grant(grant), None) => Ok(grant.get().core().into()),
            (Given::Session(_) | Given::Grant(_), Some(_)) => {
                Err(refused(py, ErrorKind::InvalidConfiguration, wrong))
            }
        }
    }
}
