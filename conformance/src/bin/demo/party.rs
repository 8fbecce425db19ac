//! The relying party: the core's verbs, each with the network, the clock and a journal around it.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use conformance::serve;
use relyingparty::{
    Authorization, AuthorizeRequest, Cache, CallbackParams, Client, Decision, Entropy, Error, Flow, Issuer,
    PendingLogin, Policy, Provider, Registration, Reply, Request, Session, SiteProvider, Step, StoreRequest,
    Timestamp, UserInfo, drive,
};

use crate::failure::Failure;
use crate::journal::Journal;
use crate::settings::Settings;
use crate::transport::Transport;

pub(crate) struct Party {
    issuer: Issuer,
    registration: Registration,
    policy: Policy,
    cache: Mutex<Cache>,
    transport: Transport,
}

impl Party {
    pub(crate) fn new(settings: &Settings, redirect_uri: &str) -> Result<Self, Failure> {
        let mut registration = Registration::new(&settings.client_id, redirect_uri);
        if let Some(secret) = &settings.client_secret {
            registration = registration.with_secret(secret.as_str());
        }
        if let Some(scopes) = &settings.scopes {
            registration.scopes.clone_from(scopes);
        }
        registration.post_logout_redirect_uri.clone_from(&settings.post_logout_redirect_uri);
        Ok(Self {
            issuer: Issuer::insecure_loopback(&settings.issuer)?,
            registration,
            policy: Policy::default(),
            cache: Mutex::default(),
            transport: Transport::new(settings.ca_file.as_deref())?,
        })
    }

    pub(crate) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The provider as a site at `origin` has it.
    pub(crate) fn at_site(&self, origin: &str) -> SiteProvider {
        let mut registration = self.registration.clone();
        let back = [origin, "/logged-out"].concat();
        // Elsewhere the site would not see the browser come back.
        registration.post_logout_redirect_uri =
            registration.post_logout_redirect_uri.filter(|uri| *uri == back);
        SiteProvider::new("provider", self.issuer.clone(), registration).with_policy(self.policy.clone())
    }

    /// Gets to know the provider, before the browser is sent there.
    pub(crate) fn meet(&self, journal: &mut Journal) -> Result<Client, Failure> {
        journal.begin(
            "Get to know the provider",
            "The provider publishes where its endpoints and its keys are. What it says is remembered for a while, so \
             the next login starts without a request.",
        );
        let client = self.client(journal)?;
        journal.begin(
            "Send the browser to the provider",
            "The application never sees a password. It sends the browser away with three fresh random values: state ties \
             the answer to this browser, nonce ties the ID token to this login, and the code challenge ties the code to \
             this application.",
        );
        Ok(client)
    }

    /// Begins a login.
    pub(crate) fn start(&self, journal: &mut Journal) -> Result<Authorization, Failure> {
        let client = self.meet(journal)?;
        let authorization =
            noted(journal, &[], client.authorize(&AuthorizeRequest::default(), entropy()?, now()))?;
        journal.browser("goes to", &authorization.url);
        Ok(authorization)
    }

    /// Ends a login: `query` is what the browser brought back.
    pub(crate) fn finish(
        &self,
        pending: PendingLogin,
        query: &str,
        journal: &mut Journal,
    ) -> Result<Session, Failure> {
        journal.came_back(&format!("{}?{query}", self.registration.redirect_uri));
        let client = self.client(&mut Journal::default())?;
        let code = noted(journal, &[], CallbackParams::parse(query))
            .and_then(|response| noted(journal, &[], client.callback(pending, &response, now())))?;
        let seen = code.decisions();
        journal.decisions(seen.clone());
        journal.exchanges_code();
        let session = client.exchange(code).and_then(|step| self.run(step, journal, no_store));
        let session = noted(journal, &seen, session)?;
        journal.decisions(after(&seen, session.decisions()));
        Ok(session)
    }

    /// The end user's claims, or `None` where the provider has no endpoint for them.
    pub(crate) fn userinfo(
        &self,
        session: &Session,
        journal: &mut Journal,
    ) -> Result<Option<UserInfo>, Failure> {
        journal.begin(
            "Ask for more about the user",
            "The access token opens the UserInfo endpoint. Its answer counts only if it is about the same user as the \
             ID token.",
        );
        let client = self.client(&mut Journal::default())?;
        if client.provider().metadata().get("userinfo_endpoint").is_none() {
            journal.note("This provider has no UserInfo endpoint.");
            return Ok(None);
        }
        let userinfo = client.userinfo(session).and_then(|step| self.run(step, journal, no_store));
        let userinfo = noted(journal, &[], userinfo)?;
        journal.decisions(userinfo.decisions());
        Ok(Some(userinfo))
    }

    /// New tokens for the same login.
    pub(crate) fn refresh(&self, session: &Session, journal: &mut Journal) -> Result<Session, Failure> {
        journal.refreshes();
        let client = self.client(&mut Journal::default())?;
        let refreshed = client.refresh(session).and_then(|step| self.run(step, journal, no_store));
        let refreshed = noted(journal, &[], refreshed)?;
        journal.decisions(refreshed.decisions());
        Ok(refreshed)
    }

    /// The client, with the provider's metadata out of the cache or fetched.
    fn client(&self, journal: &mut Journal) -> Result<Client, Failure> {
        let step = self.with_cache(|cache| Provider::discover(&self.issuer, &self.policy, cache, now()));
        let provider = step.and_then(|step| self.run(step, journal, no_store));
        let provider = noted(journal, &[], provider)?;
        journal.decisions(provider.decisions());
        noted(journal, &[], Client::new(provider, self.registration.clone(), self.policy.clone()))
    }

    pub(crate) fn with_cache<R>(&self, work: impl FnOnce(&mut Cache) -> R) -> R {
        work(&mut self.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Carries a flow to its end, over the network and with this store.
    pub(crate) fn run<F: Flow>(
        &self,
        step: Step<F>,
        journal: &mut Journal,
        store: impl Fn(&StoreRequest) -> Reply,
    ) -> Result<F::Output, Error> {
        drive(step, &self.cache, now, |request| {
            if let Request::Store(asked) = request {
                return store(asked);
            }
            let started = Instant::now();
            let reply = self.transport.answer(request);
            if let Request::Http(request) = request {
                journal.before(request);
                journal.exchange(request, &reply, started.elapsed().as_millis());
            }
            reply
        })
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(serve::unix_now())
}

/// New randomness.
pub(crate) fn entropy() -> Result<Entropy, Failure> {
    let bytes = serve::entropy().map_err(|error| Failure::no_randomness(&error))?;
    Ok(Entropy::new(bytes)?)
}

/// What no single verb asks for.
fn no_store(_: &StoreRequest) -> Reply {
    Reply::Unsupported
}

/// Puts the decisions of an error into the journal, except those `seen` there already.
fn noted<T>(journal: &mut Journal, seen: &[Decision], result: Result<T, Error>) -> Result<T, Failure> {
    result.map_err(|error| {
        journal.decisions(after(seen, error.decisions()));
        error.into()
    })
}

/// What of `all` comes after `seen`.
fn after(seen: &[Decision], mut all: Vec<Decision>) -> Vec<Decision> {
    if all.starts_with(seen) {
        all.drain(..seen.len());
    }
    all
}
