//! A web application's login as one machine over data: it logs in, keeps, refreshes and logs out.

mod answer;
mod callback;
mod cookies;
mod failure;
mod incoming;
mod keeper;
mod login;
mod logout;
mod memory;
mod policy;
mod record;
mod refresh;
mod shelf;
mod visit;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

pub use answer::{Answer, Event, Handled, Handling, Visit, Visiting};
pub use incoming::Incoming;
pub use memory::MemorySessionStore;
pub use policy::SitePolicy;

use crate::client::{Client, Registration};
use crate::jose::SealingKeys;
use crate::login::AuthorizeRequest;
use crate::machine::{Cache, Host, Policy, Sequence, Step};
use crate::provider::{Issuer, Provider};
use crate::report::{Error, ErrorKind};
use crate::text::config::invalid;
use crate::text::{Entropy, Timestamp, origin, uri};

/// The login of a web application: routes below one URL, and the session of every other request.
///
/// A host gives it each request as data ([`Incoming`]), answers what the [`Sequence`] asks for, and sends the [`Answer`].
/// [`handle`](Site::handle) is for the routes, [`visit`](Site::visit) for everything else:
///
/// | route, below the base URL | what it does |
/// | --- | --- |
/// | `login` (GET; `return_to`, `prompt`, `login_hint`, `provider`) | sends the browser to the provider |
/// | the path of the redirect URI, such as `callback` (GET, POST) | takes it back |
/// | `initiate` (GET, POST; `iss`, `login_hint`, `target_link_uri`) | a login that somebody else begins (OIDC Core 4) |
/// | `logout` (POST; `return_to`) | ends the session here and at the provider |
/// | `logged-out` (GET; `state`) | takes the browser back from there: the post-logout redirect URI |
/// | `backchannel-logout` (POST; `logout_token`) | the provider ends sessions (OIDC Back-Channel Logout 2.5) |
/// | `frontchannel-logout` (GET; `iss`, `sid`) | the provider ends sessions (OIDC Front-Channel Logout 2) |
///
/// The browser holds sealed values and ids, never a token in the clear. A login needs no store: it travels in a cookie of its
/// own. With a [store](SitePolicy::store) a login can be used once, a session can be ended from elsewhere, and a session with a
/// refresh token is refreshed by one process at a time, however many there are. Without one, the whole session is in the
/// browser's cookies, without its refresh token.
///
/// Immutable, cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    base: String,
    keys: SealingKeys,
    policy: SitePolicy,
    providers: Vec<SiteProvider>,
    /// Whether the site is at http loopback, where Safari keeps no cookie with `Secure`.
    local: bool,
}

/// A provider that users of the site log in with.
#[derive(Clone)]
#[non_exhaustive]
pub struct SiteProvider {
    /// What the site calls it: the parameter `provider` of a login. 1 to 64 letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The provider's issuer identifier.
    pub issuer: Issuer,
    /// The registration of the site there. Its `redirect_uri` is one of the site's origin, at a path of its own: the base URL with
    /// `/callback`, for instance, or what is registered already. Of several providers none has that of another. Its `post_logout_redirect_uri`, if it has one, is the base URL with `/logged-out`.
    pub registration: Registration,
    /// What is demanded of its answers.
    pub policy: Policy,
    /// What every login asks for; a visitor's own parameters take the place of these.
    pub authorize: AuthorizeRequest,
}

impl SiteProvider {
    /// A provider with the usual policy, and logins that ask for nothing in particular.
    pub fn new(name: impl Into<String>, issuer: Issuer, registration: Registration) -> SiteProvider {
        SiteProvider {
            name: name.into(),
            issuer,
            registration,
            policy: Policy::default(),
            authorize: AuthorizeRequest::default(),
        }
    }

    /// The same provider with this policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> SiteProvider {
        self.policy = policy;
        self
    }

    /// The same provider, whose logins ask for this.
    #[must_use]
    pub fn with_authorize(mut self, authorize: AuthorizeRequest) -> SiteProvider {
        self.authorize = authorize;
        self
    }

    /// The path of its redirect URI.
    fn callback(&self) -> &str {
        let uri = self.registration.redirect_uri.as_str();
        let path = uri.get(uri::origin(uri).len()..).unwrap_or_default();
        path.split('?').next().unwrap_or_default()
    }

    /// What is needed to talk to it. Its metadata come from the cache, or are fetched.
    async fn client(&self, host: &Host) -> Result<Client, Error> {
        host.speak_for(&self.name);
        let now = host.now();
        let step = host.cache(|cache| Provider::discover(&self.issuer, &self.policy, cache, now));
        let provider = host.run(step).await?;
        Client::new(provider, self.registration.clone(), self.policy.clone())
    }
}

impl fmt::Debug for SiteProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SiteProvider({})", self.name)
    }
}

/// What the post-logout redirect URI has behind the base URL.
const LOGGED_OUT: &str = "/logged-out";

