//! A login from its start to the browser's return.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use relyingparty::bindings::{self, Tie};
use relyingparty::{self as core, ErrorKind, Held, LoginMissing};

use crate::error::{self, Raise, decisions};

/// A login that has started. Send the browser to `url`, with `set_cookie` as a `Set-Cookie` header.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Authorization {
    url: String,
    pending: Py<PendingLogin>,
    return_to_dropped: Option<&'static str>,
    decisions: Vec<core::Decision>,
}

#[pymethods]
impl Authorization {
    /// Where to send the browser. It contains the login's `state`.
    #[getter]
    fn url(&self) -> &str {
        &self.url
    }

    /// What the callback will be checked against. `encode()` of it belongs in the store.
    #[getter]
    fn pending(&self, py: Python<'_>) -> Py<PendingLogin> {
        self.pending.clone_ref(py)
    }

    /// The random id that ties the login to its browser: the value of the cookie and the key in the store. Secret.
    #[getter]
    fn id(&self) -> &str {
        self.pending.get().tie.id()
    }

    /// The public name of the login.
    #[getter]
    fn handle(&self) -> String {
        self.pending.get().tie.handle()
    }

    /// The name of the login cookie. `cookie` and `set_cookie` have the attributes to set it with.
    #[getter]
    fn cookie_name(&self) -> String {
        self.pending.get().tie.cookie_name()
    }

    /// The value of the `Set-Cookie` header for the login cookie. Secret.
    #[getter]
    fn set_cookie(&self) -> String {
        bindings::set_cookie(&self.pending.get().tie.cookie())
    }

    /// The login cookie as arguments: `response.set_cookie(**login.cookie)` in Flask, Starlette, FastAPI and Django.
    /// Secret.
    #[getter]
    fn cookie<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let cookie = self.pending.get().tie.cookie();
        let arguments = PyDict::new(py);
        arguments.set_item("key", cookie.name)?;
        arguments.set_item("value", cookie.value.expose())?;
        arguments.set_item("max_age", cookie.max_age)?;
        arguments.set_item("path", "/")?;
        arguments.set_item("secure", cookie.secure)?;
        arguments.set_item("httponly", true)?;
        arguments.set_item("samesite", cookie.same_site.map(str::to_ascii_lowercase))?;
        Ok(arguments)
    }

    /// Why the `return_to` was dropped; `None` if it was kept, or if there was none.
    #[getter]
    fn return_to_dropped(&self) -> Option<&'static str> {
        self.return_to_dropped
    }

    /// What was checked, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        decisions(py, &self.decisions)
    }

    /// How long the login may take, in seconds: the `Max-Age` of the cookie and the lifetime in the store.
    #[getter]
    fn max_age(&self) -> u32 {
        self.pending.get().tie.lifetime()
    }

    fn __repr__(&self) -> String {
        format!("<Authorization {}>", self.handle())
    }
}

impl Authorization {
    pub(crate) fn new(py: Python<'_>, started: core::Authorization) -> PyResult<Authorization> {
        let decisions = started.decisions();
        let core::Authorization { url, pending, return_to_dropped, .. } = started;
        let pending = Py::new(py, PendingLogin::new(pending))?;
        Ok(Authorization { url, pending, return_to_dropped, decisions })
    }
}

/// The login cookies that a browser sent. `cookies`: the value of the `Cookie` header, or your framework's mapping.
///
/// A page of another site can start any number of logins in a browser, each with its cookie. The newest eight stay.
/// Clear the others, so that the browser's requests stay small.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct LoginCookies(core::LoginCookies);

