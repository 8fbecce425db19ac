//! The login of a web application, with a network and a store.

#[cfg(feature = "axum")]
mod axum;
pub(crate) mod ground;
mod handled;
#[cfg(feature = "tower-sessions")]
mod tower_sessions;
mod turns;

use std::fmt;
use std::sync::Arc;

use relyingparty::{AuthorizeRequest, Cache, Event, Incoming, SealingKeys, SitePolicy, Timestamp, Visit};

#[cfg(feature = "axum")]
pub use self::axum::{Claims, SiteLayer, SiteService, Visitor};
use self::ground::{Ground, Offer, Plan};
pub use self::handled::Handled;
#[cfg(feature = "tower-sessions")]
pub use self::tower_sessions::{UserSessions, UserSessionsLayer};
use crate::relying_party::{Asynchronous, Builder};
use crate::{Error, RelyingParty, SessionStore};

/// The login of a web application: routes below one URL, and the session of every other request. Create one per process; a clone is
/// the same one.
///
/// It is the core's [`Site`](relyingparty::Site), whose documentation lists the routes, with the network and the keys of a
/// [`RelyingParty`] for each provider, and with a [`SessionStore`] for all.
///
/// ```no_run
/// # #[cfg(feature = "reqwest")]
/// # async fn site(keys: relyingparty_host::SealingKeys, incoming: relyingparty_host::Incoming) -> Result<(), relyingparty_host::Error> {
/// use relyingparty_host::*;
///
/// let client = Registration::new("my-client", "https://app.example/auth/callback").with_secret("…");
/// let op = RelyingParty::builder(Config::new("https://op.example", client), ReqwestTransport::new()?);
/// let site = Site::builder("https://app.example/auth", keys).provider(op).build()?;
///
/// // Where site.handles(url): send what it comes to.
/// let handled = site.handle(incoming.clone()).await?;
/// // Any other: send set_cookies with the response.
/// let visit = site.visit(&incoming).await?;
/// # Ok(()) }
/// ```
///
/// [`blocking::Site`](crate::blocking::Site) is the same without an async runtime.
#[derive(Clone)]
pub struct Site(Arc<Ground<Asynchronous>>);

/// The parts of a [`Site`].
#[must_use]
pub struct SiteBuilder(Plan<Asynchronous>);

/// A provider that users of a [`Site`] log in with: a relying party, and what the site makes of it.
#[must_use]
pub struct SiteProvider(Offer<Asynchronous>);

impl SiteProvider {
    /// A provider that is called `default`, and whose logins ask for nothing in particular.
    ///
    /// The registration's `redirect_uri` is one of the site's origin, at a path of its own: the base URL with `/callback`, for instance, or
    /// what is registered already. Of several providers none has that of another. Its `post_logout_redirect_uri`, if it has one, is the
    /// base URL with `/logged-out`. The configuration's [`cache`](crate::Config::cache) counts for nothing here: the site
    /// [has one](SiteBuilder::cache).
    pub fn new(party: Builder) -> SiteProvider {
        let Builder { config, host } = party;
        let (name, authorize) = ("default".into(), AuthorizeRequest::default());
        SiteProvider(Offer { name, config, host, authorize })
    }

    /// What the site calls it: the parameter `provider` of a login. 1 to 64 letters, digits, `-`, `_` and `.`.
    pub fn named(mut self, name: impl Into<String>) -> SiteProvider {
        self.0.name = name.into();
        self
    }

    /// What every login asks for; a visitor's own parameters take the place of these.
    pub fn authorize(mut self, authorize: AuthorizeRequest) -> SiteProvider {
        self.0.authorize = authorize;
        self
    }
}

impl From<Builder> for SiteProvider {
    fn from(party: Builder) -> SiteProvider {
        SiteProvider::new(party)
    }
}

impl SiteBuilder {
    /// One more provider: a [`RelyingParty::builder`], or a [`SiteProvider`]. The first one is that of a login that names none.
    pub fn provider(mut self, provider: impl Into<SiteProvider>) -> SiteBuilder {
        self.0.providers.push(provider.into().0);
        self
    }

    /// Where sessions are kept: one store for all processes. Without it they are in the browsers' cookies, without their refresh
    /// tokens, and nobody can end them from elsewhere.
    pub fn store(mut self, store: impl SessionStore + 'static) -> SiteBuilder {
        self.0.store = Some(Box::new(store));
        self
    }

