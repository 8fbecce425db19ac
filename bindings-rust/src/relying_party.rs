//! The asynchronous relying party.

use std::fmt;
use std::sync::Arc;

use relyingparty::{
    Access, ApiRequest, ApiResponse, AssertionRequest, Authorization, AuthorizeRequest, Cache,
    CallbackParams, Client, EndSessionRequest, Expectations, Flow, FrontChannelLogout, Held, IdTokenClaims,
    LoginMissing, Logout, LogoutToken, RefreshedGrant, Reply, Request, Revocable, Revoked, Secret, Session,
    SetupReport, SignRequest, Step, TokenRequest, UserInfo,
};

use crate::config::Config;
use crate::flight::{End, Flight};
use crate::host::{Driven, Host};
use crate::party::Party;
use crate::session_store::{self, SessionStore};
use crate::site::ground::{Answers, Asked, Spoken};
use crate::{BoxFuture, Error, MemoryStore, Store, Transport, Unreachable};

/// A client at one provider, on any async runtime. Create one per process; a clone is the same one.
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn login(url: &str, cookie: &str) -> Result<(), relyingparty_host::Error> {
/// use relyingparty_host::*;
///
/// let client = Registration::new("my-client", "https://app.example/callback").with_secret("…");
/// let rp = RelyingParty::new(Config::new("https://op.example", client), ReqwestTransport::new()?)?;
///
/// let login = rp.authorize(&AuthorizeRequest::default()).await?; // redirect to login.url, with Set-Cookie: login.pending.set_cookie()
/// let session = rp.callback(url, &LoginCookies::parse(cookie)).await?;
/// println!("{} logged in", session.claims().sub());
/// # Ok(()) }
/// ```
///
/// The first verb fetches the provider's metadata; so does a later one when they are no longer fresh. Each verb can end with an
/// error of that: `unreachable`, `metadata_unavailable`, `unexpected_status` and those of the metadata. Verbs that need the same
/// metadata or keys at the same time share one request.
///
/// [`blocking::RelyingParty`](crate::blocking::RelyingParty) is the same without an async runtime.
#[derive(Clone)]
pub struct RelyingParty(pub(crate) Arc<Party<Asynchronous>>);

type Sign = Box<dyn Fn(SignRequest) -> BoxFuture<'static, Result<Vec<u8>, Unreachable>> + Send + Sync>;
type Assert = Box<dyn Fn(AssertionRequest) -> BoxFuture<'static, Result<Secret, Unreachable>> + Send + Sync>;

pub(crate) struct Asynchronous {
    transport: Box<dyn Transport>,
    store: Box<dyn Store>,
    sign: Option<Sign>,
    assert: Option<Assert>,
}

/// The parts of a [`RelyingParty`] that have a default.
#[must_use]
pub struct Builder {
    pub(crate) config: Config,
    pub(crate) host: Asynchronous,
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
    pub fn signer<A>(mut self, sign: impl Fn(SignRequest) -> A + Send + Sync + 'static) -> Builder
    where
        A: Future<Output = Result<Vec<u8>, Unreachable>> + Send + 'static,
    {
        self.host.sign = Some(Box::new(move |request| Box::pin(sign(request))));
        self
    }

    /// What says who the client is by an assertion from elsewhere, for each request anew: such as
    /// [`token_file`](crate::token_file). Its type is that of a JWT, unless the registration's `client_assertion_type` says
    /// otherwise.
    pub fn assertions<A>(mut self, assert: impl Fn(AssertionRequest) -> A + Send + Sync + 'static) -> Builder
    where
        A: Future<Output = Result<Secret, Unreachable>> + Send + 'static,
    {
        self.host.assert = Some(Box::new(move |request| Box::pin(assert(request))));
        self
    }

    /// The relying party. Nothing is fetched until the first verb that needs it.
    ///
    /// # Errors
    /// `invalid_issuer`, `invalid_configuration`, `policy_out_of_range`, `profile_unmet`, `no_signature_backend`: everything that
    /// can be checked without the provider is checked here.
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
        Builder {
            config,
            host: Asynchronous { transport: Box::new(transport), store, sign: None, assert: None },
        }
    }

    /// Checks the set-up at the provider before anybody logs in: metadata, keys, endpoints, algorithms, PKCE, redirect URI, client
    /// authentication, clock. Problems are findings of the report, whose `Display` is a table.
    ///
    /// # Errors
    /// None of the provider's: those are in the report.
    pub async fn check(&self) -> Result<SetupReport, Error> {
        self.0.check().await
    }

    /// Starts a login (OIDC Core 3.1.2.1). Send the browser to the result's `url`, with the header `Set-Cookie` that
    /// [`pending.set_cookie()`](relyingparty::PendingLogin::set_cookie) is. The store keeps the login.
    ///
    /// # Errors
    /// Those of [`Client::authorize`] and [`Push`](relyingparty::Push); `store_failed`.
    pub async fn authorize(&self, request: &AuthorizeRequest) -> Result<Authorization, Error> {
        self.0.authorize(request).await
    }

    /// Finishes the login that the browser came back from (OIDC Core 3.1.2.5 and 3.1.3): checks the response, exchanges the code
    /// and verifies the ID token. `query_or_url` is the URL of the request or its query; `held` the
    /// [`LoginCookies`](relyingparty::LoginCookies) of the request, or the id of the login.
    ///
    /// Clear the cookies that [`ended`](relyingparty::LoginCookies::ended) names, whether the login succeeds or fails.
    ///
    /// # Errors
    /// Category `Callback`: the response belongs to no login of this browser (`no_pending_login`, whose detail `reason` says why),
    /// or came too late. `Provider`: the provider or the user refused (`access_denied`). `Token`: a check of the ID token failed.
    /// `store_failed`.
    pub async fn callback<'h>(
        &self,
        query_or_url: &str,
        held: impl Into<Held<'h>>,
    ) -> Result<Session, Error> {
        self.callback_with(CallbackParams::parse(query_or_url)?, held, &TokenRequest::default()).await
    }

    /// Finishes a login of the response mode `form_post`: as [`callback`](RelyingParty::callback), with the body of the POST.
    ///
    /// # Errors
    /// As [`callback`](RelyingParty::callback).
    pub async fn callback_form_post<'h>(
        &self,
        body: &str,
        held: impl Into<Held<'h>>,
    ) -> Result<Session, Error> {
        self.callback_with(CallbackParams::parse_form_post(body)?, held, &TokenRequest::default()).await
    }

    /// Finishes a login whose response was read before, with a token request that asks for something else than the login did.
    ///
    /// # Errors
    /// As [`callback`](RelyingParty::callback).
    pub async fn callback_with<'h>(
        &self,
        response: CallbackParams,
        held: impl Into<Held<'h>>,
        asks: &TokenRequest,
    ) -> Result<Session, Error> {
        self.0.callback(response, held.into(), asks).await
    }

    /// A session with a new access token (OIDC Core 12). Store it in place of `session`.
    ///
    /// Refresh tokens can be valid for one use, and a second use can end the session. So refreshes of one session share one
    /// request, even if it was restored from its text more than once, and for the next 10 seconds a call with the old session gets
    /// the same result. Coordinating several processes is up to the application.
    ///
    /// # Errors
    /// `no_refresh_token`: the login got none, ask for the scope `offline_access`. `provider_error` with `invalid_grant`: the
    /// refresh token is no longer valid, log in again.
    pub async fn refresh(&self, session: &Session) -> Result<Session, Error> {
        self.refresh_with(session, &TokenRequest::default()).await
    }

    /// The same, asking for something else than the login did. Refreshes that ask for different things run one after the other,
    /// each with the session that the one before yielded.
    ///
    /// # Errors
    /// As [`refresh`](RelyingParty::refresh).
    pub async fn refresh_with(&self, session: &Session, asks: &TokenRequest) -> Result<Session, Error> {
        self.0.refresh(session, asks).await
    }

    /// Tokens for a refresh token that another library obtained for this client and the user `sub`. The result has a session if an
    /// ID token came along and passed every check.
    ///
    /// # Errors
    /// As [`Client::refresh_token`].
    pub async fn refresh_token(
        &self,
        refresh_token: impl Into<Secret>,
        sub: &str,
        asks: &TokenRequest,
    ) -> Result<RefreshedGrant, Error> {
        self.0.refresh_token(refresh_token.into(), sub, asks).await
    }

    /// The claims of the UserInfo endpoint about the session's user (OIDC Core 5.3).
    ///
    /// # Errors
    /// `endpoint_missing`, `userinfo_sub_mismatch`, and those of [`Client::userinfo`].
    pub async fn userinfo(&self, session: &Session) -> Result<UserInfo, Error> {
        self.0.userinfo(session).await
    }

    /// Calls an API with the access token of a session or a grant (RFC 6750 2.1, RFC 9449 7): adds `Authorization`, for a token
    /// that is bound to a key the proof, and goes round once more where a nonce is asked for. The response is returned whatever
    /// its status; if the API refuses the token, `challenge` says what it wants instead. A token is sent to no origin that it is
    /// not for.
    ///
    /// # Errors
    /// `origin_not_allowed`, `no_access_token`, and those of [`Client::call`].
    pub async fn call<'a>(
        &self,
        access: impl Into<Access<'a>>,
        request: ApiRequest,
    ) -> Result<ApiResponse, Error> {
        self.0.call(access.into(), request).await
    }

    /// Verifies an ID token that came from elsewhere (OIDC Core 3.1.3.7).
    ///
    /// # Errors
    /// Category `Token`: a check failed. `Transport`: the keys could not be fetched.
    pub async fn verify(&self, id_token: &str, expectations: Expectations) -> Result<IdTokenClaims, Error> {
        self.0.verify(id_token, expectations).await
    }

    /// The session as sealed text: only who has the [`sealing_keys`](Config::sealing_keys) can read or make it.
    ///
    /// # Errors
    /// `invalid_configuration`: there are no sealing keys. `session_mismatch`: the session belongs to another client.
    pub fn encode(&self, session: &Session) -> Result<String, Error> {
        self.0.encode(session)
    }

    /// Reads a stored session. With sealing keys: what [`encode`](RelyingParty::encode) wrote; no request is made. Without: what
    /// [`Session::encode`] wrote; its ID token is verified again, except for its expiry.
    ///
    /// # Errors
    /// `unreadable_session`: damaged, or sealed with other keys or for another client.
    pub async fn restore(&self, stored: &str) -> Result<Session, Error> {
        self.0.restore(stored).await
    }

    /// The URL that logs the user out at the provider (OIDC RP-Initiated Logout 2). End the application's own session first, then
    /// send the browser there. `EndSessionRequest::default().of(&session)` names the session.
    ///
    /// # Errors
    /// `endpoint_missing`: the provider has no such endpoint.
    pub async fn end_session(&self, request: &EndSessionRequest) -> Result<String, Error> {
        self.0.end_session(request).await
    }

    /// The same as a form where the URL would be too long for a browser, and with a `state`: keep it in a cookie, and check what the
    /// browser comes back with by [`logged_out`](crate::logged_out).
    ///
    /// # Errors
    /// As [`Client::log_out`].
    pub async fn log_out(&self, request: &EndSessionRequest) -> Result<Logout, Error> {
        self.0.log_out(request).await
    }

    /// Verifies a logout token (OIDC Back-Channel Logout 2.6). It is good once: keep its
    /// [`replay_key`](LogoutToken::replay_key).
    ///
    /// # Errors
    /// Category `Token`: answer the provider with 400.
    pub async fn logout_token(&self, logout_token: &str) -> Result<LogoutToken, Error> {
        self.0.logout_token(logout_token).await
    }

    /// Reads the request of a frame that logs out (OIDC Front-Channel Logout 3).
    ///
    /// # Errors
    /// `logout_malformed`, `logout_issuer_mismatch`
    pub async fn front_channel_logout(&self, query_or_url: &str) -> Result<FrontChannelLogout, Error> {
        self.0.front_channel_logout(query_or_url).await
    }

    /// Gives a token back (RFC 7009): of a session or a grant the refresh token, or the access token where there is none.
    ///
    /// # Errors
    /// `endpoint_missing`, `revocation_unavailable`, and those of [`Client::revoke`].
    pub async fn revoke<'a>(&self, what: impl Into<Revocable<'a>>) -> Result<Revoked, Error> {
        self.0.revoke(what.into()).await
    }

    /// The public keys of the registration's `signing_keys` as a JWK Set: the document for the client's `jwks_uri`, to be served as
    /// `application/jwk-set+json`.
    #[must_use]
    pub fn jwks(&self) -> String {
        self.0.jwks()
    }

    /// Metadata and keys as they are now, to be kept for the next process ([`Config::cache`]).
    #[must_use]
    pub fn cache(&self) -> Cache {
        self.0.cache()
    }

    /// The client beneath, over fresh metadata: for what has no verb here.
    ///
    /// # Errors
    /// Those of the metadata, and of [`Client::new`].
    pub async fn client(&self) -> Result<Client, Error> {
        self.0.client().await
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelyingParty({:?})", self.0)
    }
}

