//! The client: a provider, a registration and a policy that fit together, and the verbs.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::authorize::{self, Authorization, AuthorizeRequest};
use crate::cache::Cache;
use crate::callback::{self, AuthorizationCode, CallbackParams};
use crate::checks::Demand;
use crate::entropy::Entropy;
use crate::error::{Error, ErrorKind};
use crate::expectations::Expectations;
use crate::flow::Step;
use crate::flows::{Exchange, Refresh, Restoration, UserInfoFetch, Verification};
use crate::jose::{Alg, BACKEND_AVAILABLE};
use crate::logout::{self, EndSessionRequest};
use crate::pending::PendingLogin;
use crate::policy::{Policy, Signatures};
use crate::provider::Provider;
use crate::registration::{AuthMethod, Registration};
use crate::session::Session;
use crate::time::Timestamp;

/// A client of one provider: everything a login needs but the network, the clock and randomness.
///
/// Immutable and cheap to clone. `authorize` and `callback` frame the browser's trip to the provider;
/// `exchange`, `refresh`, `userinfo`, `verify` and `restore` yield a [`Step`] for a driver; `end_session`
/// makes the logout URL.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    provider: Provider,
    registration: Registration,
    policy: Policy,
    auth_method: AuthMethod,
    id_token_algs: Algs,
    userinfo_algs: Algs,
}

/// Algorithms that are accepted, and how a decision names them.
pub(crate) struct Algs {
    algs: Vec<Alg>,
    names: String,
}

impl Algs {
    fn new(algs: Vec<Alg>) -> Algs {
        let names = algs.iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(" or ");
        Algs { algs, names }
    }

    pub(crate) fn algs(&self) -> &[Alg] {
        &self.algs
    }

    pub(crate) fn names(&self) -> &str {
        &self.names
    }
}

impl Client {
    /// Puts a client together; whatever cannot work is refused here.
    ///
    /// # Errors
    /// `invalid_configuration`, `policy_out_of_range`, `auth_method_unsupported`, `signing_alg_unsupported`,
    /// `no_signature_backend`
    pub fn new(provider: Provider, registration: Registration, policy: Policy) -> Result<Client, Error> {
        policy.check()?;
        registration.check(provider.metadata())?;
        if policy.signatures == Signatures::Core && !BACKEND_AVAILABLE {
            return Err(ErrorKind::NoSignatureBackend.into());
        }
        let auth_method = registration.auth_method(provider.metadata())?;
        let algs = registration.id_token_algs(provider.metadata())?;
        let userinfo_algs = Algs::new(registration.userinfo_algs(provider.metadata(), &algs)?);
        let id_token_algs = Algs::new(algs);
        Ok(Client(Arc::new(Inner {
            provider,
            registration,
            policy,
            auth_method,
            id_token_algs,
            userinfo_algs,
        })))
    }

    /// Begins a login: the URL to send the browser to, and what to remember.
    ///
    /// # Errors
    /// `endpoint_missing`, `pkce_unsupported`, `reserved_parameter`, `invalid_configuration`, `implausible_clock`
    pub fn authorize(
        &self,
        request: &AuthorizeRequest,
        entropy: Entropy,
        now: Timestamp,
    ) -> Result<Authorization, Error> {
        authorize::authorize(self, request, &entropy, now)
    }

    /// Takes the browser's way back: is it the login that this browser began, in time, from this provider?
    ///
    /// # Errors
    /// Every code of category `Callback`; `provider_error` when the provider says no; `implausible_clock`.
    pub fn callback(
        &self,
        login: PendingLogin,
        response: &CallbackParams,
        now: Timestamp,
    ) -> Result<AuthorizationCode, Error> {
        callback::callback(self, login, response, now)
    }

    /// Exchanges the code for a session (OIDC Core 3.1.3).
    ///
    /// # Errors
    /// `pending_login_mismatch`, `endpoint_missing`; later those of [`Exchange`].
    pub fn exchange(&self, code: AuthorizationCode) -> Result<Step<Exchange>, Error> {
        Exchange::start(self, code)
    }

    /// Refreshes a session (OIDC Core 12). Run one refresh at a time for one session: refresh tokens
    /// rotate, and a second use of an old one can end the session.
    ///
    /// # Errors
    /// `no_refresh_token`, `session_mismatch`, `endpoint_missing`; later those of [`Refresh`].
    pub fn refresh(&self, session: &Session) -> Result<Step<Refresh>, Error> {
        Refresh::start(self, session)
    }

    /// Fetches the end user's claims (OIDC Core 5.3).
    ///
    /// # Errors
    /// `session_mismatch`, `endpoint_missing`; later those of [`UserInfoFetch`].
    pub fn userinfo(&self, session: &Session) -> Result<Step<UserInfoFetch>, Error> {
        UserInfoFetch::start(self, session)
    }

    /// Checks an ID token for this client that did not come through [`exchange`](Client::exchange). Done at
    /// once when the key is in the cache and the core checks signatures.
    ///
    /// # Errors
    /// Every code of category `Token`, `keys_unavailable`; later those of [`Verification`].
    pub fn verify(
        &self,
        id_token: &str,
        expectations: Expectations,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Verification>, Error> {
        Verification::start(self, id_token, &Demand::Fresh(expectations), cache, now)
    }

    /// Restores a session from what [`Session::encode`] wrote. Its ID token is checked again, for all but
    /// its expiry: a stored session lives as long as the host keeps it and the provider publishes the key
    /// that signed it. After `unknown_key`, log in again.
    ///
    /// # Errors
    /// `unreadable_session`, `session_mismatch`, every code of category `Token`; later those of [`Restoration`].
    pub fn restore(&self, stored: &str, cache: &Cache, now: Timestamp) -> Result<Step<Restoration>, Error> {
        Restoration::start(self, stored, cache, now)
    }

    /// The URL that logs the end user out at the provider (OIDC RP-Initiated Logout 2).
    ///
    /// # Errors
    /// `endpoint_missing`, `reserved_parameter`
    pub fn end_session(&self, request: &EndSessionRequest) -> Result<String, Error> {
        logout::end_session(self, request)
    }

    /// Whether the cache holds the metadata that this client was made with, and they are fresh: otherwise
    /// [discover](Provider::discover) the provider again and make another.
    pub fn is_current(&self, cache: &Cache, now: Timestamp) -> bool {
        self.0.provider.is_current(&self.0.policy, cache, now)
    }

    /// The provider.
    pub fn provider(&self) -> &Provider {
        &self.0.provider
    }

    /// The registration.
    pub fn registration(&self) -> &Registration {
        &self.0.registration
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// The algorithms an ID token may have.
    pub(crate) fn id_token_algs(&self) -> &Algs {
        &self.0.id_token_algs
    }

    /// The algorithms a signed UserInfo response may have.
    pub(crate) fn userinfo_algs(&self) -> &Algs {
        &self.0.userinfo_algs
    }

    pub(crate) fn auth_method(&self) -> AuthMethod {
        self.0.auth_method
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at {})", self.0.registration.client_id, self.0.provider.issuer())
    }
}
