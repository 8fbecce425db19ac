//! The layer and the extractors of a site in axum, without a provider: who is let in, who is sent where, and what is said of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode};
use axum::routing::{any, get};
use axum::{Router, extract::Extension};
use relyingparty_host::{
    BoxFuture, Claims, Error, Event, MemorySessionStore, SealingKeys, SessionStore, Site, StoreEntry,
    StoreError, Versioned, Visitor,
};
use tower_service::Service;

const KEY: [u8; 32] = *b"0123456789abcdefghijklmnopqrstuv";

fn site(store: Option<Down>) -> Site {
    let builder = Site::builder("https://app.example/auth", SealingKeys::new([KEY]).unwrap());
    let builder = match store {
        Some(store) => builder.store(store),
        None => builder,
    };
    builder.build().unwrap()
}

fn routes() -> Router {
    Router::new()
        .route("/mine", any(|claims: Claims| async move { claims.sub().to_owned() }))
        .route("/ours", get(|visitor: Visitor| async move { visitor.session.is_some().to_string() }))
        .route("/both", get(|claims: Option<Claims>| async move { claims.is_some().to_string() }))
        .route("/plain", get(|| async { "plain" }))
}

fn app(site: &Site) -> Router {
    routes().nest("/auth", site.routes()).layer(site.layer())
}

async fn ask(mut app: Router, request: Request<Body>) -> Response<Body> {
    app.call(request).await.unwrap()
}