impl Asynchronous {
    async fn answer(&self, request: Request) -> Reply {
        match request {
            Request::Sign(request) => match &self.sign {
                Some(sign) => sign(request).await.map_or_else(Reply::from, Reply::Signature),
                None => Reply::Unsupported,
            },
            Request::Assertion(request) => match &self.assert {
                Some(assert) => assert(request).await.map_or_else(Reply::from, Reply::Assertion),
                None => Reply::Unsupported,
            },
            request => self.transport.answer(request).await,
        }
    }
}

impl Host for Asynchronous {
    type Sessions = dyn SessionStore;

    async fn drive<F>(&self, with: Driven<'_>, step: Step<F>) -> Result<F::Output, relyingparty::Error>
    where
        F: Flow + Send + Sync,
        F::Output: Send,
    {
        with.shared
            .coalescer
            .drive_async(step, &with.shared.cache, || (with.clock)(), |request| self.answer(request))
            .await
    }

    async fn drive_site<T: Send + 'static>(
        with: Driven<'_>,
        step: Step<Spoken<T>>,
        answers: &Answers<'_, Self>,
    ) -> Result<T, relyingparty::Error> {
        let answer = |request: Request| {
            let (host, store) = (answers.host(), answers.store);
            async move {
                match (Asked::from(request), host, store) {
                    (Asked::Store(request), host, Some(store)) => {
                        let ask = |request| session_store::answer(store, request);
                        answers.stored(answers.question.ask(host, request, ask).await)
                    }
                    (Asked::Other(request), Some(host), _) => host.answer(request).await,
                    _ => Reply::Unsupported,
                }
            }
        };
        with.shared.coalescer.drive_async(step, &with.shared.cache, || (with.clock)(), answer).await
    }

    async fn ended<T: Clone + Send>(&self, flight: &Flight<T>, seconds: u32) -> End<T> {
        flight.ended(self.transport.sleep(seconds)).await
    }

    fn has_timer(&self) -> bool {
        self.transport.sleep(0).is_some()
    }

    async fn put(&self, id: String, pending: String, max_age: u32) -> Result<(), Error> {
        self.store.put(id, pending, max_age).await.map_err(Error::store)
    }

    async fn take(&self, id: String) -> Result<Option<String>, Error> {
        self.store.take(id).await.map_err(Error::store)
    }

    async fn begun(&self, handle: String, max_age: u32) -> Result<(), Error> {
        self.store.begun(handle, max_age).await.map_err(Error::store)
    }

    async fn used(&self, handle: String) -> Result<(), Error> {
        self.store.used(handle).await.map_err(Error::store)
    }

    async fn why_missing(&self, handle: String) -> Result<Option<LoginMissing>, Error> {
        self.store.why_missing(handle).await.map_err(Error::store)
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
