//! The relying party for threads.

use std::fmt;
use std::future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use relyingparty::{
    Access, ApiRequest, ApiResponse, AssertionRequest, Authorization, AuthorizeRequest, Cache,
    CallbackParams, Client, EndSessionRequest, Expectations, Flow, FrontChannelLogout, Held, IdTokenClaims,
    LoginMissing, Logout, LogoutToken, RefreshedGrant, Reply, Request, Revocable, Revoked, Secret, Session,
    SetupReport, SignRequest, Step, TokenRequest, UserInfo,
};

use super::{SessionStore, Store, Transport};
use crate::config::Config;
use crate::flight::{End, Flight};
use crate::host::{Driven, Host};
use crate::party::Party;
use crate::session_store;
use crate::site::ground::{Answers, Asked, Spoken};
use crate::{Error, MemoryStore, Unreachable};

/// A client at one provider, for threads. Create one per process; a clone is the same one, and threads may share it. The verbs are
/// those of the asynchronous [`RelyingParty`](crate::RelyingParty), whose documentation says more.
///
/// ```no_run
/// # #[cfg(feature = "ureq")]
/// # fn login(url: &str, cookie: &str) -> Result<(), relyingparty_host::Error> {
/// use relyingparty_host::{blocking::RelyingParty, *};
///
/// let client = Registration::new("my-client", "https://app.example/callback").with_secret("…");
/// let rp = RelyingParty::new(Config::new("https://op.example", client), UreqTransport::new()?)?;
///
/// let login = rp.authorize(&AuthorizeRequest::default())?; // redirect to login.url, with Set-Cookie: login.pending.set_cookie()
/// let session = rp.callback(url, &LoginCookies::parse(cookie))?;
/// println!("{} logged in", session.claims().sub());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RelyingParty(pub(crate) Arc<Party<Blocking>>);

type Sign = Box<dyn Fn(&SignRequest) -> Result<Vec<u8>, Unreachable> + Send + Sync>;
type Assert = Box<dyn Fn(AssertionRequest) -> Result<Secret, Unreachable> + Send + Sync>;

pub(crate) struct Blocking {
    transport: Box<dyn Transport>,
    store: Box<dyn Store>,
    sign: Option<Sign>,
    assert: Option<Assert>,
}

/// The parts of a [`RelyingParty`] that have a default.
#[must_use]
pub struct Builder {
    pub(crate) config: Config,
    pub(crate) host: Blocking,
}

impl Builder {
    /// Where pending logins wait; the memory of this process ([`MemoryStore`]) if it is not set. Several processes need a store that
    /// they share.
    pub fn store(mut self, store: impl Store + 'static) -> Builder {
        self.host.store = Box::new(store);
        self
    }

    /// What signs with the keys that the host holds
    /// ([`SigningKey::held_by_host`](relyingparty::SigningKey::held_by_host)).
    pub fn signer(
        mut self,
        sign: impl Fn(&SignRequest) -> Result<Vec<u8>, Unreachable> + Send + Sync + 'static,
    ) -> Builder {
        self.host.sign = Some(Box::new(sign));
        self
    }

    /// What says who the client is by an assertion from elsewhere, for each request anew: such as
    /// [`token_file`](crate::token_file). Its type is that of a JWT, unless the registration's `client_assertion_type` says
    /// otherwise.
    pub fn assertions(
        mut self,
        assert: impl Fn(AssertionRequest) -> Result<Secret, Unreachable> + Send + Sync + 'static,
    ) -> Builder {
        self.host.assert = Some(Box::new(assert));
        self
    }

    /// The relying party. Nothing is fetched until the first verb that needs it.
    ///
    /// # Errors
    /// As [`Builder::build`](crate::Builder::build).
    pub fn build(self) -> Result<RelyingParty, Error> {
        Party::new(self.config, self.host).map(|party| RelyingParty(Arc::new(party)))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builder({:?})", self.config)
    }
}