fn page(path: &str) -> Request<Body> {
    Request::get(path).header("accept", "text/html,*/*;q=0.8").body(Body::empty()).unwrap()
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_browser_that_asks_for_a_page_is_sent_to_the_login_and_back() {
    let site = site(None);
    let sent = ask(app(&site), page("/mine?a=1&b=%20x")).await;
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let login = "https://app.example/auth/login?return_to=/mine%3Fa%3D1%26b%3D%2520x";
    assert_eq!((header(&sent, "location"), header(&sent, "cache-control")), (login, "no-store"));
    // Where a proxy takes a path off, it is still the one that the browser knows.
    let below = routes().layer(site.layer().root_path("/tools"));
    let sent = ask(below, page("/mine?a=1")).await;
    assert_eq!(header(&sent, "location"), "https://app.example/auth/login?return_to=/tools/mine%3Fa%3D1");
    // Nested, the page is still where the browser asked for it.
    let nested = Router::new().nest("/app", app(&site));
    let sent = ask(nested, page("/app/mine")).await;
    assert_eq!(header(&sent, "location"), "https://app.example/auth/login?return_to=/app/mine");
}

#[tokio::test]
async fn what_is_no_page_is_refused() {
    let site = site(None);
    let of = |method: Method, name: &str, value: &str| {
        Request::builder().method(method).uri("/mine").header(name, value).body(Body::empty()).unwrap()
    };
    for request in [
        of(Method::POST, "accept", "text/html"),
        of(Method::GET, "accept", "application/json"),
        of(Method::GET, "sec-fetch-mode", "cors"),
    ] {
        let refused = ask(app(&site), request).await;
        assert_eq!((refused.status(), header(&refused, "location")), (StatusCode::UNAUTHORIZED, ""));
    }
    let navigates = ask(app(&site), of(Method::GET, "sec-fetch-mode", "navigate")).await;
    assert_eq!(navigates.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn pages_for_everybody_are_for_nobody_too() {
    let site = site(None);
    for path in ["/ours", "/both"] {
        assert_eq!(text(ask(app(&site), page(path)).await).await, "false", "{path}");
    }
}

#[tokio::test]
async fn without_the_layer_an_extractor_says_so() {
    let missing = ask(routes(), page("/ours")).await;
    assert_eq!(missing.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(text(missing).await, "there is no Site::layer around this route");
}

#[tokio::test]
async fn routes_answer_with_their_events_wherever_they_are_nested() {
    let site = site(None);
    for (app, at) in [(app(&site), "/auth"), (Router::new().nest("/app/auth", site.routes()), "/app/auth")] {
        let failed = ask(app.clone(), page(&format!("{at}/login"))).await;
        assert_eq!(
            (failed.status(), header(&failed, "cache-control")),
            (StatusCode::BAD_REQUEST, "no-store")
        );
        let Some(Event::Failed { error }) = failed.extensions().get() else { panic!("an event") };
        assert_eq!(error.code(), "unknown_provider");
        assert_eq!(header(&failed, "content-type"), "text/plain; charset=utf-8");
        assert_eq!(text(failed).await, "The login did not succeed: unknown_provider\n");
        let elsewhere = Request::post(format!("{at}/logout")).header("sec-fetch-site", "cross-site");
        let refused = ask(app.clone(), elsewhere.body(Body::empty()).unwrap()).await;
        assert_eq!(text(refused).await, "The logout did not succeed: cross_site_request\n");
        let by_get = ask(app.clone(), page(&format!("{at}/logout"))).await;
        assert_eq!((by_get.status(), header(&by_get, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
        assert_eq!(ask(app, page(&format!("{at}/elsewhere"))).await.status(), StatusCode::NOT_FOUND);
    }
    let alone = Router::new().route("/auth/login", site.route());
    assert_eq!(ask(alone, page("/auth/login")).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_form_that_is_too_large_is_not_read() {
    for media_type in
        ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLencoded; charset=utf-8"]
    {
        let form = Request::post("/auth/backchannel-logout")
            .header("content-type", media_type)
            .body(Body::from(vec![b'a'; 200_000]))
            .unwrap();
        assert_eq!(ask(app(&site(None)), form).await.status(), StatusCode::PAYLOAD_TOO_LARGE, "{media_type}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_costs_those_who_ask_for_the_visitor() {
    let down = Down::default();
    let site = site(Some(down.clone()));
    let with_cookie = |path: &str| {
        let mut request = page(path);
        let cookie = format!("__Host-rp-session={}", "a".repeat(43));
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        request
    };
    let visited = ask(app(&site), with_cookie("/ours")).await;
    assert_eq!(header(&visited, "vary"), "Cookie", "no cache gives it to somebody else");
    assert_eq!(text(visited).await, "false");
    down.1.store(true, Ordering::Relaxed);
    for path in ["/ours", "/both", "/mine"] {
        let refused = ask(app(&site), with_cookie(path)).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(refused.extensions().get::<Error>().unwrap().code(), "store_unavailable");
        assert_eq!(text(refused).await, "");
    }
    assert_eq!(text(ask(app(&site), with_cookie("/plain")).await).await, "plain");
    assert_eq!(text(ask(app(&site), page("/ours")).await).await, "false", "nobody's cookie, nobody's store");
    // The layer keeps what others put into a request.
    let app = Router::new().route("/x", get(|Extension(x): Extension<u8>| async move { x.to_string() }));
    let mut request = page("/x");
    request.extensions_mut().insert(7_u8);
    assert_eq!(text(ask(app.layer(site.layer()), request).await).await, "7");
}

/// A store that is down when it is told so.
#[derive(Clone, Default)]
struct Down(MemorySessionStore, Arc<AtomicBool>);

impl Down {
    fn up(&self) -> Result<(), StoreError> {
        if self.1.load(Ordering::Relaxed) { Err("down".into()) } else { Ok(()) }
    }
}

impl SessionStore for Down {
    fn get(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move {
            self.up()?;
            SessionStore::get(&self.0, key).await
        })
    }

    fn add(&self, entry: StoreEntry) -> BoxFuture<'_, Result<bool, StoreError>> {
        SessionStore::add(&self.0, entry)
    }

    fn put(&self, entry: StoreEntry, version: String) -> BoxFuture<'_, Result<bool, StoreError>> {
        SessionStore::put(&self.0, entry, version)
    }

    fn take(&self, key: String) -> BoxFuture<'_, Result<Option<Versioned>, StoreError>> {
        SessionStore::take(&self.0, key)
    }

    fn delete(&self, key: String) -> BoxFuture<'_, Result<(), StoreError>> {
        SessionStore::delete(&self.0, key)
    }

    fn delete_labelled(&self, label: String) -> BoxFuture<'_, Result<(), StoreError>> {
        SessionStore::delete_labelled(&self.0, label)
    }

    fn lock(
        &self,
        key: String,
        owner: String,
        lifetime: u32,
        wait: u32,
    ) -> BoxFuture<'_, Result<bool, StoreError>> {
        SessionStore::lock(&self.0, key, owner, lifetime, wait)
    }

    fn unlock(&self, key: String, owner: String) -> BoxFuture<'_, Result<(), StoreError>> {
        SessionStore::unlock(&self.0, key, owner)
    }
}
