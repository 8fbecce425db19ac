//! A site of `relyingparty-host` at the scripted provider: of both kinds, with and without a store, and what its store costs when it
//! fails.

mod herds;
#[allow(dead_code, reason = "the other tests use the rest of it")]
mod scripted;

use std::error::Error as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use conformance::browser::Browser;
use conformance::serve;
use relyingparty_host::{
    Config, Event, Handled, Incoming, MemorySessionStore, Registration, RelyingParty, SealingKeys, Site,
    StoreEntry, StoreError, Versioned, blocking,
};
use scripted::{REDIRECT, Scripted, Watched, on_tokio};

/// The scripted provider sends browsers back there.
const BASE: &str = "https://app.example";

fn keys() -> SealingKeys {
    SealingKeys::new([serve::entropy().unwrap()]).unwrap()
}

/// The client of the scripted provider, whose only page is this one.
fn config(op: &Scripted) -> Config {
    let client = Registration::new("my-client", REDIRECT).with_secret("…");
    Config::new(&op.issuer, client).allow_insecure_loopback()
}

fn site_of(op: &Scripted) -> blocking::SiteBuilder {
    let party = blocking::RelyingParty::builder(config(op), Watched::ureq());
    blocking::Site::builder(BASE, keys()).provider(party)
}

fn header<'a>(handled: &'a Handled, name: &str) -> &'a str {
    let mut headers = handled.headers.iter();
    headers.find(|(own, _)| own == name).map_or("", |(_, value)| value)
}

/// The name and the value of the first cookie that is set to something.
fn cookie(handled: &Handled) -> String {
    let mut set = handled.headers.iter().filter(|(name, _)| name == "Set-Cookie");
    let kept = set.find(|(_, value)| !value.contains("Max-Age=0")).expect("a cookie");
    kept.1.split(';').next().unwrap().to_owned()
}

fn back(login: &Handled) -> Incoming {
    let url = Browser::new(None).follow(header(login, "Location"), REDIRECT).unwrap();
    Incoming::new("GET", &url).header("Cookie", &cookie(login))
}

fn request(cookie: &str) -> Incoming {
    Incoming::new("GET", "/").header("cookie", cookie)
}

/// The same lines for both kinds.
macro_rules! logs_in_and_out {
    ($site:expr $(, $await:ident)?) => {{
        let site = $site;
        let login = site.handle(Incoming::new("GET", "/login?return_to=/inbox"))$(.$await)?.unwrap();
        let done = site.handle(back(&login))$(.$await)?.unwrap();
        assert_eq!((done.status, header(&done, "Location")), (303, "/inbox"));
        assert!(matches!(done.event, Some(Event::LoggedIn { .. })), "{done:?}");
        let session = cookie(&done);
        let visit = site.visit(&request(&session))$(.$await)?.unwrap();
        assert_eq!(visit.provider.as_deref(), Some("default"));
        let user = visit.session.unwrap();
        let rp = site.relying_party("default").unwrap();
        assert_eq!(rp.userinfo(&user)$(.$await)?.unwrap().sub(), user.claims().sub());
        let logout = || Incoming::new("POST", "/logout").header("cookie", &session);
        assert_eq!(site.handle(logout())$(.$await)?.unwrap().status, 403, "from who knows where");
        let out = site.handle(logout().header("sec-fetch-site", "same-origin"))$(.$await)?.unwrap();
        assert!(matches!(out.event, Some(Event::LoggedOut { .. })), "{out:?}");
        session
    }};
}

#[test]
fn a_site_of_either_kind_logs_in_and_out_with_and_without_a_store() {
    let op = Scripted::start();
    let site = site_of(&op).build().unwrap();
    logs_in_and_out!(&site);
    let site = site_of(&op).store(MemorySessionStore::new()).build().unwrap();
    let session = logs_in_and_out!(&site);
    assert!(site.visit(&request(&session)).unwrap().session.is_none());

    let party = || RelyingParty::builder(config(&op), Watched::reqwest());
    let site = Site::builder(BASE, keys()).provider(party()).build().unwrap();
    on_tokio(async { drop(logs_in_and_out!(&site, await)) });
    let site =
        Site::builder(BASE, keys()).provider(party()).store(MemorySessionStore::new()).build().unwrap();
    on_tokio(async {
        let session = logs_in_and_out!(&site, await);
        assert!(site.visit(&request(&session)).await.unwrap().session.is_none());
    });
}

#[test]
fn providers_come_and_go_while_a_site_runs_and_have_one_cache() {
    let op = Scripted::start();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let site = blocking::Site::builder(BASE, keys())
        .on_event(move |event| hears.lock().unwrap().push(format!("{event:?}")))
        .build()
        .unwrap();
    let login = || site.handle(Incoming::new("GET", "/login")).unwrap();
    assert_eq!(login().status, 400);
    assert!(heard.lock().unwrap().pop().unwrap().contains("unknown_provider"));
    let watched = Watched::ureq();
    let party = blocking::RelyingParty::builder(config(&op), watched.clone());
    site.add_provider(blocking::SiteProvider::new(party).named("work")).unwrap();
    assert_eq!(login().status, 303);
    let rp = site.relying_party("work").unwrap();
    rp.client().unwrap();
    assert_eq!(watched.asked(), ["discovery"], "of the site and of its relying party together");
    let again = blocking::RelyingParty::builder(config(&op), watched.clone());
    let again = blocking::SiteProvider::new(again).named("work");
    assert_eq!(site.add_provider(again).unwrap_err().code(), "invalid_configuration");
    assert!(site.remove_provider("work") && !site.remove_provider("work"));
    assert!(site.relying_party("work").is_none());
    assert_eq!(login().status, 400);
    // What one process learned, the next one knows.
    let party = blocking::RelyingParty::builder(config(&op), watched.clone());
    let next = blocking::Site::builder(BASE, keys()).provider(party).cache(site.cache()).build().unwrap();
    assert_eq!(next.handle(Incoming::new("GET", "/login")).unwrap().status, 303);
    assert_eq!(watched.asked(), [""; 0]);
}