impl RelyingParty {
    /// A relying party with a store in the memory of this process.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new(config: Config, transport: impl Transport + 'static) -> Result<RelyingParty, Error> {
        RelyingParty::builder(config, transport).build()
    }

    /// A relying party with further parts.
    pub fn builder(config: Config, transport: impl Transport + 'static) -> Builder {
        let store = Box::new(MemoryStore::new());
        Builder { config, host: Blocking { transport: Box::new(transport), store, sign: None, assert: None } }
    }

    /// See [`check`](crate::RelyingParty::check).
    ///
    /// # Errors
    /// None of the provider's: those are in the report.
    pub fn check(&self) -> Result<SetupReport, Error> {
        ready(self.0.check())
    }

    /// See [`authorize`](crate::RelyingParty::authorize).
    ///
    /// # Errors
    /// As there.
    pub fn authorize(&self, request: &AuthorizeRequest) -> Result<Authorization, Error> {
        ready(self.0.authorize(request))
    }

    /// See [`callback`](crate::RelyingParty::callback).
    ///
    /// # Errors
    /// As there.
    pub fn callback<'h>(&self, query_or_url: &str, held: impl Into<Held<'h>>) -> Result<Session, Error> {
        self.callback_with(CallbackParams::parse(query_or_url)?, held, &TokenRequest::default())
    }

    /// See [`callback_form_post`](crate::RelyingParty::callback_form_post).
    ///
    /// # Errors
    /// As there.
    pub fn callback_form_post<'h>(&self, body: &str, held: impl Into<Held<'h>>) -> Result<Session, Error> {
        self.callback_with(CallbackParams::parse_form_post(body)?, held, &TokenRequest::default())
    }

    /// See [`callback_with`](crate::RelyingParty::callback_with).
    ///
    /// # Errors
    /// As there.
    pub fn callback_with<'h>(
        &self,
        response: CallbackParams,
        held: impl Into<Held<'h>>,
        asks: &TokenRequest,
    ) -> Result<Session, Error> {
        ready(self.0.callback(response, held.into(), asks))
    }

    /// See [`refresh`](crate::RelyingParty::refresh).
    ///
    /// # Errors
    /// As there.
    pub fn refresh(&self, session: &Session) -> Result<Session, Error> {
        self.refresh_with(session, &TokenRequest::default())
    }

    /// See [`refresh_with`](crate::RelyingParty::refresh_with).
    ///
    /// # Errors
    /// As there.
    pub fn refresh_with(&self, session: &Session, asks: &TokenRequest) -> Result<Session, Error> {
        ready(self.0.refresh(session, asks))
    }

    /// See [`refresh_token`](crate::RelyingParty::refresh_token).
    ///
    /// # Errors
    /// As there.
    pub fn refresh_token(
        &self,
        refresh_token: impl Into<Secret>,
        sub: &str,
        asks: &TokenRequest,
    ) -> Result<RefreshedGrant, Error> {
        ready(self.0.refresh_token(refresh_token.into(), sub, asks))
    }

    /// See [`userinfo`](crate::RelyingParty::userinfo).
    ///
    /// # Errors
    /// As there.
    pub fn userinfo(&self, session: &Session) -> Result<UserInfo, Error> {
        ready(self.0.userinfo(session))
    }

    /// See [`call`](crate::RelyingParty::call).
    ///
    /// # Errors
    /// As there.
    pub fn call<'a>(&self, access: impl Into<Access<'a>>, request: ApiRequest) -> Result<ApiResponse, Error> {
        ready(self.0.call(access.into(), request))
    }

    /// See [`verify`](crate::RelyingParty::verify).
    ///
    /// # Errors
    /// As there.
    pub fn verify(&self, id_token: &str, expectations: Expectations) -> Result<IdTokenClaims, Error> {
        ready(self.0.verify(id_token, expectations))
    }

    /// See [`encode`](crate::RelyingParty::encode).
    ///
    /// # Errors
    /// As there.
    pub fn encode(&self, session: &Session) -> Result<String, Error> {
        self.0.encode(session)
    }

    /// See [`restore`](crate::RelyingParty::restore).
    ///
    /// # Errors
    /// As there.
    pub fn restore(&self, stored: &str) -> Result<Session, Error> {
        ready(self.0.restore(stored))
    }

    /// See [`end_session`](crate::RelyingParty::end_session).
    ///
    /// # Errors
    /// As there.
    pub fn end_session(&self, request: &EndSessionRequest) -> Result<String, Error> {
        ready(self.0.end_session(request))
    }

    /// See [`log_out`](crate::RelyingParty::log_out).
    ///
    /// # Errors
    /// As there.
    pub fn log_out(&self, request: &EndSessionRequest) -> Result<Logout, Error> {
        ready(self.0.log_out(request))
    }

    /// See [`logout_token`](crate::RelyingParty::logout_token).
    ///
    /// # Errors
    /// As there.
    pub fn logout_token(&self, logout_token: &str) -> Result<LogoutToken, Error> {
        ready(self.0.logout_token(logout_token))
    }

    /// See [`front_channel_logout`](crate::RelyingParty::front_channel_logout).
    ///
    /// # Errors
    /// As there.
    pub fn front_channel_logout(&self, query_or_url: &str) -> Result<FrontChannelLogout, Error> {
        ready(self.0.front_channel_logout(query_or_url))
    }

    /// See [`revoke`](crate::RelyingParty::revoke).
    ///
    /// # Errors
    /// As there.
    pub fn revoke<'a>(&self, what: impl Into<Revocable<'a>>) -> Result<Revoked, Error> {
        ready(self.0.revoke(what.into()))
    }

    /// See [`jwks`](crate::RelyingParty::jwks).
    #[must_use]
    pub fn jwks(&self) -> String {
        self.0.jwks()
    }

    /// See [`cache`](crate::RelyingParty::cache).
    #[must_use]
    pub fn cache(&self) -> Cache {
        self.0.cache()
    }

    /// See [`client`](crate::RelyingParty::client).
    ///
    /// # Errors
    /// As there.
    pub fn client(&self) -> Result<Client, Error> {
        ready(self.0.client())
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelyingParty({:?})", self.0)
    }
}