#[pymethods]
impl LoginCookies {
    #[new]
    fn new(cookies: &Bound<'_, PyAny>) -> PyResult<LoginCookies> {
        if cookies.is_none() {
            return Ok(LoginCookies(core::LoginCookies::parse("")));
        }
        // Anybody may have put a cookie there that is not Unicode text, beside ours.
        if let Ok(header) = cookies.cast::<PyString>() {
            return Ok(LoginCookies(core::LoginCookies::parse(&header.to_string_lossy())));
        }
        let mut pairs = Vec::new();
        for pair in cookies.call_method0("items")?.try_iter()? {
            // A visitor's cookie that a framework made something else of is none of ours.
            let pair: (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair?.extract()?;
            if let (Ok(name), Ok(value)) = (pair.0.cast::<PyString>(), pair.1.cast::<PyString>()) {
                pairs.push((name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
            }
        }
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(LoginCookies(core::LoginCookies::of(pairs)))
    }

    /// The id of the login that this callback belongs to, for `callback`. `None` if this browser has no such login.
    fn id(&self, response: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        asked(response, |response| self.0.id(response).map(str::to_owned))
    }

    /// The names of the cookies to clear with the response that starts another login.
    fn surplus(&self) -> Vec<String> {
        self.0.surplus()
    }

    /// The names of the cookies to clear with the response to a callback, whether the login succeeded or failed.
    fn ended(&self, response: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        asked(response, |response| self.0.ended(response))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// Asks a response that was read, or its query or URL. One that cannot be read belongs to no login.
fn asked<T: Default>(
    response: &Bound<'_, PyAny>,
    ask: impl FnOnce(&core::CallbackParams) -> T,
) -> PyResult<T> {
    if let Ok(params) = response.cast::<CallbackParams>() {
        return Ok(ask(&params.get().0));
    }
    Ok(core::CallbackParams::parse(&sent(response)?).map_or_else(|_| T::default(), |read| ask(&read)))
}

/// What a framework has of a request, as text: text, the bytes of a query, a URL of `urllib.parse`, or another object with
/// a `scheme` and a `query` whose `str` is the URL (Starlette, httpx, yarl).
pub(crate) fn sent<'py>(given: &'py Bound<'py, PyAny>) -> PyResult<Cow<'py, str>> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(text.to_string_lossy());
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(String::from_utf8_lossy(bytes.as_bytes()));
    }
    if !given.hasattr("scheme")? || !given.hasattr("query")? {
        let kind = given.get_type();
        return Err(PyTypeError::new_err(format!("a response is str, bytes or a URL, not {}", kind.name()?)));
    }
    let text = if given.hasattr("geturl")? { given.call_method0("geturl")?.str()? } else { given.str()? };
    Ok(Cow::Owned(text.to_string_lossy().into_owned()))
}

/// The value of the `Set-Cookie` header that deletes the login cookie of this name.
#[pyfunction]
pub(crate) fn clear_cookie(name: &str) -> String {
    core::clear_cookie(name)
}

/// A login in progress. A callback uses it up.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct PendingLogin {
    login: Mutex<Option<core::PendingLogin>>,
    /// The issuer at which the login was begun: the provider that its callback goes to.
    #[pyo3(get)]
    issuer: String,
    tie: Tie,
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
    /// Reads what `encode` wrote. Pass what the store had; `None` if it had nothing.
    ///
    /// Raises `CallbackError`: `no_pending_login` (`not_in_store`) for `None`, and `MisuseError`: `unreadable_pending_login`.
    #[staticmethod]
    #[pyo3(signature = (stored))]
    fn decode(py: Python<'_>, stored: Option<&Bound<'_, PyAny>>) -> PyResult<PendingLogin> {
        let stored =
            stored.map(|stored| error::text(py, stored, ErrorKind::UnreadablePendingLogin)).transpose()?;
        core::PendingLogin::decode(stored.as_deref()).map(PendingLogin::new).or_raise(py)
    }

    /// The login as text, for a store that only this application can read: it contains the PKCE verifier.
    ///
    /// Raises `CallbackError`: `no_pending_login` after a callback used it up.
    fn encode(&self, py: Python<'_>) -> PyResult<String> {
        self.look(core::PendingLogin::encode).or_raise(py)
    }

    /// The random id that ties the login to its browser: the value of the cookie and the key in the store. Secret.
    #[getter]
    fn id(&self) -> &str {
        self.tie.id()
    }

    /// The public name of the login.
    #[getter]
    fn handle(&self) -> String {
        self.tie.handle()
    }

    /// The name of the login cookie.
    #[getter]
    fn cookie_name(&self) -> String {
        self.tie.cookie_name()
    }

    fn __repr__(&self) -> String {
        format!("<PendingLogin {}>", self.tie.handle())
    }
}

impl PendingLogin {
    fn new(login: core::PendingLogin) -> PendingLogin {
        PendingLogin {
            issuer: login.issuer().to_owned(),
            tie: Tie::of(&login),
            started_at: login.started_at().as_unix(),
            expires_at: login.expires_at().as_unix(),
            return_to: login.return_to().map(str::to_owned),
            login: Mutex::new(Some(login)),
        }
    }

    /// Looks at the login, which stays.
    pub(crate) fn look<T>(&self, ask: impl FnOnce(&core::PendingLogin) -> T) -> Result<T, core::Error> {
        let login = self.login.lock().unwrap_or_else(PoisonError::into_inner);
        login.as_ref().map(ask).ok_or_else(used_up)
    }

    /// The login, once.
    pub(crate) fn take(&self) -> Result<core::PendingLogin, core::Error> {
        self.login.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(used_up)
    }
}

/// The parameters of an authorization response (OIDC Core 3.1.2.5). Untrusted.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct CallbackParams(pub(crate) core::CallbackParams);

#[pymethods]
impl CallbackParams {
    /// Reads a response in a query: the query with or without `?`, or the whole URL; as text, bytes or your
    /// framework's URL object.
    ///
    /// Raises `CallbackError`: `callback_malformed`, `callback_duplicate`.
    #[staticmethod]
    fn parse(py: Python<'_>, query_or_url: &Bound<'_, PyAny>) -> PyResult<CallbackParams> {
        core::CallbackParams::parse(&sent(query_or_url)?).map(CallbackParams).or_raise(py)
    }

    /// Reads a response that the browser posted as a form (`response_mode=form_post`).
    ///
    /// Raises `CallbackError`: `callback_malformed`, `callback_duplicate`.
    #[staticmethod]
    fn parse_form_post(py: Python<'_>, body: &Bound<'_, PyAny>) -> PyResult<CallbackParams> {
        core::CallbackParams::parse_form_post(&sent(body)?).map(CallbackParams).or_raise(py)
    }

    /// The public name of the login that the response claims to belong to; `None` without `state`.
    #[getter]
    fn handle(&self) -> Option<String> {
        self.0.handle()
    }

    /// Whether the provider signed it (JARM): then `Client.signed_callback` takes it.
    #[getter]
    fn is_signed(&self) -> bool {
        self.0.is_signed()
    }

    /// The name of the cookie that holds the id of that login, for a client with an https redirect URI; `None` without
    /// `state`.
    #[getter]
    fn cookie_name(&self) -> Option<String> {
        self.0.cookie_name()
    }

    /// The name of the cookie that holds the id of that login, for a client with this redirect URI; `None` without `state`.
    fn cookie_name_at(&self, redirect_uri: &str) -> Option<String> {
        self.0.cookie_name_at(redirect_uri)
    }

    /// The id to look up in the store, and the reason for `unclaimed` if there is none or the store does not have it.
    /// `held`: the id that the browser holds, or its `LoginCookies`.
    fn login_id(
        &self,
        held: &Bound<'_, PyAny>,
        redirect_uri: &str,
    ) -> PyResult<(Option<String>, &'static str)> {
        let found = if let Ok(cookies) = held.cast::<LoginCookies>() {
            self.0.login_id(&cookies.get().0, redirect_uri).map(str::to_owned)
        } else if let Ok(id) = held.cast::<PyString>() {
            self.0.login_id(Some(&*id.to_string_lossy()), redirect_uri).map(str::to_owned)
        } else {
            // What is of another type is an id of nothing.
            let id = if held.is_none() { None } else { Some("?") };
            self.0.login_id(Held::Id(id), redirect_uri).map(str::to_owned)
        };
        Ok(match found {
            Ok(id) => (Some(id), LoginMissing::NotInStore.as_str()),
            Err(reason) => (None, reason.as_str()),
        })
    }

    /// Raises the `CallbackError` for a response that belongs to no login: `state_missing` without `state`,
    /// `pending_login_expired` if the store told `expired`, else `no_pending_login`. `reason`: the one from `login_id`.
    /// `told`: what `why_missing` of the store returned, if the store has it.
    #[pyo3(signature = (reason = None, told = None))]
    fn unclaimed(
        &self,
        py: Python<'_>,
        reason: Option<&str>,
        told: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let told = told.and_then(|told| told.cast::<PyString>().ok()).map(|told| told.to_string_lossy());
        let reason = LoginMissing::named(reason.unwrap_or_default());
        Err(self.0.unclaimed(reason.told(told.as_deref()))).or_raise(py)
    }

    /// The parameter of this name, such as Apple's `user`; `None` if there is none. Untrusted.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// An authorization code that belongs to its login. An exchange uses it up.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct AuthorizationCode(Mutex<Option<core::AuthorizationCode>>);

#[pymethods]
impl AuthorizationCode {
    /// What was checked, in order. Empty after the exchange: then the session has them.
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
    core::bindings::refused(ErrorKind::NoPendingLogin, [LoginMissing::Used.as_str()])
}
