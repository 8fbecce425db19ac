//! Sending the browser to the provider.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::client::Client;
use crate::login::{Authorization, AuthorizeRequest, PendingLogin};
use crate::machine::{Host, StoreEntry};
use crate::report::{Error, ErrorKind};
use crate::site::answer::Handled;
use crate::site::cookies::{Attributes, Cookies, SEPARATORS, clear};
use crate::site::incoming::Incoming;
use crate::site::keeper::Purpose;
use crate::site::record::page_key;
use crate::site::shelf::Shelf;
use crate::site::{Site, SiteProvider};
use crate::text::config::Config;
use crate::text::json::Writer;
use crate::text::limits::size;
use crate::text::{Entropy, Timestamp, uri};

/// The longest value of a login's cookie, in bytes: browsers keep 4,096 with name and attributes.
const LONGEST: usize = 3_600;

/// Why a page is left out that neither the cookie nor a store holds.
const TOO_LONG: &str = "is longer than the login's cookie has room for";

/// The words that `prompt` has (OIDC Core 3.1.2.1, Initiating User Registration 1.0 4).
const PROMPTS: [&str; 5] = ["none", "login", "consent", "select_account", "create"];

impl Site {
    /// `login`: what the visitor asks for takes the place of what every login asks for.
    pub(super) async fn login(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let given = incoming.parameters()?;
        let provider = self.chosen(given.get("provider"))?;
        let mut request = provider.authorize.clone();
        if let Some(prompt) =
            given.get("prompt").filter(|prompt| prompt.split(' ').all(|word| PROMPTS.contains(&word)))
        {
            request.prompt = Some(prompt.into());
        }
        if let Some(hint) = given.get("login_hint") {
            request.login_hint = Some(hint.into());
        }
        request.return_to = given.get("return_to").map(Into::into);
        self.begin(host, provider, request, incoming.cookies(), entropy).await
    }

    /// `initiate`: a login that the provider or somebody else begins (OIDC Core 4), for issuers of the site's alone.
    pub(super) async fn initiate(
        &self,
        host: &Host,
        incoming: &Incoming,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let given = incoming.parameters()?;
        let iss = given.get("iss").unwrap_or_default();
        let named = self.0.providers.iter().find(|provider| provider.issuer.as_str() == iss);
        let provider = named.ok_or_else(|| ErrorKind::UnknownProvider.bare())?;
        let mut request = provider.authorize.clone();
        if let Some(hint) = given.get("login_hint") {
            request.login_hint = Some(hint.into());
        }
        // A page of this origin; any other is left out.
        let target = given.get("target_link_uri").and_then(|url| {
            let origin = uri::origin(url);
            self.is_own_origin(&origin.to_ascii_lowercase()).then(|| url.get(origin.len()..)).flatten()
        });
        request.return_to = target.map(Into::into);
        self.begin(host, provider, request, incoming.cookies(), entropy).await
    }

    async fn begin(
        &self,
        host: &Host,
        provider: &SiteProvider,
        request: AuthorizeRequest,
        cookies: &Cookies,
        entropy: &Entropy,
    ) -> Result<Handled, Error> {
        let client = provider.client(host).await?;
        let Authorization { url, mut pending, return_to_dropped, .. } =
            authorization(host, &client, &request, entropy.part("authorize")).await?;
        let name = pending.cookie_name();
        // Whoever begins a login is no longer logging out.
        let logout = self.logout_cookie_name();
        let over = cookies.parts(&logout).into_iter().map(|name| clear(&name, self.0.local)).collect();
        let session = cookies.size(&self.cookie_name());
        let room = size(self.policy().cookie_budget_bytes).saturating_sub(session);
        let longest = LONGEST.min(room.saturating_sub(name.len()).saturating_sub(SEPARATORS));
        let earlier = if self.policy().store { self.key_of(cookies) } else { None };
        let seal = |pending: &PendingLogin, page: Page, draw| {
            self.sealed_login(provider, pending, &name, (earlier.as_deref(), page), draw)
        };
        let page = return_to_dropped.map_or(Page::InLogin, |reason| Page::LeftOut(reason.into()));
        let mut value = seal(&pending, page, entropy.part("login"))?;
        if value.len() > longest
            && let Some(page) = pending.return_to.take()
        {
            // Without a store a long page is not worth a login that cannot end.
            let is_stored = self.policy().store
                && self.store_page(host, &name, &page, pending.expires_at(), entropy).await?;
            let page = if is_stored { Page::InStore } else { Page::LeftOut(TOO_LONG.into()) };
            value = seal(&pending, page, entropy.part("shorter login"))?;
        }
        if value.len() > longest {
            return Err(ErrorKind::CookieTooLarge.with([&value.len().to_string(), &longest.to_string()]));
        }
        let attributes = Attributes {
            local: self.0.local,
            cross_site: pending.response_mode.is_posted(),
            max_age: pending.lifetime(),
        };
        let own = name.len().saturating_add(value.len()).saturating_add(SEPARATORS);
        let surplus = cookies.surplus_logins(self.0.local, room.saturating_sub(own), None);
        Ok(Handled::redirect(&url)
            .with_cookies(alloc::vec![attributes.set(&name, &value)])
            .with_cookies(self.cleared(surplus))
            .with_cookies(over))
    }

