//! The verbs, written once for both kinds of relying party.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use relyingparty::{
    Access, ApiRequest, ApiResponse, Authorization, AuthorizeRequest, Cache, CallbackParams, Client,
    Coalescer, EndSessionRequest, Expectations, Flow, FrontChannelLogout, Held, IdTokenClaims, Issuer,
    LoginMissing, Logout, LogoutToken, PendingLogin, Provider, Proving, RefreshedGrant, Revocable, Revoked,
    Secret, Session, SessionSeal, SetupCheck, SetupReport, Signatures, SiteProvider, Step, Timestamp,
    TokenRequest, UserInfo,
};

use crate::config::Config;
use crate::error::invalid;
use crate::flight::End;
use crate::host::{Driven, Host};
use crate::refreshes::{Entered, Refreshed, Refreshes, asked};
use crate::{Error, JWT_BEARER};

/// A relying party, whichever way it sends.
pub(crate) struct Party<H> {
    host: H,
    config: Config,
    issuer: Issuer,
    session_seal: Option<SessionSeal>,
    shared: Arc<Shared>,
    client: Mutex<Option<Client>>,
    refreshes: Refreshes,
}

/// What the relying parties of a site have in common.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) cache: Mutex<Cache>,
    pub(crate) coalescer: Coalescer,
}

impl Shared {
    pub(crate) fn new(cache: Cache) -> Arc<Shared> {
        Arc::new(Shared { cache: Mutex::new(cache), ..Shared::default() })
    }

