//! The client and its verbs.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyString};
use relyingparty::{
    self as core, AuthorizeRequest, EndSessionRequest, Entropy, ErrorKind, Expectations, Timestamp,
    TokenRequest,
};

use crate::arrival::sent;
use crate::cache::{Cache, Host};
use crate::call::{self, Holder};
use crate::configuration::{Policy, Registration, SealingKeys};
use crate::error::{self, Raise};
use crate::flow::Flow;
use crate::json;
use crate::login::{Authorization, AuthorizationCode, CallbackParams, PendingLogin};
use crate::logout::{FrontChannelLogout, Given, Logout};
use crate::provider::Provider;
use crate::session::Session;

/// One registration at one provider, without I/O: each verb is a value or a flow. Immutable.
///
/// The defaults are the core's policy, an empty cache and `time.time`; the client's flows share them. `seal` and
/// `restore` need `sealing_keys`.
///
/// Raises `ConfigurationError` when the registration, the policy and the provider do not fit together.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Client {
    client: core::Client,
    host: Host,
}

/// What the requests of a client that signs them need, for one verb.
struct Fresh {
    entropy: Entropy,
    cache: core::Cache,
    now: Timestamp,
}

/// Keys, or none because none were given. `None` is neither: who passes it meant some, and without any a session that is not
/// sealed would be taken.
enum Sealing<'py> {
    NotGiven,
    By(Bound<'py, SealingKeys>),
}

impl<'py> FromPyObject<'_, 'py> for Sealing<'py> {
    type Error = PyErr;

