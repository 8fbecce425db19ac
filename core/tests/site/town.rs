//! A site, its store, its provider, and browsers that keep cookies.

use std::collections::BTreeMap;

use relyingparty::{
    Alg, Answer, AuthorizeRequest, Cache, Endpoint, Error, Event, Flow, Handled, Incoming, Issuer,
    MemorySessionStore, Registration, Reply, Request, SealingKeys, Sequence, Site, SitePolicy, SiteProvider,
    Step, Timestamp, Visit,
};
use serde_json::json;

use crate::support::{
    CLIENT_ID, CLIENT_SECRET, ISSUER, Op, START, entropy, json_response, parameter, policy, query,
};

pub(crate) const BASE: &str = "https://rp.example/auth";

pub(crate) fn keys(of: &[u8]) -> SealingKeys {
    SealingKeys::new(of.iter().map(|key| (0..32).map(|byte| byte ^ key).collect::<Vec<u8>>())).unwrap()
}

pub(crate) fn registration() -> Registration {
    let mut registration =
        Registration::new(CLIENT_ID, format!("{BASE}/callback")).with_secret(CLIENT_SECRET);
    registration.id_token_signed_response_alg = Some(Alg::Hs256);
    registration.post_logout_redirect_uri = Some(format!("{BASE}/logged-out"));
    registration
}

pub(crate) fn provider() -> SiteProvider {
    SiteProvider::new("op", Issuer::parse(ISSUER).unwrap(), registration()).with_policy(policy())
}

pub(crate) fn site_of(keys: SealingKeys, policy: SitePolicy, provider: SiteProvider) -> Site {
    Site::new(BASE, keys, policy).unwrap().with_provider(provider).unwrap()
}

/// Everything but the browsers. The provider takes each refresh token once: one that comes again ends its grant.
#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) site: Site,
    pub(crate) op: Op,
    pub(crate) store: MemorySessionStore,
    pub(crate) cache: Cache,
    pub(crate) now: Timestamp,
    /// Whether the store answers.
    pub(crate) store_is_up: bool,
    /// The refresh token that is good, unless the grant is over.
    pub(crate) good: Option<String>,
    /// The refresh token that was given last.
    pub(crate) newest: Option<String>,
    /// Refreshes that were asked for.
    pub(crate) refreshes: usize,
    draws: u8,
}

impl Town {
    pub(crate) fn new(policy: SitePolicy) -> Town {
        Town {
            site: site_of(keys(&[1]), policy, provider()),
            op: Op::new(ISSUER, Alg::Hs256),
            store: MemorySessionStore::new(),
            cache: Cache::default(),
            now: START,
            store_is_up: true,
            good: None,
            newest: None,
            refreshes: 0,
            draws: 0,
        }
    }

    pub(crate) fn stored() -> Town {
        Town::new(SitePolicy::stored())
    }

    pub(crate) fn wait(&mut self, seconds: i64) {
        self.now = Timestamp::from_unix(self.now.as_unix() + seconds);
    }

    fn draw(&mut self) -> relyingparty::Entropy {
        self.draws = self.draws.wrapping_add(1).max(1);
        entropy(self.draws)
    }

    pub(crate) fn answer(&mut self, request: &Request) -> Reply {
        match request {
            Request::Store(_) if !self.store_is_up => {
                Reply::Unreachable { reason: "connection refused".into() }
            }
            Request::Store(request) => self.store.answer(request, self.now),
            Request::Http(http) if http.endpoint == Endpoint::Token => {
                let form = String::from_utf8(http.body.clone()).unwrap();
                if let Some(token) = parameter(&form, "refresh_token") {
                    self.refreshes += 1;
                    let down = self.op.instead.iter().any(|(endpoint, _)| *endpoint == Endpoint::Token);
                    if !down && self.good.as_ref() != Some(&token) {
                        self.good = None;
                        return Reply::Http(json_response(400, &json!({ "error": "invalid_grant" })));
                    }
                }
                let reply = self.op.answer(request, self.now);
                if let Reply::Http(response) = &reply {
                    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
                    let token = body["refresh_token"].as_str().map(str::to_owned);
                    self.good = token.or_else(|| self.good.take());
                    self.newest = self.good.clone();
                }
                reply
            }
            other => self.op.answer(other, self.now),
        }
    }