#[test]
fn what_a_site_handles_are_its_routes_and_no_page_beside_them() {
    let site = |base: &str| blocking::Site::builder(base, keys()).build().unwrap();
    let below = site("https://app.example/auth");
    for url in ["/auth/login", "https://app.example/auth/initiate?b", "/auth/logout"] {
        assert!(below.handles(url), "{url}");
    }
    for url in ["/", "/auth", "/auth/", "/authors/login", "/login?to=/auth/login", "https://app.example"] {
        assert!(!below.handles(url), "{url}");
    }
    assert!(site(BASE).handles("/login") && !site(BASE).handles("/inbox"));
    let elsewhere = blocking::RelyingParty::builder(
        Config::new("https://op.example", Registration::new("client", "https://other.example/callback")),
        Watched::ureq(),
    );
    let refused = blocking::Site::builder(BASE, keys()).provider(elsewhere).build().unwrap_err();
    assert_eq!((refused.code(), refused.detail("member")), ("invalid_configuration", Some("redirect_uri")));
}

/// A store that fails when it is told to, with an error that shows its password.
#[derive(Clone, Default)]
struct Failing(MemorySessionStore, Arc<AtomicBool>);

impl Failing {
    fn works(&self) -> Result<&MemorySessionStore, StoreError> {
        match self.1.load(Ordering::Relaxed) {
            true => Err("redis://:canary-password@127.0.0.1 does not answer".into()),
            false => Ok(&self.0),
        }
    }
}

impl blocking::SessionStore for Failing {
    fn get(&self, key: String) -> Result<Option<Versioned>, StoreError> {
        blocking::SessionStore::get(self.works()?, key)
    }

    fn add(&self, entry: StoreEntry) -> Result<bool, StoreError> {
        blocking::SessionStore::add(self.works()?, entry)
    }

    fn put(&self, entry: StoreEntry, version: String) -> Result<bool, StoreError> {
        blocking::SessionStore::put(self.works()?, entry, version)
    }

    fn take(&self, key: String) -> Result<Option<Versioned>, StoreError> {
        blocking::SessionStore::take(self.works()?, key)
    }

    fn delete(&self, key: String) -> Result<(), StoreError> {
        blocking::SessionStore::delete(self.works()?, key)
    }

    fn delete_labelled(&self, label: String) -> Result<(), StoreError> {
        blocking::SessionStore::delete_labelled(self.works()?, label)
    }

    fn lock(&self, key: String, owner: String, lifetime: u32, wait: u32) -> Result<bool, StoreError> {
        blocking::SessionStore::lock(self.works()?, key, owner, lifetime, wait)
    }

    fn unlock(&self, key: String, owner: String) -> Result<(), StoreError> {
        blocking::SessionStore::unlock(self.works()?, key, owner)
    }
}

#[test]
fn a_store_that_fails_is_an_error_with_its_cause_which_shows_nothing_of_it() {
    let op = Scripted::start();
    let store = Failing::default();
    let site = site_of(&op).store(store.clone()).build().unwrap();
    let login = site.handle(Incoming::new("GET", "/login")).unwrap();
    let session = cookie(&site.handle(back(&login)).unwrap());
    store.1.store(true, Ordering::Relaxed);
    let error = site.visit(&request(&session)).unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
    assert!(error.source().unwrap().to_string().contains("does not answer"));
    assert!(!format!("{error} {:?} {site:?}", error.as_core()).contains("canary"), "{error}");
    store.1.store(false, Ordering::Relaxed);
    assert!(site.visit(&request(&session)).unwrap().session.is_some(), "it is back");
}

/// What a request pays for its session. `cargo test --release -p conformance --test site -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, for release builds"]
fn a_visit_is_measured() {
    let op = Scripted::start();
    for (name, builder) in
        [("sealed", site_of(&op)), ("in memory", site_of(&op).store(MemorySessionStore::new()))]
    {
        let site = builder.build().unwrap();
        let login = site.handle(Incoming::new("GET", "/login")).unwrap();
        let incoming = request(&cookie(&site.handle(back(&login)).unwrap()));
        let mut best = f64::MAX;
        for _ in 0..2_000 {
            let began = Instant::now();
            for _ in 0..10 {
                assert!(site.visit(&incoming).unwrap().session.is_some());
            }
            best = best.min(began.elapsed().as_secs_f64() * 1e5);
        }
        println!("a visit of a session, {name}: {best:.1} us");
    }
}