    fn extract(given: Borrowed<'_, 'py, PyAny>) -> PyResult<Sealing<'py>> {
        Ok(Sealing::By(given.cast::<SealingKeys>()?.to_owned()))
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (provider, registration, policy = None, cache = None, clock = None, sealing_keys = Sealing::NotGiven))]
    fn new(
        py: Python<'_>,
        provider: &Bound<'_, Provider>,
        registration: &Bound<'_, Registration>,
        policy: Option<&Bound<'_, Policy>>,
        cache: Option<Py<Cache>>,
        clock: Option<Py<PyAny>>,
        sealing_keys: Sealing<'_>,
    ) -> PyResult<Client> {
        let (provider, Registration(registration, elsewhere)) =
            (provider.get().0.clone(), registration.get());
        let mut client =
            core::Client::new(provider, registration.clone(), Policy::or_default(policy)).or_raise(py)?;
        if let Sealing::By(keys) = sealing_keys {
            client = client.with_sealing_keys(keys.get().0.clone());
        }
        let host = Host::new(py, cache, clock)?.with_keys(elsewhere.clone());
        Ok(Client { client, host })
    }

    /// Whether the client signs its requests. Then `exchange`, `refresh`, `refresh_token`, `userinfo` and `call` need
    /// `entropy`: at least 32 secure random bytes, used for this call only.
    fn needs_entropy(&self) -> bool {
        self.client.needs_entropy()
    }

    /// Whether the cache still holds the metadata that this client was made with, and they are fresh. If not,
    /// discover the provider again and make a new client.
    fn is_current(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.client.is_current(&self.host.snapshot(py), self.host.now(py)?))
    }

    /// Starts a login (OIDC Core 3.1.2.1). `entropy`: at least 32 secure random bytes, used for this call only.
    ///
    /// Raises `ConfigurationError`, and `MisuseError`: `proving_needed`, `weak_entropy`, `implausible_clock`.
    #[pyo3(signature = (entropy, **options))]
    fn authorize(
        &self,
        py: Python<'_>,
        entropy: Vec<u8>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Authorization> {
        let request = asked(py, options, AuthorizeRequest::from_json)?;
        let entropy = Entropy::new(entropy).or_raise(py)?;
        let started = self.client.authorize(&request, entropy, self.host.now(py)?).or_raise(py)?;
        Authorization::new(py, started)
    }

    /// Whether the requests of logins are pushed or signed. Then `authorize` raises `proving_needed`, and `authorize_in_steps`
    /// begins logins.
    fn authorizes_in_steps(&self) -> bool {
        self.client.authorizes_in_steps()
    }

    /// The flow that starts a login as `authorize` does, its request pushed (RFC 9126) or signed (RFC 9101), and yields the
    /// `Authorization`. `entropy`: at least 32 secure random bytes, used for this call only.
    ///
    /// Raises `ConfigurationError`, and `MisuseError`: `weak_entropy`, `implausible_clock`.
    #[pyo3(signature = (entropy, **options))]
    fn authorize_in_steps(
        &self,
        py: Python<'_>,
        entropy: Vec<u8>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Flow> {
        let request = AuthorizeRequest::from_json(&json::object(py, options)?).or_raise(py)?;
        let Fresh { entropy, cache, now } = self.drawn(py, entropy)?;
        let step = py.detach(|| self.client.proving(entropy, &cache, now).authorize(&request));
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// Checks that an authorization response belongs to `pending`: same state, issuer and client, and not too late.
    ///
    /// It uses `pending` up. Raises `CallbackError`, and `ProviderError` when the provider refused.
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

    /// The flow that takes a response in any response mode, verifies its signature if it is signed (JARM), checks it as
    /// `callback` does and yields the `AuthorizationCode`.
    ///
    /// It uses `pending` up. Raises what `callback` raises.
    fn signed_callback(
        &self,
        py: Python<'_>,
        pending: &Bound<'_, PendingLogin>,
        params: &Bound<'_, CallbackParams>,
    ) -> PyResult<Flow> {
        let (now, cache) = (self.host.now(py)?, self.host.snapshot(py));
        let pending = pending.get().take().or_raise(py)?;
        let response = params.get().0.clone();
        let step = py.detach(|| self.client.signed_callback(pending, response, &cache, now));
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// Whether a login from the store belongs to this client and to this response. If not, put it back into the store:
    /// somebody else waits for it.
    ///
    /// Raises `CallbackError`: `no_pending_login` after a callback used it up.
    fn owns(
        &self,
        py: Python<'_>,
        pending: &Bound<'_, PendingLogin>,
        params: &Bound<'_, CallbackParams>,
    ) -> PyResult<bool> {
        pending.get().look(|login| self.client.owns(login, &params.get().0)).or_raise(py)
    }

    /// The flow that exchanges the code for a `Session` (OIDC Core 3.1.3). It uses the code up. The options change
    /// what this token request asks for.
    ///
    /// Raises `ConfigurationError`: `invalid_configuration`, `reserved_parameter`.
    #[pyo3(signature = (code, entropy = None, **options))]
    fn exchange(
        &self,
        py: Python<'_>,
        code: &Bound<'_, AuthorizationCode>,
        entropy: Option<Vec<u8>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Flow> {
        let (request, fresh) = (asked(py, options, TokenRequest::from_json)?, self.fresh(py, entropy)?);
        let code = code.get().take().or_raise(py)?;
        let step = match fresh {
            None => self.client.exchange_with(code, &request),
            Some(Fresh { entropy, cache, now }) => {
                py.detach(|| self.client.proving(entropy, &cache, now).exchange_with(code, &request))
            }
        };
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// The flow that yields a `Session` with a new access token (OIDC Core 12). Run one refresh at a time for one
    /// session. The options change what this refresh asks for.
    ///
    /// Raises `MisuseError`: `no_refresh_token`, `session_mismatch`, and `ConfigurationError`:
    /// `invalid_configuration`, `reserved_parameter`.
    #[pyo3(signature = (session, entropy = None, **options))]
    fn refresh(
        &self,
        py: Python<'_>,
        session: &Bound<'_, Session>,
        entropy: Option<Vec<u8>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Flow> {
        let (request, session) = (asked(py, options, TokenRequest::from_json)?, session.get().core());
        let step = match self.fresh(py, entropy)? {
            None => self.client.refresh_with(session, &request),
            Some(Fresh { entropy, cache, now }) => {
                py.detach(|| self.client.proving(entropy, &cache, now).refresh_with(session, &request))
            }
        };
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// The flow that yields a `RefreshedGrant` for a refresh token that another library obtained for the end user
    /// `sub`.
    ///
    /// Raises `MisuseError`: `no_refresh_token`, and `ConfigurationError`: `invalid_configuration`,
    /// `reserved_parameter`.
    #[pyo3(signature = (refresh_token, sub, entropy = None, **options))]
    fn refresh_token(
        &self,
        py: Python<'_>,
        refresh_token: &Bound<'_, PyString>,
        sub: &Bound<'_, PyString>,
        entropy: Option<Vec<u8>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Flow> {
        let token = refresh_token.to_cow().map_err(|_| error::refused(py, ErrorKind::NoRefreshToken, []))?;
        let wrong = ["sub", "is not Unicode text"];
        let sub = sub.to_cow().map_err(|_| error::refused(py, ErrorKind::InvalidConfiguration, wrong))?;
        let request = asked(py, options, TokenRequest::from_json)?;
        let step = match self.fresh(py, entropy)? {
            None => self.client.refresh_token_with(&*token, &sub, &request),
            Some(Fresh { entropy, cache, now }) => py.detach(|| {
                self.client.proving(entropy, &cache, now).refresh_token_with(&*token, &sub, &request)
            }),
        };
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// The flow that fetches the end user's `UserInfo` (OIDC Core 5.3).
    ///
    /// Raises `MisuseError`: `no_access_token`, `session_mismatch`, and `ConfigurationError`: `endpoint_missing`.
    #[pyo3(signature = (session, entropy = None))]
    fn userinfo(
        &self,
        py: Python<'_>,
        session: &Bound<'_, Session>,
        entropy: Option<Vec<u8>>,
    ) -> PyResult<Flow> {
        let session = session.get().core();
        let step = match self.fresh(py, entropy)? {
            None => self.client.userinfo(session),
            Some(Fresh { entropy, cache, now }) => {
                py.detach(|| self.client.proving(entropy, &cache, now).userinfo(session))
            }
        };
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// The flow that calls an API with the access token of a session or a grant, and yields the `ApiResponse`, whatever its
    /// status. The token goes to the origins of the `resource` that it was asked for and of the registration's `api_origins`,
    /// and no others.
    ///
    /// Raises `MisuseError`: `no_access_token`, `session_mismatch`, `dpop_key_mismatch`, `origin_not_allowed`, and
    /// `ConfigurationError`: `invalid_configuration`.
    #[pyo3(signature = (session_or_grant, method, url, headers = Vec::new(), content = None, entropy = None))]
    #[expect(clippy::too_many_arguments, reason = "they are what an HTTP request has")]
    fn call(
        &self,
        py: Python<'_>,
        session_or_grant: Holder<'_>,
        method: &str,
        url: String,
        headers: Vec<(String, String)>,
        content: Option<PyBackedBytes>,
        entropy: Option<Vec<u8>>,
    ) -> PyResult<Flow> {
        let request = call::request(py, method, url, headers, content)?;
        let access = session_or_grant.access();
        let step = match self.fresh(py, entropy)? {
            None => self.client.call(access, request),
            Some(Fresh { entropy, cache, now }) => {
                py.detach(|| self.client.proving(entropy, &cache, now).call(access, request))
            }
        };
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// The flow that verifies an ID token from elsewhere (OIDC Core 3.1.3.7) and yields its `IdTokenClaims`.
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

    /// The session as sealed text: only who has the sealing keys can read or make it. `entropy`: at least 32 secure
    /// random bytes, used for this call only.
    ///
    /// Raises `ConfigurationError` without sealing keys, and `MisuseError`: `session_mismatch`, `weak_entropy`.
    fn seal(&self, py: Python<'_>, session: &Bound<'_, Session>, entropy: Vec<u8>) -> PyResult<String> {
        let entropy = Entropy::new(entropy).or_raise(py)?;
        self.client.seal(session.get().core(), entropy).or_raise(py)
    }

    /// The flow that reads a stored `Session`.
    ///
    /// Text from `seal` is opened without a request. For text from `Session.encode` the ID token is verified again,
    /// except for its expiry; a client with sealing keys reads such text only with the policy's
    /// `accept_unsealed_sessions`.
    fn restore(&self, py: Python<'_>, stored: &Bound<'_, PyAny>) -> PyResult<Flow> {
        let stored = error::text(py, stored, ErrorKind::UnreadableSession)?;
        let (now, cache) = (self.host.now(py)?, self.host.snapshot(py));
        let step = py.detach(|| self.client.restore(&stored, &cache, now));
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// The URL that ends the session at the provider (OIDC RP-Initiated Logout 2). The ID token of `session` becomes
    /// the `id_token_hint`.
    ///
    /// Raises `ConfigurationError`: `endpoint_missing`, and `MisuseError`: `session_mismatch`.
    #[pyo3(signature = (session = None, **options))]
    fn end_session(
        &self,
        py: Python<'_>,
        session: Option<&Bound<'_, Session>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<String> {
        self.client.end_session(&ended(py, session, options)?).or_raise(py)
    }

    /// Begins a logout at the provider (OIDC RP-Initiated Logout 2): a `Logout`, with a form where the URL would be too long,
    /// and with a `state` if the browser is to come back. The ID token of `session` becomes the `id_token_hint`. `entropy`: at
    /// least 32 secure random bytes, used for this call only.
    ///
    /// Raises `ConfigurationError`: `endpoint_missing`, and `MisuseError`: `session_mismatch`, `weak_entropy`.
    #[pyo3(signature = (entropy, session = None, **options))]
    fn log_out(
        &self,
        py: Python<'_>,
        entropy: Vec<u8>,
        session: Option<&Bound<'_, Session>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Logout> {
        let request = ended(py, session, options)?;
        let entropy = Entropy::new(entropy).or_raise(py)?;
        self.client.log_out(&request, entropy).map(Logout).or_raise(py)
    }

    /// The flow that verifies a logout token (OIDC Back-Channel Logout 2.6) and yields the `LogoutToken`.
    fn logout_token(&self, py: Python<'_>, logout_token: &Bound<'_, PyString>) -> PyResult<Flow> {
        let logout_token = logout_token.to_string_lossy();
        let (now, cache) = (self.host.now(py)?, self.host.snapshot(py));
        let step = py.detach(|| self.client.logout_token(&logout_token, &cache, now));
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// Reads a front-channel logout request (OIDC Front-Channel Logout 3): its URL or query. `iss` and `sid` are both there
    /// or neither, and `iss` is the configured issuer.
    ///
    /// Raises `CallbackError`: `logout_malformed`, `logout_issuer_mismatch`.
    fn front_channel_logout(
        &self,
        py: Python<'_>,
        query_or_url: &Bound<'_, PyAny>,
    ) -> PyResult<FrontChannelLogout> {
        self.client.front_channel_logout(&sent(query_or_url)?).map(FrontChannelLogout).or_raise(py)
    }

    /// The flow that revokes a token (RFC 7009) and yields `None`: of a session or a grant the refresh token, or if there is
    /// none the access token.
    ///
    /// Raises `ConfigurationError`: `endpoint_missing`, `invalid_configuration`, and `MisuseError`: `no_access_token`,
    /// `session_mismatch`.
    #[pyo3(signature = (what, token_type_hint = None, entropy = None))]
    fn revoke(
        &self,
        py: Python<'_>,
        what: Given<'_>,
        token_type_hint: Option<&str>,
        entropy: Option<Vec<u8>>,
    ) -> PyResult<Flow> {
        let revocable = what.revocable(py, token_type_hint)?;
        let step = match self.fresh(py, entropy)? {
            None => self.client.revoke(revocable),
            Some(Fresh { entropy, cache, now }) => {
                py.detach(|| self.client.proving(entropy, &cache, now).revoke(revocable))
            }
        };
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.client)
    }
}

impl Client {
    fn fresh(&self, py: Python<'_>, entropy: Option<Vec<u8>>) -> PyResult<Option<Fresh>> {
        entropy.map(|entropy| self.drawn(py, entropy)).transpose()
    }

    fn drawn(&self, py: Python<'_>, entropy: Vec<u8>) -> PyResult<Fresh> {
        let entropy = Entropy::new(entropy).or_raise(py)?;
        Ok(Fresh { entropy, cache: self.host.snapshot(py), now: self.host.now(py)? })
    }
}

/// What a logout asks for, of the session if one is given.
fn ended(
    py: Python<'_>,
    session: Option<&Bound<'_, Session>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<EndSessionRequest> {
    let request = EndSessionRequest::from_json(&json::object(py, options)?).or_raise(py)?;
    Ok(match session {
        Some(session) => request.of(session.get().core()),
        None => request,
    })
}

/// What the options ask for; without any, what is usual.
fn asked<T: Default>(
    py: Python<'_>,
    options: Option<&Bound<'_, PyDict>>,
    read: fn(&str) -> Result<T, core::Error>,
) -> PyResult<T> {
    match options {
        Some(options) if !options.is_empty() => read(&json::object(py, Some(options))?).or_raise(py),
        _ => Ok(T::default()),
    }
}
