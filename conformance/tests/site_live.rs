//! A whole axum application with `relyingparty-host` at a real, certified provider: over HTTP, with a browser, with a real Redis where
//! several processes share their sessions.
//!
//! They need the provider of `conformance/op` and `redis-server`: `cargo ci rust-live` runs them.

#[allow(dead_code, reason = "the other tests use the rest of it")]
mod op;
#[allow(dead_code, reason = "the crate's own tests use the rest of it")]
#[path = "../../bindings-rust/tests/stores/mod.rs"]
mod stores;

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use conformance::browser::Browser;
use conformance::serve::{entropy, unix_now};
use op::Op;
use relyingparty_host::{
    AuthorizeRequest, BoxFuture, Claims, Config, Endpoint, Event, HttpRequest, HttpResponse,
    MemorySessionStore, RedisSessionStore, Registration, RelyingParty, ReqwestTransport, SealingKeys,
    SessionStore, Site, SiteProvider, Timestamp, Transport, Unreachable, Visitor,
};
use serde_json::{Value, json};
use stores::Redis;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A logout is heard of twice: the provider tells the application about what it was told by it.
const LOGGED_OUT: [&str; 3] = ["logged_in", "logged_out", "logged_out"];

/// The registration of an application, whose workers have its keys and its address in common.
struct App {
    base_url: String,
    issuer: String,
    registered: Value,
    keys: SealingKeys,
    /// Seconds that the clock of the application is ahead.
    ahead: Arc<AtomicI64>,
    /// How many seconds its access tokens live, if it is told so, and how long a token request takes.
    hurry: Hurry,
    events: Arc<Mutex<Vec<&'static str>>>,
    /// Below which path all of it is.
    nested: &'static str,
    first: Mutex<Option<std::net::TcpListener>>,
}

#[derive(Clone, Default)]
struct Hurry {
    expires_in: Option<u32>,
    slowly: Duration,
}

/// One process of it, as good as: a runtime of its own.
struct Worker {
    url: String,
    _runtime: Runtime,
}

impl App {
    fn new(op: &Op, nested: &'static str) -> App {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}{nested}/auth", listener.local_addr().unwrap());
        let registered = op.register(json!({
            "redirect_uris": [format!("{base_url}/callback")],
            "post_logout_redirect_uris": [format!("{base_url}/logged-out")],
            "backchannel_logout_uri": format!("{base_url}/backchannel-logout"),
            "backchannel_logout_session_required": true,
        }));
        App {
            base_url,
            issuer: op.issuer.clone(),
            registered,
            keys: SealingKeys::new([entropy().unwrap()]).unwrap(),
            ahead: Arc::default(),
            hurry: Hurry::default(),
            events: Arc::default(),
            nested,
            first: Mutex::new(Some(listener)),
        }
    }

    fn provider(&self) -> SiteProvider {
        let text = |name: &str| self.registered[name].as_str().unwrap();
        let mut client = Registration::new(text("client_id"), format!("{}/callback", self.base_url))
            .with_secret(text("client_secret"));
        client.post_logout_redirect_uri = Some(format!("{}/logged-out", self.base_url));
        client.scopes.push("offline_access".into());
        let config = Config::new(&self.issuer, client).allow_insecure_loopback();
        let transport = Hurried(ReqwestTransport::new().unwrap(), self.hurry.clone());
        let mut authorize = AuthorizeRequest::default();
        authorize.prompt = Some("consent".into());
        SiteProvider::new(RelyingParty::builder(config, transport)).authorize(authorize)
    }