impl Site {
    /// A site whose routes are below `base_url`, such as `https://app.example/auth`: the URL as browsers see it, whatever
    /// proxies stand before the application. `keys` seal what browsers and stores hold: 32 random bytes, the same in every
    /// process.
    ///
    /// # Errors
    /// `invalid_configuration`, `policy_out_of_range`
    pub fn new(base_url: &str, keys: SealingKeys, policy: SitePolicy) -> Result<Site, Error> {
        policy.check()?;
        let parts = uri::split(base_url).map_err(|reason| invalid("base_url", reason))?;
        let local = parts.scheme == "http";
        if local && !parts.is_loopback() {
            return Err(invalid("base_url", "is not an https URL"));
        }
        if parts.has_query || base_url.ends_with('/') {
            return Err(invalid("base_url", "has a query, or a slash at its end"));
        }
        let inner = Inner { base: base_url.to_owned(), keys, policy, providers: Vec::new(), local };
        Ok(Site(Arc::new(inner)))
    }

    /// The same site with one more provider. The first one is that of a login that names none.
    ///
    /// # Errors
    /// `invalid_configuration`, and those of [`Client::check`]
    pub fn with_provider(mut self, provider: SiteProvider) -> Result<Site, Error> {
        let SiteProvider { name, issuer, registration, policy, authorize } = &provider;
        if !is_name(name) {
            return Err(invalid("provider", "has a name of other characters than letters, digits, - _ ."));
        }
        if self.provider(name).is_some() {
            return Err(invalid("provider", "has a name that another one has"));
        }
        self.check_callback(&provider)?;
        let way_back = registration.post_logout_redirect_uri.as_deref();
        if way_back.is_some_and(|uri| self.behind_base(uri) != Some(LOGGED_OUT)) {
            return Err(invalid("post_logout_redirect_uri", "is not the base_url with /logged-out"));
        }
        let longest = policy.longest_refresh_secs();
        if self.0.policy.store && self.0.policy.lock_secs < longest {
            return Err(invalid(
                "lock_secs",
                "is shorter than a refresh may take by the policy of the provider",
            ));
        }
        let scopes = authorize.scopes.as_ref().unwrap_or(&registration.scopes);
        if !self.0.policy.store && scopes.iter().any(|scope| scope == "offline_access") {
            return Err(invalid("store", "is missing: a session with a refresh token needs one"));
        }
        Client::check(issuer, registration, policy)?;
        Arc::make_mut(&mut self.0).providers.push(provider);
        Ok(self)
    }

    /// The same site without the provider of this name. Its sessions are nobody's from now on.
    #[must_use]
    pub fn without_provider(mut self, name: &str) -> Site {
        Arc::make_mut(&mut self.0).providers.retain(|provider| provider.name != name);
        self
    }

    fn check_callback(&self, provider: &SiteProvider) -> Result<(), Error> {
        let callback = provider.callback();
        if !self.is_own_origin(&origin::origin(&provider.registration.redirect_uri)) || callback.len() < 2 {
            return Err(invalid("redirect_uri", "has another origin than base_url, or no path"));
        }
        if self.route_below(callback).is_some() {
            return Err(invalid("redirect_uri", "is another route of the site"));
        }
        // One of them could pass on a response to another's login (RFC 9700 4.4).
        let is_anothers = |other: &SiteProvider| {
            self.is_called_at(other, callback) || self.is_called_at(provider, other.callback())
        };
        if self.0.providers.iter().any(is_anothers) {
            return Err(invalid("redirect_uri", "is that of another provider, or ends like it"));
        }
        Ok(())
    }

    /// Answers a request to one of the routes. `entropy`: at least 32 random bytes, used for nothing else. Of the cache
    /// nothing but a snapshot is needed here.
    ///
    /// Carry the sequence to its end even if the browser has gone: what was changed in the store, and at the provider, belongs
    /// together. In an asynchronous server that means a task of its own.
    ///
    /// What a visitor or the provider does wrong is an [`Answer`] with an [`Event::Failed`].
    ///
    /// # Errors
    /// `store_unavailable`, and what is the host's own fault: `wrong_reply`, `unsupported_request`, `implausible_clock`.
    pub fn handle(
        &self,
        incoming: Incoming,
        entropy: Entropy,
        cache: &mut Cache,
        now: Timestamp,
    ) -> Result<Step<Handling>, Error> {
        let site = self.clone();
        Sequence::start(move |host| async move { site.route(&host, &incoming, &entropy).await }, cache, now)
    }

    /// Whose request this is: nobody's, or that of a session, which is refreshed when it is due.
    ///
    /// Carry the sequence to its end even if the browser has gone: a refresh that stops half-way loses the refresh token.
    ///
    /// # Errors
    /// As for [`handle`](Site::handle).
    pub fn visit(
        &self,
        incoming: &Incoming,
        entropy: Entropy,
        cache: &mut Cache,
        now: Timestamp,
    ) -> Result<Step<Visiting>, Error> {
        let (site, cookies) = (self.clone(), incoming.cookies().clone());
        Sequence::start(move |host| async move { site.visitor(&host, &cookies, &entropy).await }, cache, now)
    }