    /// Answers what a sequence asks for, once.
    pub(crate) fn advance<T: 'static>(&mut self, flow: Sequence<T>) -> Result<Step<Sequence<T>>, Error> {
        let reply = self.answer(flow.request());
        flow.resume(reply, &mut self.cache, self.now)
    }

    fn finish<T: 'static>(&mut self, step: Result<Step<Sequence<T>>, Error>) -> Result<T, Error> {
        let mut step = step?;
        loop {
            match step {
                Step::Done(output) => return Ok(output),
                Step::Pending(flow) => step = self.advance(flow)?,
            }
        }
    }

    pub(crate) fn begin_handle(&mut self, incoming: Incoming) -> Result<Step<Sequence<Handled>>, Error> {
        let entropy = self.draw();
        self.site.handle(incoming, entropy, &mut self.cache, self.now)
    }

    pub(crate) fn begin_visit(&mut self, browser: &Browser) -> Result<Step<Sequence<Visit>>, Error> {
        let entropy = self.draw();
        let incoming = browser.request("GET", "/page");
        self.site.visit(&incoming, entropy, &mut self.cache, self.now)
    }

    pub(crate) fn handle(&mut self, incoming: Incoming) -> Result<Handled, Error> {
        let step = self.begin_handle(incoming);
        self.finish(step)
    }

    /// A request of a browser to a route; what it sets is kept.
    pub(crate) fn get(&mut self, browser: &mut Browser, url: &str) -> Handled {
        let handled = self.handle(browser.request("GET", url)).unwrap();
        browser.take(&handled.answer);
        handled
    }

    pub(crate) fn post(&mut self, browser: &mut Browser, url: &str, form: &str) -> Handled {
        let incoming = browser.request("POST", url).header("Sec-Fetch-Site", "same-origin").form(form);
        let handled = self.handle(incoming).unwrap();
        browser.take(&handled.answer);
        handled
    }

    pub(crate) fn try_visit(&mut self, browser: &mut Browser) -> Result<Visit, Error> {
        let step = self.begin_visit(browser);
        let visit = self.finish(step)?;
        browser.set(&visit.set_cookies);
        Ok(visit)
    }

    pub(crate) fn visit(&mut self, browser: &mut Browser) -> Visit {
        self.try_visit(browser).unwrap()
    }

    /// The way to the provider and back: the URL of the callback.
    pub(crate) fn provider_way(&mut self, browser: &mut Browser, login: &str) -> String {
        let handled = self.get(browser, login);
        assert_eq!(handled.answer.status, 303, "{:?}", handled.event);
        let url = handled.answer.header("Location").unwrap().to_owned();
        format!("/auth/callback?{}", self.op.authorize(&url))
    }

    pub(crate) fn login_at(&mut self, browser: &mut Browser, login: &str) -> Handled {
        let callback = self.provider_way(browser, login);
        self.get(browser, &callback)
    }

    /// A browser that is logged in.
    pub(crate) fn login(&mut self) -> Browser {
        let mut browser = Browser::default();
        let handled = self.login_at(&mut browser, "/auth/login");
        assert!(matches!(handled.event, Some(Event::LoggedIn { .. })), "{:?}", handled.event);
        browser
    }
}

/// The provider under another name, with a redirect URI of its own.
pub(crate) fn named(name: &str) -> SiteProvider {
    let mut provider = provider();
    provider.name = name.into();
    provider.registration.redirect_uri = format!("{BASE}/callback/{name}");
    provider
}

/// What a provider is asked for at every login.
pub(crate) fn asking(change: impl FnOnce(&mut AuthorizeRequest)) -> SiteProvider {
    let mut request = AuthorizeRequest::default();
    change(&mut request);
    provider().with_authorize(request)
}

/// A browser: it keeps cookies as it is told.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
    /// In the order in which they were set.
    pub(crate) order: Vec<String>,
}

impl Browser {
    pub(crate) fn request(&self, method: &str, url: &str) -> Incoming {
        Incoming::new(method, url).header("Cookie", &self.header())
    }

    pub(crate) fn header(&self) -> String {
        let pairs = self.order.iter().map(|name| format!("{name}={}", self.cookies[name]));
        pairs.collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn take(&mut self, answer: &Answer) {
        let set = answer.headers.iter().filter(|(name, _)| name == "Set-Cookie");
        self.set(&set.map(|(_, value)| value.clone()).collect::<Vec<_>>());
    }

    pub(crate) fn set(&mut self, headers: &[String]) {
        for header in headers {
            assert!(header.len() <= 4_096, "no browser keeps {} bytes", header.len());
            let (pair, attributes) = header.split_once("; ").unwrap();
            assert!(attributes.contains("HttpOnly") && attributes.contains("Path=/"), "{attributes}");
            assert!(attributes.contains("Secure") && !attributes.contains("Domain"), "{attributes}");
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
                self.order.retain(|own| own != name);
            } else {
                if self.cookies.insert(name.to_owned(), value.to_owned()).is_none() {
                    self.order.push(name.to_owned());
                }
            }
        }
    }

    pub(crate) fn logins(&self) -> usize {
        self.order.iter().filter(|name| name.len() == "__Host-rp-".len() + 22).count()
    }

    pub(crate) fn session(&self) -> Option<&String> {
        self.cookies.get("__Host-rp-session")
    }
}

/// Where an answer leads.
pub(crate) fn location(handled: &Handled) -> &str {
    handled.answer.header("Location").unwrap_or_default()
}

/// A parameter of where it leads.
pub(crate) fn sent(handled: &Handled, name: &str) -> Option<String> {
    parameter(query(location(handled)), name)
}

/// The code of what failed.
pub(crate) fn failure(handled: &Handled) -> &'static str {
    match &handled.event {
        Some(Event::Failed { error }) => error.code(),
        _ => "ok",
    }
}
