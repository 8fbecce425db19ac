//! A login from its start to the browser's return.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use relyingparty as core;

use crate::error::{Raise, decisions};

/// A login that has begun: keep `id` in the browser under `cookie_name`, then send it to `url`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Authorization {
    url: String,
    pending: Py<PendingLogin>,
}

#[pymethods]
impl Authorization {
    /// Where to send the browser. It holds the login's state.
    #[getter]
    fn url(&self) -> &str {
        &self.url
    }

    /// What the callback will be checked against: for the store.
    #[getter]
    fn pending(&self, py: Python<'_>) -> Py<PendingLogin> {
        self.pending.clone_ref(py)
    }

    /// The random handle that ties the login to its browser: the cookie's value, the store's key. Secret.
    #[getter]
    fn id(&self) -> &str {
        &self.pending.get().id
    }

    /// The login's public name.
    #[getter]
    fn handle(&self) -> &str {
        &self.pending.get().handle
    }

    /// The cookie's name. Set it `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/`, without `Domain`.
    #[getter]
    fn cookie_name(&self) -> &str {
        &self.pending.get().cookie_name
    }

    /// How long the login may take, in seconds: for the cookie and the store.
    #[getter]
    fn max_age(&self) -> u32 {
        self.pending.get().lifetime
    }

    fn __repr__(&self) -> String {
        format!("<Authorization {}>", self.handle())
    }
}

impl Authorization {
    pub(crate) fn new(py: Python<'_>, started: core::Authorization) -> PyResult<Authorization> {
        Ok(Authorization { url: started.url, pending: Py::new(py, PendingLogin::new(started.pending))? })
    }
}

/// A login in progress. A callback uses it up.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct PendingLogin {
    login: Mutex<Option<core::PendingLogin>>,
    id: String,
    handle: String,
    cookie_name: String,
    lifetime: u32,
    #[pyo3(get)]
    /// When it began, in Unix seconds.
    started_at: i64,
    #[pyo3(get)]
    /// The last moment at which its callback is accepted, in Unix seconds.
    expires_at: i64,
    #[pyo3(get)]
    /// Where the login is to lead, as given to `authorize`.
    return_to: Option<String>,
}

#[pymethods]
impl PendingLogin {
    /// Reads what `encode` wrote; give it what the store had, if anything.
    ///
    /// Raises `CallbackError`: `no_pending_login` for `None`, and `MisuseError`: `unreadable_pending_login`.
    #[staticmethod]
    #[pyo3(signature = (stored))]
    fn decode(py: Python<'_>, stored: Option<&str>) -> PyResult<PendingLogin> {
        core::PendingLogin::decode(stored).map(PendingLogin::new).or_raise(py)
    }

    /// The login as text for a store that only this program can read: it holds the PKCE verifier.
    ///
    /// Raises `CallbackError`: `no_pending_login` when a callback used it up.
    fn encode(&self, py: Python<'_>) -> PyResult<String> {
        let encoded = self
            .login
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(core::PendingLogin::encode);
        encoded.ok_or_else(used_up).or_raise(py)
    }

    /// The random handle that ties the login to its browser: the cookie's value, the store's key. Secret.
    #[getter]
    fn id(&self) -> &str {
        &self.id
    }

    /// The login's public name.
    #[getter]
    fn handle(&self) -> &str {
        &self.handle
    }

    /// The cookie's name. Set it `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/`, without `Domain`.
    #[getter]
    fn cookie_name(&self) -> &str {
        &self.cookie_name
    }

    fn __repr__(&self) -> String {
        format!("<PendingLogin {}>", self.handle)
    }
}

impl PendingLogin {
    fn new(login: core::PendingLogin) -> PendingLogin {
        PendingLogin {
            id: login.id().to_owned(),
            handle: login.handle(),
            cookie_name: login.cookie_name(),
            lifetime: login.lifetime(),
            started_at: login.started_at().as_unix(),
            expires_at: login.expires_at().as_unix(),
            return_to: login.return_to().map(str::to_owned),
            login: Mutex::new(Some(login)),
        }
    }

    /// The login, once.
    pub(crate) fn take(&self) -> Result<core::PendingLogin, core::Error> {
        self.login.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(used_up)
    }
}

/// The parameters of an authorization response, read strictly (OIDC Core 3.1.2.5). Nothing in them is believed.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct CallbackParams(pub(crate) core::CallbackParams);

#[pymethods]
impl CallbackParams {
    /// Reads a response in the query: the query alone, with or without `?`, or the whole URL.
    ///
    /// Raises `CallbackError`: `callback_malformed`, `callback_duplicate`.
    #[staticmethod]
    fn parse(py: Python<'_>, query_or_url: &Bound<'_, PyString>) -> PyResult<CallbackParams> {
        core::CallbackParams::parse(&query_or_url.to_string_lossy()).map(CallbackParams).or_raise(py)
    }

    /// Reads a response that the browser posted as a form.
    ///
    /// Raises `CallbackError`: `callback_malformed`, `callback_duplicate`.
    #[staticmethod]
    fn parse_form_post(py: Python<'_>, body: &Bound<'_, PyString>) -> PyResult<CallbackParams> {
        core::CallbackParams::parse_form_post(&body.to_string_lossy()).map(CallbackParams).or_raise(py)
    }

    /// The public name of the login that the response claims to belong to.
    #[getter]
    fn handle(&self) -> Option<String> {
        self.0.handle()
    }

    /// The name of the cookie that holds that login's id.
    #[getter]
    fn cookie_name(&self) -> Option<String> {
        self.0.cookie_name()
    }

    /// Any parameter. Untrusted.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// An authorization code that came back to the login that asked for it. An exchange uses it up.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct AuthorizationCode(Mutex<Option<core::AuthorizationCode>>);

#[pymethods]
impl AuthorizationCode {
    /// What was checked. Empty when an exchange used it up: the session has them then.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let made = match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(code) => code.decisions(),
            None => Vec::new(),
        };
        decisions(py, &made)
    }

    fn __repr__(&self) -> &'static str {
        "<AuthorizationCode>"
    }
}

impl AuthorizationCode {
    pub(crate) fn new(code: core::AuthorizationCode) -> AuthorizationCode {
        AuthorizationCode(Mutex::new(Some(code)))
    }

    /// The code, once.
    pub(crate) fn take(&self) -> Result<core::AuthorizationCode, core::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(used_up)
    }
}

fn used_up() -> core::Error {
    core::ErrorKind::NoPendingLogin.into()
}
