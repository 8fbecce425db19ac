//! An application that keeps sessions of its own in tower-sessions, around a site at the scripted provider: each belongs to one user.

#[allow(dead_code, reason = "the other tests use the rest of it")]
mod scripted;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use conformance::browser::Browser;
use conformance::serve;
use relyingparty_host::{
    Config, MemorySessionStore, Registration, RelyingParty, SealingKeys, Site, SiteProvider, Visitor,
};
use scripted::{OTHER_REDIRECT, REDIRECT, Scripted, Watched, on_tokio};
use tower_service::Service;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer, SessionStore};

/// The scripted provider sends browsers back there.
const BASE: &str = "https://app.example";

fn site(op: &Scripted, other: &Scripted) -> Site {
    let provider = |op: &Scripted, callback: &str| {
        let client = Registration::new("my-client", callback).with_secret("…");
        let config = Config::new(&op.issuer, client).allow_insecure_loopback();
        SiteProvider::new(RelyingParty::builder(config, Watched::reqwest()))
    };
    let keys = SealingKeys::new([serve::entropy().unwrap()]).unwrap();
    Site::builder(BASE, keys)
        .provider(provider(op, REDIRECT))
        .provider(provider(other, OTHER_REDIRECT).named("other"))
        .store(MemorySessionStore::new())
        .build()
        .unwrap()
}

async fn put(session: Session, Path(value): Path<String>) {
    session.insert("value", value).await.unwrap();
}

/// What is kept, and whether somebody is logged in.
async fn see(session: Session, visitor: Visitor) -> String {
    let value: Option<String> = session.get("value").await.unwrap();
    format!("{} {}", value.as_deref().unwrap_or("nothing"), visitor.session.is_some())
}

fn app(site: &Site, store: impl SessionStore + Clone) -> Router {
    Router::new()
        .route("/put/{value}", get(put))
        .route("/see", get(see))
        .merge(site.routes())
        .layer(site.tower_sessions_layer())
        .layer(SessionManagerLayer::new(store).with_same_site(SameSite::Lax))
}

/// A browser's cookies for the application.
#[derive(Clone)]
struct Tab {
    app: Router,
    cookies: BTreeMap<String, String>,
}

impl Tab {
    fn new(app: &Router) -> Tab {
        Tab { app: app.clone(), cookies: BTreeMap::new() }
    }