    async fn route(&self, host: &Host, incoming: &Incoming, entropy: &Entropy) -> Result<Handled, Error> {
        let Some(route) = self.route_of(incoming.path()) else { return Ok(Handled::status(404)) };
        let allowed: &[&str] = match route {
            Route::Login | Route::LoggedOut | Route::FrontChannelLogout => &["GET"],
            Route::Logout if !self.0.policy.logout_by_get => &["POST"],
            Route::BackChannelLogout => &["POST"],
            Route::Logout | Route::Callback | Route::Initiate => &["GET", "POST"],
        };
        if !allowed.contains(&incoming.method()) {
            return Ok(Handled::status(405).with_header("Allow", &allowed.join(", ")));
        }
        let outcome = match route {
            Route::Login => self.login(host, incoming, entropy).await,
            Route::Initiate => self.initiate(host, incoming, entropy).await,
            Route::Callback => return self.callback(host, incoming, entropy).await,
            Route::Logout => self.logout(host, incoming, entropy).await,
            Route::LoggedOut => self.logged_out(host, incoming),
            Route::BackChannelLogout => self.back_channel(host, incoming, entropy).await,
            Route::FrontChannelLogout => self.front_channel(host, incoming, entropy).await,
        };
        outcome.or_else(|error| self.failed(error))
    }

    /// Whether a URL, or a path, is that of a route: then [`handle`](Site::handle) is for it.
    pub fn handles(&self, url: &str) -> bool {
        let incoming = Incoming::new("GET", url);
        // That of an application's own page may be what a route is without the base URL.
        let mut paths = self.mounts().map(|mount| [mount, incoming.path()].concat());
        paths.any(|path| self.route_at(&path).is_some())
    }

    fn route_of(&self, path: &str) -> Option<Route> {
        self.meanings(path).find_map(|path| self.route_at(&path))
    }

    /// The route at this very path.
    fn route_at(&self, path: &str) -> Option<Route> {
        let is_callback = self.0.providers.iter().any(|provider| provider.callback() == path);
        if is_callback { Some(Route::Callback) } else { self.route_below(path) }
    }

    fn route_below(&self, path: &str) -> Option<Route> {
        route(path.strip_prefix(self.base_path())?)
    }

    /// Whether a response that came to this path is for this provider.
    fn is_called_at(&self, provider: &SiteProvider, path: &str) -> bool {
        self.meanings(path).any(|path| provider.callback() == path)
    }

    fn base_path(&self) -> &str {
        self.0.base.get(uri::origin(&self.0.base).len()..).unwrap_or_default()
    }

    /// What a proxy may take off the front of a path: the front of the base URL's.
    fn mounts(&self) -> impl Iterator<Item = &str> {
        let base = self.base_path();
        let fronts = base.match_indices('/').filter_map(move |(at, _)| base.get(..at));
        let whole = base.is_empty().then_some(base);
        fronts.chain(whole)
    }

    /// What a path may have been. Of one that is given to [`handle`](Site::handle) all of the base URL's may be missing.
    fn meanings(&self, path: &str) -> impl Iterator<Item = String> {
        self.mounts().chain([self.base_path()]).map(move |mount| [mount, path].concat())
    }

    fn provider(&self, name: &str) -> Option<&SiteProvider> {
        self.0.providers.iter().find(|provider| provider.name == name)
    }

    /// The provider that a visitor names, or the first.
    fn chosen(&self, name: Option<&str>) -> Result<&SiteProvider, Error> {
        let chosen = match name {
            Some(name) => self.provider(name),
            None => self.0.providers.first(),
        };
        chosen.ok_or_else(|| ErrorKind::UnknownProvider.bare())
    }

    /// What a URL has behind the base URL.
    fn behind_base<'a>(&self, url: &'a str) -> Option<&'a str> {
        url.strip_prefix(self.0.base.as_str())
    }

    /// Whether this is the site's own origin, as a browser writes it.
    fn is_own_origin(&self, other: &str) -> bool {
        origin::origin(&self.0.base) == other
    }
}

/// The routes below the base URL, and that of the providers' redirect URIs.
#[derive(Clone, Copy)]
enum Route {
    Login,
    Callback,
    Initiate,
    Logout,
    LoggedOut,
    BackChannelLogout,
    FrontChannelLogout,
}

fn route(behind_base: &str) -> Option<Route> {
    Some(match behind_base {
        "/login" => Route::Login,
        "/initiate" => Route::Initiate,
        "/logout" => Route::Logout,
        LOGGED_OUT => Route::LoggedOut,
        "/backchannel-logout" => Route::BackChannelLogout,
        "/frontchannel-logout" => Route::FrontChannelLogout,
        _ => return None,
    })
}

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(letter)
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({})", self.0.base)
    }
}
