//! The client and its verbs.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use relyingparty::{self as core, AuthorizeRequest, EndSessionRequest, Entropy, Expectations};

use crate::cache::{Cache, Host};
use crate::configuration::{Policy, Registration};
use crate::error::Raise;
use crate::flow::Flow;
use crate::json;
use crate::login::{Authorization, AuthorizationCode, CallbackParams, PendingLogin};
use crate::provider::Provider;
use crate::session::Session;

/// A client of one provider, without I/O: everything a login needs but the network and randomness. Immutable.
///
/// Without `policy`, `cache` or `clock`: the core's default, an empty cache, `time.time`. Its flows share them.
/// Raises `ConfigurationError` when the registration, the policy and the provider do not fit together.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Client {
    client: core::Client,
    host: Host,
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (provider, registration, policy = None, cache = None, clock = None))]
    fn new(
        py: Python<'_>,
        provider: &Bound<'_, Provider>,
        registration: &Bound<'_, Registration>,
        policy: Option<&Bound<'_, Policy>>,
        cache: Option<Py<Cache>>,
        clock: Option<Py<PyAny>>,
    ) -> PyResult<Client> {
        let (provider, registration) = (provider.get().0.clone(), registration.get().0.clone());
        let client = core::Client::new(provider, registration, Policy::or_default(policy)).or_raise(py)?;
        Ok(Client { client, host: Host::new(py, cache, clock)? })
    }

    /// Whether the cache holds the metadata that this client was made with, and they are fresh. If not, discover the
    /// provider again and make another.
    fn is_current(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.client.is_current(&self.host.snapshot(py), self.host.now(py)?))
    }

    /// Begins a login (OIDC Core 3.1.2.1). `entropy` is 32 or more secure random bytes that serve nothing else.
    ///
    /// Raises `ConfigurationError`, and `MisuseError`: `weak_entropy`, `implausible_clock`.
    #[pyo3(signature = (entropy, **options))]
    fn authorize(
        &self,
        py: Python<'_>,
        entropy: Vec<u8>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Authorization> {
        let request = AuthorizeRequest::from_json(&json::object(py, options)?).or_raise(py)?;
        let entropy = Entropy::new(entropy).or_raise(py)?;
        let started = self.client.authorize(&request, entropy, self.host.now(py)?).or_raise(py)?;
        Authorization::new(py, started)
    }

    /// Takes the browser's way back: is it the login that this browser began, in time, from this provider?
    ///
    /// Uses `pending` up. Raises `CallbackError`, and `ProviderError` when the provider says no.
    fn callback(
        &self,
        py: Python<'_>,
        pending: &Bound<'_, PendingLogin>,
        params: &Bound<'_, CallbackParams>,
    ) -> PyResult<AuthorizationCode> {
        let now = self.host.now(py)?;
        let pending = pending.get().take().or_raise(py)?;
        self.client.callback(pending, &params.get().0, now).map(AuthorizationCode::new).or_raise(py)
    }

    /// Exchanges the code, which it uses up, for a `Session` (OIDC Core 3.1.3).
    fn exchange(&self, py: Python<'_>, code: &Bound<'_, AuthorizationCode>) -> PyResult<Flow> {
        let code = code.get().take().or_raise(py)?;
        Flow::new(py, self.client.exchange(code).or_raise(py)?.erase(), &self.host)
    }

    /// A `Session` with a new access token (OIDC Core 12). Run one refresh at a time for one session.
    fn refresh(&self, py: Python<'_>, session: &Bound<'_, Session>) -> PyResult<Flow> {
        Flow::new(py, self.client.refresh(session.get().core()).or_raise(py)?.erase(), &self.host)
    }

    /// The end user's `UserInfo` (OIDC Core 5.3).
    fn userinfo(&self, py: Python<'_>, session: &Bound<'_, Session>) -> PyResult<Flow> {
        Flow::new(py, self.client.userinfo(session.get().core()).or_raise(py)?.erase(), &self.host)
    }

    /// The `IdTokenClaims` of an ID token that came by another way, after every check (OIDC Core 3.1.3.7).
    #[pyo3(signature = (id_token, **expectations))]
    fn verify(
        &self,
        py: Python<'_>,
        id_token: &Bound<'_, PyString>,
        expectations: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Flow> {
        let id_token = id_token.to_string_lossy();
        let expectations = Expectations::from_json(&json::object(py, expectations)?).or_raise(py)?;
        let (now, cache) = (self.host.now(py)?, self.host.snapshot(py));
        let step = py.detach(|| self.client.verify(&id_token, expectations, &cache, now));
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// The `Session` that `Session.encode` wrote, its ID token checked again, for all but its expiry.
    fn restore(&self, py: Python<'_>, stored: &str) -> PyResult<Flow> {
        let (now, cache) = (self.host.now(py)?, self.host.snapshot(py));
        let step = py.detach(|| self.client.restore(stored, &cache, now));
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// The URL that ends the provider's own session (OIDC RP-Initiated Logout 2). The ID token of `session`
    /// becomes the `id_token_hint`, if there is none among the options.
    #[pyo3(signature = (session = None, **options))]
    fn end_session(
        &self,
        py: Python<'_>,
        session: Option<&Bound<'_, Session>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
        let mut request = EndSessionRequest::from_json(&json::object(py, options)?).or_raise(py)?;
        if let Some(session) = session {
            request.id_token_hint.get_or_insert_with(|| session.get().core().id_token().to_owned());
        }
        self.client.end_session(&request).or_raise(py)
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.client)
    }
}