    async fn send(&mut self, request: axum::http::request::Builder) -> Response<Body> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("cookie", cookies.join("; ")).body(Body::empty()).unwrap();
        let response = self.app.call(request).await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    async fn get(&mut self, path: &str) -> String {
        let response = self.send(Request::get(path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        String::from_utf8(to_bytes(response.into_body(), 1_000).await.unwrap().to_vec()).unwrap()
    }

    async fn log_in(&mut self, provider: &str) {
        let login = self.send(Request::get(format!("/login?provider={provider}"))).await;
        let there = login.headers()["location"].to_str().unwrap();
        let callback = if provider == "other" { OTHER_REDIRECT } else { REDIRECT };
        let back = Browser::new(None).follow(there, callback).unwrap();
        let back = self.send(Request::get(back.strip_prefix(BASE).unwrap())).await;
        assert_eq!(back.status(), StatusCode::SEE_OTHER);
    }

    async fn log_out(&mut self) {
        self.send(Request::post("/logout").header("sec-fetch-site", "same-origin")).await;
    }

    fn id(&self) -> Option<Id> {
        self.cookies.get("id").map(|id| id.parse().unwrap())
    }
}

async fn kept(store: &MemoryStore, id: Option<Id>) -> Option<Record> {
    store.load(&id.unwrap()).await.unwrap()
}

#[test]
fn e15_a_session_goes_with_its_user_and_has_another_id_for_each() {
    let (op, other) = (Scripted::start(), Scripted::start());
    let (site, store) = (site(&op, &other), MemoryStore::default());
    on_tokio(async {
        let mut tab = Tab::new(&app(&site, store.clone()));
        assert_eq!(tab.get("/see").await, "nothing false");
        assert_eq!(tab.id(), None, "nothing is kept for nobody");
        tab.get("/put/cart").await;
        let before = tab.clone();
        tab.log_in("default").await;
        assert!(tab.cookies.len() > 1, "both have cookies: {:?}", tab.cookies.keys());
        assert_ne!(tab.id(), before.id(), "a session that was fixed before the login is another one");
        assert!(kept(&store, before.id()).await.is_none());
        assert_eq!(tab.get("/see").await, "cart true");
        // As long as it is the same user it stays.
        let id = tab.id();
        tab.log_in("default").await;
        assert_eq!((tab.get("/see").await.as_str(), tab.id()), ("cart true", id));
        // Somebody else finds nothing of it.
        tab.log_in("other").await;
        assert_eq!(tab.get("/see").await, "nothing true");
        assert!(kept(&store, id).await.is_none());
        tab.get("/put/theirs").await;
        let theirs = tab.clone();
        tab.log_out().await;
        assert_eq!(tab.id(), None);
        assert!(kept(&store, theirs.id()).await.is_none());
        assert_eq!(tab.get("/see").await, "nothing false");
    });
}

#[test]
fn a_session_whose_user_was_logged_out_elsewhere_is_empty_before_a_handler_sees_it() {
    let (op, other) = (Scripted::start(), Scripted::start());
    let (site, store) = (site(&op, &other), MemoryStore::default());
    on_tokio(async {
        let mut tab = Tab::new(&app(&site, store.clone()));
        tab.log_in("default").await;
        tab.get("/put/mine").await;
        let id = tab.id();
        // As the provider does: the site's session ends, and this browser hears nothing of it.
        let mut elsewhere = tab.clone();
        elsewhere.cookies.remove("id");
        elsewhere.log_out().await;
        assert_eq!(tab.get("/see").await, "nothing false");
        assert_eq!(tab.id(), None);
        assert!(kept(&store, id).await.is_none());
    });
}

#[test]
fn e15_a_session_that_somebody_else_planted_is_nobodys_to_fill() {
    let (op, other) = (Scripted::start(), Scripted::start());
    let (site, store) = (site(&op, &other), MemoryStore::default());
    on_tokio(async {
        let app = app(&site, store.clone());
        let (mut attacker, mut victim) = (Tab::new(&app), Tab::new(&app));
        attacker.log_in("other").await;
        attacker.get("/put/bait").await;
        // For somebody who is not logged in.
        let mut stranger = Tab::new(&app);
        stranger.cookies.insert("id".to_owned(), attacker.cookies["id"].clone());
        stranger.get("/put/cart").await;
        assert_ne!(stranger.id(), attacker.id(), "what is put in now has another id");
        assert_eq!(attacker.get("/see").await, "nothing true");
        // For somebody who is.
        attacker.get("/put/bait").await;
        victim.log_in("default").await;
        victim.cookies.insert("id".to_owned(), attacker.cookies["id"].clone());
        victim.get("/put/secret").await;
        assert_ne!(victim.id(), attacker.id());
        assert_eq!(victim.get("/see").await, "secret true");
        assert_eq!(attacker.get("/see").await, "nothing true");
        // One that was nobody's, planted behind the login.
        let mut attacker = Tab::new(&app);
        attacker.get("/put/bait").await;
        victim.cookies.insert("id".to_owned(), attacker.cookies["id"].clone());
        victim.get("/put/secret").await;
        assert_ne!(victim.id(), attacker.id());
        assert_eq!(attacker.get("/see").await, "nothing false");
    });
}

/// A store that fails.
#[derive(Clone, Debug)]
struct Down;

type Outcome<T> = Result<T, tower_sessions::session_store::Error>;

fn down<T: Send + 'static>() -> std::pin::Pin<Box<dyn Future<Output = Outcome<T>> + Send>> {
    Box::pin(async { Err(tower_sessions::session_store::Error::Backend("down".into())) })
}

impl SessionStore for Down {
    fn save<'a: 'c, 'b: 'c, 'c>(
        &'a self,
        _: &'b Record,
    ) -> std::pin::Pin<Box<dyn Future<Output = Outcome<()>> + Send + 'c>> {
        down()
    }

    fn load<'a: 'c, 'b: 'c, 'c>(
        &'a self,
        _: &'b Id,
    ) -> std::pin::Pin<Box<dyn Future<Output = Outcome<Option<Record>>> + Send + 'c>> {
        down()
    }

    fn delete<'a: 'c, 'b: 'c, 'c>(
        &'a self,
        _: &'b Id,
    ) -> std::pin::Pin<Box<dyn Future<Output = Outcome<()>> + Send + 'c>> {
        down()
    }
}

#[test]
fn who_cannot_be_asked_lets_nobody_in_and_a_layer_that_is_missing_is_named() {
    let (op, other) = (Scripted::start(), Scripted::start());
    let site = site(&op, &other);
    on_tokio(async {
        let mut tab = Tab::new(&app(&site, Down));
        assert_eq!(tab.get("/see").await, "nothing false", "it has no session to be asked for");
        tab.cookies.insert("id".to_owned(), Id::default().to_string());
        assert_eq!(tab.send(Request::get("/see")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        let alone = Router::new().route("/see", get(see)).layer(site.tower_sessions_layer());
        let missing = Tab::new(&alone).send(Request::get("/see")).await;
        assert_eq!(missing.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let text = to_bytes(missing.into_body(), 1_000).await.unwrap();
        assert_eq!(text, "there is no SessionManagerLayer around this route");
    });
}