    fn sealed_login(
        &self,
        provider: &SiteProvider,
        pending: &PendingLogin,
        name: &str,
        (earlier, page): (Option<&str>, Page),
        entropy: Entropy,
    ) -> Result<String, Error> {
        let login = Zeroizing::new(pending.encode());
        let mut text = Writer::new();
        text.text("provider", &provider.name).raw("login", &login);
        if let Some(earlier) = earlier {
            text.text("earlier", earlier);
        }
        match &page {
            Page::InLogin => {}
            Page::InStore => {
                text.bool("page_is_stored", true);
            }
            Page::LeftOut(reason) => {
                text.text("page_left_out", reason);
            }
        }
        let text = Zeroizing::new(text.end());
        self.seal(Purpose::Login, name, &text, entropy)
    }

    /// Keeps the page of a login that is too long for its cookie.
    async fn store_page(
        &self,
        host: &Host,
        cookie_name: &str,
        page: &str,
        expires_at: Timestamp,
        entropy: &Entropy,
    ) -> Result<bool, Error> {
        let key = page_key(cookie_name);
        let value = self.seal(Purpose::Stored, &key, page, entropy.part("page"))?;
        Shelf(host).add(StoreEntry { key, value, expires_at: expires_at.plus(1), labels: Vec::new() }).await
    }

    /// The page that was kept for a login, once.
    pub(super) async fn stored_page(&self, host: &Host, cookie_name: &str) -> Result<Option<String>, Error> {
        let key = page_key(cookie_name);
        let Some(taken) = Shelf(host).take(&key).await? else { return Ok(None) };
        Ok(self.open(Purpose::Stored, &key, &taken.value).map(|page| page.as_str().into()))
    }

    /// The login in a cookie of this name.
    pub(super) fn opened_login(&self, name: &str, value: &str) -> Option<Opened> {
        let text = self.open(Purpose::Login, name, value)?;
        let mut stored = Config::parse_own(&text).ok()?;
        let provider = stored.required("provider", Config::text);
        let login = Zeroizing::new(stored.required("login", Config::object));
        let earlier = stored.text("earlier");
        let page = match (stored.bool("page_is_stored"), stored.text("page_left_out")) {
            (Some(true), _) => Page::InStore,
            (_, Some(reason)) => Page::LeftOut(reason),
            _ => Page::InLogin,
        };
        stored.end(()).ok()?;
        let pending = PendingLogin::decode(Some(&login)).ok()?;
        Some(Opened { provider, pending, earlier, page })
    }
}

/// A login that was in its cookie.
pub(super) struct Opened {
    /// The name of its provider.
    pub(super) provider: String,
    pub(super) pending: PendingLogin,
    /// Where the session is kept that the browser had when it began: a callback that is posted comes without its cookie.
    pub(super) earlier: Option<String>,
    pub(super) page: Page,
}

/// Where the page is that a login leads to.
pub(super) enum Page {
    /// In the login itself, if it leads to any.
    InLogin,
    /// In the store, where the cookie had no room for it.
    InStore,
    /// Nowhere, for this reason.
    LeftOut(String),
}

async fn authorization(
    host: &Host,
    client: &Client,
    request: &AuthorizeRequest,
    entropy: Entropy,
) -> Result<Authorization, Error> {
    let now = host.now();
    let step = host.cache(|cache| client.proving(entropy, cache, now).authorize(request));
    host.run(step).await
}