    /// The first one listens where the application is, others elsewhere.
    fn worker<S: SessionStore + 'static>(&self, store: impl Future<Output = S>) -> Worker {
        let runtime = Runtime::new().unwrap();
        let first = self.first.lock().unwrap().take();
        let listener = first.unwrap_or_else(|| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}{}", listener.local_addr().unwrap(), self.nested);
        let (ahead, events) = (self.ahead.clone(), self.events.clone());
        let site = Site::builder(&self.base_url, self.keys.clone())
            .provider(self.provider())
            .store(runtime.block_on(store))
            .clock(move || Timestamp::from_unix(unix_now() + ahead.load(Ordering::Relaxed)))
            .on_event(move |event| events.lock().unwrap().push(kind(event)))
            .build()
            .unwrap();
        let app = routes(site);
        let app = if self.nested.is_empty() { app } else { Router::new().nest(self.nested, app) };
        runtime.spawn(async move { axum::serve(TcpListener::from_std(listener).unwrap(), app).await });
        Worker { url, _runtime: runtime }
    }

    /// The only worker, with its sessions in its memory.
    fn alone(&self) -> Worker {
        let ahead = self.ahead.clone();
        let clock = move || Timestamp::from_unix(unix_now() + ahead.load(Ordering::Relaxed));
        self.worker(async { MemorySessionStore::with_clock(clock) })
    }

    fn login(&self, page: &str) -> String {
        format!("{}/login?return_to={page}", self.base_url)
    }

    fn callback(&self) -> String {
        format!("{}/callback", self.base_url)
    }

    fn events(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.events.lock().unwrap())
    }
}

impl Worker {
    fn page(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// What a request with this cookie comes to.
    fn get(&self, path: &str, cookie: &str) -> (u16, String) {
        let agent = ureq::Agent::new_with_config(
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build(),
        );
        let mut response = agent.get(self.page(path)).header("cookie", cookie).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::LoggedIn { .. } => "logged_in",
        Event::SessionChanged { .. } => "session_changed",
        Event::LoggedOut { .. } => "logged_out",
        Event::SessionEnded { .. } => "session_ended",
        Event::Failed { .. } => "failed",
        _ => "another",
    }
}

fn routes(site: Site) -> Router {
    let rp = site.relying_party("default").unwrap();
    let inbox = |claims: Claims| async move {
        let info = rp.userinfo(claims.session()).await.unwrap();
        format!("inbox of {} ({})", claims.sub(), info.sub())
    };
    let home = |visitor: Visitor| async move {
        visitor.session.as_ref().map_or("nobody".to_owned(), |session| session.claims().sub().to_owned())
    };
    let form = Html("<form method=post action=auth/logout><button>Log out</button></form>");
    let token = |claims: Claims| async move { claims.session().access_token().unwrap().to_owned() };
    Router::new()
        .route("/", get(home))
        .route("/inbox", get(inbox))
        .route("/outbox", get(|claims: Option<Claims>| async move { format!("{}", claims.is_some()) }))
        .route("/token", get(token))
        .route("/form", get(move || async move { form }))
        .route(
            "/cookie",
            get(|headers: HeaderMap| async move { headers["cookie"].to_str().unwrap().to_owned() }),
        )
        .nest("/auth", site.routes())
        .layer(axum::middleware::map_response(shown))
        .layer(site.layer())
}

/// The page of a login that failed is the application's.
async fn shown(response: Response) -> Response {
    let status = response.status();
    match response.extensions().get() {
        Some(Event::Failed { error }) if !status.is_redirection() => {
            (status, format!("failed: {}", error.code())).into_response()
        }
        _ => match response.extensions().get::<relyingparty_host::Error>() {
            Some(error) => {
                (status, format!("refused: {error}: {:?}", std::error::Error::source(error))).into_response()
            }
            None => response,
        },
    }
}

/// A transport whose access tokens live for as long as it says.
struct Hurried(ReqwestTransport, Hurry);

impl Transport for Hurried {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Unreachable>> {
        Box::pin(async move {
            let is_token = request.endpoint == Endpoint::Token;
            let mut response = self.0.send(request).await?;
            if let Some(seconds) = self.1.expires_in.filter(|_| is_token) {
                let mut body: Value = serde_json::from_slice(&response.body).unwrap();
                body["expires_in"] = seconds.into();
                response.body = body.to_string().into_bytes();
                tokio::time::sleep(self.1.slowly).await;
            }
            Ok(response)
        })
    }