    /// How long sessions last, and what browsers may carry. Its member `store` follows from the [store](SiteBuilder::store).
    pub fn policy(mut self, policy: SitePolicy) -> SiteBuilder {
        self.0.policy = policy;
        self
    }

    /// Metadata and keys that an earlier process kept ([`Site::cache`]).
    pub fn cache(mut self, cache: Cache) -> SiteBuilder {
        self.0.cache = cache;
        self
    }

    /// What tells the time; the system's clock if it is not set.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> SiteBuilder {
        self.0.clock = Arc::new(clock);
        self
    }

    /// What draws 32 secure random bytes; the system's if it is not set.
    pub fn entropy(mut self, entropy: impl Fn() -> [u8; 32] + Send + Sync + 'static) -> SiteBuilder {
        self.0.entropy = Arc::new(move || Some(entropy()));
        self
    }

    /// What hears of every [`Event`], before the answer is sent: logins, refreshes, logouts, failures.
    pub fn on_event(mut self, hear: impl Fn(&Event) + Send + Sync + 'static) -> SiteBuilder {
        self.0.hear = Some(Box::new(hear));
        self
    }

    /// The site. Nothing is fetched until the first login.
    ///
    /// # Errors
    /// `invalid_configuration`, `policy_out_of_range`, and those of [`Builder::build`](crate::Builder::build) for each provider.
    pub fn build(self) -> Result<Site, Error> {
        self.0.build().map(Site)
    }
}

impl Site {
    /// A site whose routes are below `base_url`: the URL as browsers see it, whatever proxies stand before the application. `keys` seal
    /// what browsers and stores hold: 32 random bytes, the same in every process.
    pub fn builder(base_url: &str, keys: SealingKeys) -> SiteBuilder {
        SiteBuilder(Plan::new(base_url, keys))
    }

    /// Answers a request to one of the routes. What a visitor or the provider does wrong is an answer with an [`Event::Failed`].
    ///
    /// Carry the future to its end even if the browser has gone: what was changed in the store, and at the provider, belongs together.
    /// In a server that drops it with the connection that means a task of its own.
    ///
    /// # Errors
    /// `store_unavailable`, and what is the application's own fault: `unsupported_request`, `implausible_clock`, `weak_entropy`.
    pub async fn handle(&self, incoming: Incoming) -> Result<Handled, Error> {
        self.0.handle(incoming).await
    }

    /// Whose request this is: nobody's, or that of a session, which is refreshed when it is due. Send the
    /// [`set_cookies`](Visit::set_cookies) with the response.
    ///
    /// Carry the future to its end even if the browser has gone: a refresh that stops half-way loses the refresh token.
    ///
    /// # Errors
    /// As for [`handle`](Site::handle).
    pub async fn visit(&self, incoming: &Incoming) -> Result<Visit, Error> {
        self.0.visit(incoming).await
    }

    /// Whether a URL, or a path, is that of a route: then [`handle`](Site::handle) is for it, else [`visit`](Site::visit).
    #[must_use]
    pub fn handles(&self, url: &str) -> bool {
        self.0.handles(url)
    }

    /// The relying party of the provider of this name (a [visit's](Visit::provider), or `default`): for what a session can do beside
    /// ([`userinfo`](RelyingParty::userinfo), [`call`](RelyingParty::call)). It shares the site's cache. `None` if there is none.
    #[must_use]
    pub fn relying_party(&self, name: &str) -> Option<RelyingParty> {
        self.0.party(name).map(RelyingParty)
    }

    /// One more provider, while the site runs: for requests that come from now on.
    ///
    /// # Errors
    /// As [`SiteBuilder::build`].
    pub fn add_provider(&self, provider: impl Into<SiteProvider>) -> Result<(), Error> {
        self.0.add(provider.into().0)
    }

    /// Takes the provider of this name off, while the site runs. Its sessions are nobody's from now on. `false` if there is none.
    pub fn remove_provider(&self, name: &str) -> bool {
        self.0.remove(name)
    }

    /// Metadata and keys as they are now, to be kept for the next process ([`SiteBuilder::cache`]).
    #[must_use]
    pub fn cache(&self) -> Cache {
        self.0.cache()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({})", self.0.base_url())
    }
}

impl fmt::Debug for SiteBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SiteBuilder({})", self.0.base_url)
    }
}

impl fmt::Debug for SiteProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SiteProvider({}: {:?})", self.0.name, self.0.config)
    }
}