/// The output of a future that waits for nothing but what blocks: it is ready whenever it is polled.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        thread::yield_now();
    }
}

impl Blocking {
    fn answer(&self, request: &Request) -> Reply {
        match request {
            Request::Sign(request) => match &self.sign {
                Some(sign) => sign(request).map_or_else(Reply::from, Reply::Signature),
                None => Reply::Unsupported,
            },
            Request::Assertion(request) => match &self.assert {
                Some(assert) => assert(request.clone()).map_or_else(Reply::from, Reply::Assertion),
                None => Reply::Unsupported,
            },
            request => self.transport.answer(request),
        }
    }
}

impl Host for Blocking {
    type Sessions = dyn SessionStore;

    async fn drive<F>(&self, with: Driven<'_>, step: Step<F>) -> Result<F::Output, relyingparty::Error>
    where
        F: Flow + Send + Sync,
        F::Output: Send,
    {
        with.shared.coalescer.drive(
            step,
            &with.shared.cache,
            || (with.clock)(),
            |request| self.answer(request),
        )
    }

    async fn drive_site<T: Send + 'static>(
        with: Driven<'_>,
        step: Step<Spoken<T>>,
        answers: &Answers<'_, Self>,
    ) -> Result<T, relyingparty::Error> {
        let answer = |request: &Request| match (Asked::from(request.clone()), answers.host(), answers.store) {
            (Asked::Store(request), host, Some(store)) => {
                let ask = |request| future::ready(session_store::answer_blocking(store, request));
                answers.stored(ready(answers.question.ask(host, request, ask)))
            }
            (Asked::Other(request), Some(host), _) => host.answer(&request),
            _ => Reply::Unsupported,
        };
        with.shared.coalescer.drive(step, &with.shared.cache, || (with.clock)(), answer)
    }

    async fn ended<T: Clone + Send>(&self, flight: &Flight<T>, seconds: u32) -> End<T> {
        flight.wait(Duration::from_secs(seconds.into()))
    }

    fn has_timer(&self) -> bool {
        true
    }

    async fn put(&self, id: String, pending: String, max_age: u32) -> Result<(), Error> {
        self.store.put(&id, &pending, max_age).map_err(Error::store)
    }

    async fn take(&self, id: String) -> Result<Option<String>, Error> {
        self.store.take(&id).map_err(Error::store)
    }

    async fn begun(&self, handle: String, max_age: u32) -> Result<(), Error> {
        self.store.begun(&handle, max_age).map_err(Error::store)
    }

    async fn used(&self, handle: String) -> Result<(), Error> {
        self.store.used(&handle).map_err(Error::store)
    }

    async fn why_missing(&self, handle: String) -> Result<Option<LoginMissing>, Error> {
        self.store.why_missing(&handle).map_err(Error::store)
    }

    fn has_client_cert(&self) -> bool {
        self.transport.has_client_cert()
    }

    fn has_signer(&self) -> bool {
        self.sign.is_some()
    }

    fn has_assertions(&self) -> bool {
        self.assert.is_some()
    }
}