    fn sleep(&self, seconds: u32) -> Option<BoxFuture<'static, ()>> {
        self.0.sleep(seconds)
    }
}

fn token_requests(op: &Op) -> usize {
    op.requests().iter().filter(|line| line.starts_with("POST /token ")).count()
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn a_user_logs_in_stays_and_logs_out() {
    let op = Op::start();
    let app = App::new(&op, "");
    let (worker, mut browser) = (app.alone(), Browser::new(None));
    assert_eq!(browser.page(&worker.page("/")).unwrap(), "nobody");
    assert_eq!(browser.page(&worker.page("/inbox")).unwrap(), "inbox of alice (alice)", "through the login");
    assert_eq!(browser.page(&worker.page("/")).unwrap(), "alice");
    assert_eq!(worker.get("/inbox", "").0, 401, "no browser's");
    assert_eq!(worker.get("/outbox", ""), (200, "false".to_owned()));
    let cookie = browser.page(&worker.page("/cookie")).unwrap();
    assert_eq!(browser.page(&worker.page("/form")).unwrap(), "nobody", "there and back");
    assert_eq!(worker.get("/", &cookie).1, "nobody", "whoever has a copy of the cookie");
    assert_eq!(app.events(), LOGGED_OUT);
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn tabs_reloads_and_the_way_back_end_well() {
    let op = Op::start();
    let app = App::new(&op, "");
    let (worker, mut browser) = (app.alone(), Browser::new(None));
    // Two tabs, which end in the other order.
    let one = browser.follow(&app.login("/inbox"), &app.callback()).unwrap();
    let two = browser.follow(&app.login("/outbox"), &app.callback()).unwrap();
    assert_eq!(browser.page(&two).unwrap(), "true");
    assert_eq!(browser.page(&one).unwrap(), "inbox of alice (alice)");
    assert_eq!(app.events(), ["logged_in", "logged_in"]);
    // A callback that comes again, by a reload or by the way back, goes on for whoever is logged in.
    for again in [&one, &two] {
        let page = browser.page(again).unwrap();
        assert!(!page.starts_with("failed"), "{page}");
    }
    assert_eq!(browser.page(&worker.page("/")).unwrap(), "alice");
    // Nobody else goes on with it.
    let page = Browser::new(None).page(&one).unwrap();
    assert_eq!(page, "failed: no_pending_login");
    // One at once with itself: one of both is the login.
    let mut browser = Browser::new(None);
    let back = browser.follow(&app.login("/outbox"), &app.callback()).unwrap();
    let cookie = browser.page(&worker.page("/cookie")).unwrap();
    let path = back.strip_prefix(&worker.url).unwrap();
    let statuses = thread::scope(|scope| {
        let both: Vec<_> = (0..2).map(|_| scope.spawn(|| worker.get(path, &cookie).0)).collect();
        both.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(statuses.contains(&303), "{statuses:?}");
    app.events();
    // Too late, and refused.
    let back = browser.follow(&app.login("/outbox"), &app.callback()).unwrap();
    app.ahead.store(3_600, Ordering::Relaxed);
    let page = browser.page(&back).unwrap();
    assert!(page.starts_with("failed: "), "{page}");
    app.ahead.store(0, Ordering::Relaxed);
    let mut browser = Browser::new(None);
    let back = browser.refuse(&app.login("/outbox"), &app.callback()).unwrap();
    assert_eq!(browser.page(&back).unwrap(), "failed: provider_error");
    assert_eq!(browser.page(&worker.page("/")).unwrap(), "nobody");
    assert_eq!(app.events(), ["failed", "failed"]);
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn the_provider_ends_a_session() {
    let op = Op::start();
    let app = App::new(&op, "");
    let (worker, mut browser) = (app.alone(), Browser::new(None));
    browser.page(&worker.page("/inbox")).unwrap();
    let mut elsewhere = Browser::new(None);
    elsewhere.page(&worker.page("/inbox")).unwrap();
    browser.page(&format!("{}/session/end", op.issuer)).unwrap();
    assert_eq!(browser.page(&worker.page("/")).unwrap(), "nobody");
    assert_eq!(elsewhere.page(&worker.page("/")).unwrap(), "alice", "another session of the provider's");
    assert_eq!(app.events(), ["logged_in", "logged_in", "logged_out"]);
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn a_site_works_below_a_path() {
    let op = Op::start();
    let app = App::new(&op, "/app");
    let (worker, mut browser) = (app.alone(), Browser::new(None));
    assert_eq!(browser.page(&worker.page("/inbox")).unwrap(), "inbox of alice (alice)");
    browser.page(&worker.page("/form")).unwrap_or_default();
    assert_eq!(browser.page(&worker.page("/outbox")).unwrap(), "false");
    assert_eq!(app.events(), LOGGED_OUT);
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn two_workers_over_one_redis_refresh_once_for_each_expiry_under_load() {
    let Some(redis) = Redis::start() else { return };
    let op = Op::start();
    let mut app = App::new(&op, "");
    // A token is refreshed a minute before it expires: two seconds after it was issued.
    app.hurry = Hurry { expires_in: Some(62), slowly: Duration::from_millis(100) };
    let connect = || async { RedisSessionStore::connect(&redis.url).await.unwrap() };
    let workers = [app.worker(connect()), app.worker(connect())];
    let mut browser = Browser::new(None);
    browser.page(&workers[0].page("/inbox")).unwrap();
    let cookie = browser.page(&workers[0].page("/cookie")).unwrap();
    let mut tokens = vec![workers[1].get("/token", &cookie).1];
    assert_eq!(token_requests(&op), 1, "the login");
    for _ in 0..3 {
        thread::sleep(Duration::from_millis(3_100));
        let seen = thread::scope(|scope| {
            let (workers, cookie) = (&workers, &cookie);
            let asking: Vec<_> =
                (0..40).map(|one| scope.spawn(move || workers[one % 2].get("/token", cookie))).collect();
            asking.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
        });
        let refused: Vec<_> = seen.iter().filter(|(status, _)| *status != 200).collect();
        assert!(refused.is_empty(), "{refused:?}");
        assert_eq!(token_requests(&op), 1, "one for all");
        tokens.push(workers[0].get("/token", &cookie).1);
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 4, "each expiry brought another");
    assert_eq!(app.events(), ["logged_in", "session_changed", "session_changed", "session_changed"]);
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn a_refresh_outlives_the_connection_that_it_began_on() {
    let op = Op::start();
    let mut app = App::new(&op, "");
    app.hurry = Hurry { expires_in: Some(61), slowly: Duration::from_millis(700) };
    let (worker, mut browser) = (app.alone(), Browser::new(None));
    browser.page(&worker.page("/outbox")).unwrap();
    browser.page(&worker.page("/inbox")).unwrap();
    let cookie = browser.page(&worker.page("/cookie")).unwrap();
    thread::sleep(Duration::from_millis(2_100));
    token_requests(&op);
    app.events();
    let address = worker.url.trim_start_matches("http://");
    let mut gone = TcpStream::connect(address).unwrap();
    write!(gone, "GET /token HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(200));
    drop(gone);
    let until = Instant::now() + Duration::from_secs(5);
    while app.events.lock().unwrap().is_empty() && Instant::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(app.events(), ["session_changed"]);
    assert_eq!(token_requests(&op), 1);
    assert_eq!(worker.get("/token", &cookie).0, 200);
}

#[test]
#[ignore = "needs the certified provider: cargo ci rust-live"]
fn the_example_logs_in_and_out() {
    let op = Op::start();
    let app = op::Example::start(&op, "site_axum", "/auth/callback");
    let mut browser = Browser::new(None);
    // The page has a button that logs out, and this browser presses every button: there and back.
    let page = browser.page(&format!("{}me", app.address)).unwrap();
    assert!(page.contains("Log in"), "{page}");
}