    pub(crate) fn cache(&self) -> Cache {
        locked(&self.cache).clone()
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<H: Host> Party<H> {
    /// Everything that can be checked without the provider is checked here.
    pub(crate) fn new(mut config: Config, host: H) -> Result<Party<H>, Error> {
        let shared = Shared::new(std::mem::take(&mut config.cache));
        Party::sharing(config, host, shared)
    }

    /// The same, with a cache that others have, too.
    pub(crate) fn sharing(mut config: Config, host: H, shared: Arc<Shared>) -> Result<Party<H>, Error> {
        let registration = &mut config.registration;
        if host.has_assertions() && registration.client_assertion_type.is_none() {
            registration.client_assertion_type = Some(JWT_BEARER.into());
        }
        registration.tls_client_certificate |= host.has_client_cert();
        let issuer = Issuer::under(&config.issuer, config.insecure_loopback, &config.policy)?;
        Client::check(&issuer, &config.registration, &config.policy)?;
        check_host(&config, &host)?;
        let seal = |keys| SessionSeal::new(keys, &issuer, &config.registration.client_id, &config.policy);
        let session_seal = config.sealing_keys.clone().map(seal);
        Ok(Party {
            host,
            issuer,
            session_seal,
            shared,
            client: Mutex::default(),
            refreshes: Refreshes::default(),
            config,
        })
    }

    pub(crate) fn cache(&self) -> Cache {
        self.shared.cache()
    }

    pub(crate) fn host(&self) -> &H {
        &self.host
    }

    /// What the site that has this party calls it, and asks of every login.
    pub(crate) fn on_site(&self, name: &str, authorize: AuthorizeRequest) -> SiteProvider {
        let Config { registration, policy, .. } = &self.config;
        SiteProvider::new(name, self.issuer.clone(), registration.clone())
            .with_policy(policy.clone())
            .with_authorize(authorize)
    }

    pub(crate) fn jwks(&self) -> String {
        self.config.registration.jwks()
    }

    fn now(&self) -> Timestamp {
        (self.config.clock)()
    }

    async fn run<F>(&self, step: Step<F>) -> Result<F::Output, Error>
    where
        F: Flow + Send + Sync,
        F::Output: Send,
    {
        let with = Driven { shared: &self.shared, clock: &self.config.clock };
        Ok(self.host.drive(with, step).await?)
    }

    /// Begins what a client does that may have to prove itself.
    fn proven<S>(
        &self,
        client: &Client,
        begin: impl FnOnce(Proving<'_>) -> Result<S, relyingparty::Error>,
    ) -> Result<S, Error> {
        let (entropy, cache) = (self.config.draw()?, self.cache());
        Ok(begin(client.proving(entropy, &cache, self.now()))?)
    }

    /// A client over fresh metadata.
    pub(crate) async fn client(&self) -> Result<Client, Error> {
        let held = locked(&self.client).clone();
        let (cache, now) = (self.cache(), self.now());
        if let Some(client) = held
            && client.is_current(&cache, now)
        {
            return Ok(client);
        }
        let policy = &self.config.policy;
        let provider = self.run(Provider::discover(&self.issuer, policy, &cache, now)?).await?;
        let client = Client::new(provider, self.config.registration.clone(), policy.clone())?;
        let client = match &self.config.sealing_keys {
            Some(keys) => client.with_sealing_keys(keys.clone()),
            None => client,
        };
        *locked(&self.client) = Some(client.clone());
        Ok(client)
    }

    pub(crate) async fn check(&self) -> Result<SetupReport, Error> {
        let Config { registration, policy, .. } = &self.config;
        self.run(SetupCheck::start(&self.issuer, registration, policy)).await
    }

    pub(crate) async fn authorize(&self, request: &AuthorizeRequest) -> Result<Authorization, Error> {
        let client = self.client().await?;
        let step = self.proven(&client, |client| client.authorize(request))?;
        let login = self.run(step).await?;
        let (pending, lifetime) = (&login.pending, login.pending.lifetime());
        self.host.put(pending.id().to_owned(), pending.encode(), lifetime).await?;
        self.host.begun(pending.handle(), lifetime).await?;
        Ok(login)
    }

    pub(crate) async fn callback(
        &self,
        response: CallbackParams,
        held: Held<'_>,
        asks: &TokenRequest,
    ) -> Result<Session, Error> {
        let id = match response.login_id(held, &self.config.registration.redirect_uri) {
            Ok(id) => id.to_owned(),
            Err(cause) => return Err(self.unclaimed(&response, cause).await),
        };
        let client = self.client().await?;
        let Some(stored) = self.host.take(id).await? else {
            return Err(self.unclaimed(&response, LoginMissing::NotInStore).await);
        };
        let pending = PendingLogin::decode(Some(&stored))?;
        if client.owns(&pending, &response) {
            self.host.used(pending.handle()).await?;
        } else if let Ok(seconds @ 1..) = u32::try_from(pending.expires_at().since(self.now())) {
            // Another login's response, or another client's login: the one that waits is left as it was.
            self.host.put(pending.id().to_owned(), stored, seconds).await?;
        }
        let code = self.run(client.signed_callback(pending, response, &self.cache(), self.now())?).await?;
        let step = self.proven(&client, |client| client.exchange_with(code, asks))?;
        self.run(step).await
    }

    /// Says why no login waits. The store may know that it was used or expired, whatever the browser holds.
    async fn unclaimed(&self, response: &CallbackParams, cause: LoginMissing) -> Error {
        let told = match response.handle() {
            None => Ok(None),
            Some(handle) => self.host.why_missing(handle).await,
        };
        match told {
            Ok(told) => response.unclaimed(cause.told(told.map(LoginMissing::as_str))).into(),
            Err(error) => error,
        }
    }

    pub(crate) async fn refresh(&self, session: &Session, asks: &TokenRequest) -> Result<Session, Error> {
        let client = self.client().await?;
        let (mut session, asked) = (session.clone(), asked(asks));
        if session.refresh_token().is_none() {
            return self.refreshed(&client, &session, asks).await;
        }
        let mut given_up = None;
        loop {
            let refreshed = match self.refreshes.enter(&session, self.now(), given_up.as_ref()) {
                Entered::Kept(refreshed) => refreshed,
                Entered::Waits(flight) => match self.host.ended(&flight, self.patience()).await {
                    End::Done(refreshed) => refreshed,
                    End::Abandoned => continue,
                    End::Overdue => {
                        given_up = Some(flight);
                        continue;
                    }
                },
                Entered::Leads(leader) => match self.refreshed(&client, &session, asks).await {
                    Err(error @ (Error::Store(_) | Error::SessionStore { .. })) => return Err(error),
                    Err(Error::Core(error)) => {
                        let refreshed = Refreshed { asked, outcome: Err(error) };
                        leader.leave(refreshed.clone(), self.now());
                        refreshed
                    }
                    Ok(session) => {
                        let refreshed = Refreshed { asked, outcome: Ok(session) };
                        leader.leave(refreshed.clone(), self.now());
                        refreshed
                    }
                },
            };
            match refreshed.outcome {
                outcome if refreshed.asked == asked => return outcome.map_err(Error::from),
                // Its token was spent on what somebody else asked for: what it became is asked.
                Ok(became) => session = became,
                // What was wrong with what somebody else asked for says nothing of this.
                Err(_) => {}
            }
        }
    }

    async fn refreshed(
        &self,
        client: &Client,
        session: &Session,
        asks: &TokenRequest,
    ) -> Result<Session, Error> {
        let step = self.proven(client, |client| client.refresh_with(session, asks))?;
        self.run(step).await
    }

    /// How long a refresh can take that nothing holds up, in seconds: two requests to the token endpoint, and the keys.
    fn patience(&self) -> u32 {
        let policy = &self.config.policy;
        let keys = policy.key_tries.saturating_mul(policy.metadata_timeout_secs);
        let token = policy.token_timeout_secs.saturating_mul(2);
        token.saturating_add(keys).saturating_add(policy.key_wait_secs).saturating_add(1)
    }

    pub(crate) async fn refresh_token(
        &self,
        token: Secret,
        sub: &str,
        asks: &TokenRequest,
    ) -> Result<RefreshedGrant, Error> {
        let client = self.client().await?;
        let step = self.proven(&client, |client| client.refresh_token_with(token, sub, asks))?;
        self.run(step).await
    }

    pub(crate) async fn userinfo(&self, session: &Session) -> Result<UserInfo, Error> {
        let client = self.client().await?;
        let step = self.proven(&client, |client| client.userinfo(session))?;
        self.run(step).await
    }

    pub(crate) async fn call(&self, access: Access<'_>, request: ApiRequest) -> Result<ApiResponse, Error> {
        let client = self.client().await?;
        let step = self.proven(&client, |client| client.call(access, request))?;
        self.run(step).await
    }

    pub(crate) async fn verify(
        &self,
        id_token: &str,
        expectations: Expectations,
    ) -> Result<IdTokenClaims, Error> {
        let client = self.client().await?;
        let step = client.verify(id_token, expectations, &self.cache(), self.now())?;
        self.run(step).await
    }

    pub(crate) fn encode(&self, session: &Session) -> Result<String, Error> {
        let seal = self.session_seal.as_ref().ok_or_else(|| invalid("sealing_keys", "are not set"))?;
        Ok(seal.seal(session, self.config.draw()?)?)
    }

    pub(crate) async fn restore(&self, stored: &str) -> Result<Session, Error> {
        // Without the provider, if that is possible.
        if let Some(seal) = &self.session_seal
            && let Some(session) = seal.open(stored)?
        {
            return Ok(session);
        }
        let client = self.client().await?;
        let step = client.restore(stored, &self.cache(), self.now())?;
        self.run(step).await
    }

    pub(crate) async fn end_session(&self, request: &EndSessionRequest) -> Result<String, Error> {
        Ok(self.client().await?.end_session(request)?)
    }

    pub(crate) async fn log_out(&self, request: &EndSessionRequest) -> Result<Logout, Error> {
        Ok(self.client().await?.log_out(request, self.config.draw()?)?)
    }

    pub(crate) async fn logout_token(&self, logout_token: &str) -> Result<LogoutToken, Error> {
        let client = self.client().await?;
        let step = client.logout_token(logout_token, &self.cache(), self.now())?;
        self.run(step).await
    }

    pub(crate) async fn front_channel_logout(&self, query_or_url: &str) -> Result<FrontChannelLogout, Error> {
        Ok(self.client().await?.front_channel_logout(query_or_url)?)
    }

    pub(crate) async fn revoke(&self, what: Revocable<'_>) -> Result<Revoked, Error> {
        let client = self.client().await?;
        let step = self.proven(&client, |client| client.revoke(what))?;
        self.run(step).await
    }
}

impl<H> fmt::Debug for Party<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.config.registration.client_id, self.config.issuer)
    }
}

/// What the host has to answer, and cannot.
fn check_host(config: &Config, host: &impl Host) -> Result<(), Error> {
    let Config { registration, policy, .. } = config;
    if registration.client_assertion_type.is_some() && !host.has_assertions() {
        return Err(invalid("client_assertion", "is missing, and there is a client_assertion_type"));
    }
    if registration.tls_client_certificate && !host.has_client_cert() {
        return Err(invalid("tls_client_certificate", "is set, and the transport has no client_cert"));
    }
    let mut keys = registration.signing_keys.iter().chain(&registration.dpop_keys);
    if keys.any(|key| !key.name().is_empty()) && !host.has_signer() {
        return Err(invalid("signer", "is missing, and a key is held by the host"));
    }
    if policy.signatures == Signatures::Host {
        return Err(invalid("signatures", "are left to the host, which checks none: leave them to the core"));
    }
    Ok(())
}
