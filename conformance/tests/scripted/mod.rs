//! The scripted provider on a port of this machine, and a transport that is watched.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use conformance::browser::Browser;
use conformance::provider::{Provider, RegisteredClient, SigningKey};
use conformance::serve;
use relyingparty_host::{
    AuthorizeRequest, BoxFuture, Config, HttpRequest, HttpResponse, LoginCookies, PendingLogin, Registration,
    ReqwestTransport, Session, Timestamp, Transport, Unreachable, UreqTransport, blocking,
};

pub(crate) const REDIRECT: &str = "https://app.example/callback";
/// Where a second provider of a site sends browsers back to.
pub(crate) const OTHER_REDIRECT: &str = "https://app.example/callback/other";
pub(crate) const LOGGED_OUT: &str = "https://app.example/";

/// A running provider; it ends with this value.
pub(crate) struct Scripted {
    pub(crate) issuer: String,
    _runtime: tokio::runtime::Runtime,
}

impl Scripted {
    pub(crate) fn start() -> Scripted {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(serve::listen(0)).unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let mut client = RegisteredClient::new("my-client", Some("…"), REDIRECT);
        client.redirect_uris.push(OTHER_REDIRECT.into());
        client.post_logout_redirect_uris.push(LOGGED_OUT.into());
        let other = RegisteredClient::new("other-client", None, REDIRECT);
        let keys = vec![SigningKey::es256("key", serve::entropy().unwrap())];
        let provider = Provider::new(&issuer, keys, vec![client, other]);
        runtime.spawn(serve::serve(listener, serve::provider(Arc::new(Mutex::new(provider)))));
        Scripted { issuer, _runtime: runtime }
    }

    /// The client that is registered there.
    pub(crate) fn config(&self) -> Config {
        self.config_of(Registration::new("my-client", REDIRECT).with_secret("…"))
    }

    pub(crate) fn config_of(&self, mut registration: Registration) -> Config {
        registration.post_logout_redirect_uri = Some(LOGGED_OUT.into());
        registration.api_origins.push(self.issuer.clone());
        Config::new(&self.issuer, registration).allow_insecure_loopback()
    }
}

/// A transport, what it was asked for, and what it does before it sends.
#[derive(Clone)]
pub(crate) struct Watched<T> {
    inner: T,
    log: Arc<Mutex<Vec<&'static str>>>,
    slowly: Duration,
}

impl<T> Watched<T> {
    pub(crate) fn new(inner: T) -> Watched<T> {
        Watched { inner, log: Arc::default(), slowly: Duration::ZERO }
    }

    /// The same, where each request takes so long.
    pub(crate) fn slowly(mut self, slowly: Duration) -> Watched<T> {
        self.slowly = slowly;
        self
    }

    /// The endpoints that were asked since the last call.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.log.lock().unwrap())
    }

    fn note(&self, request: &HttpRequest) {
        self.log.lock().unwrap().push(request.endpoint.as_str());
    }
}

impl Watched<UreqTransport> {
    pub(crate) fn ureq() -> Self {
        Watched::new(UreqTransport::new().unwrap())
    }
}

impl Watched<ReqwestTransport> {
    pub(crate) fn reqwest() -> Self {
        Watched::new(ReqwestTransport::new().unwrap())
    }
}

impl<T: blocking::Transport> blocking::Transport for Watched<T> {
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
        self.note(&request);
        std::thread::sleep(self.slowly);
        self.inner.send(request)
    }
}

impl<T: Transport> Transport for Watched<T> {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Unreachable>> {
        self.note(&request);
        Box::pin(async move {
            tokio::time::sleep(self.slowly).await;
            self.inner.send(request).await
        })
    }

    fn sleep(&self, seconds: u32) -> Option<BoxFuture<'static, ()>> {
        self.inner.sleep(seconds)
    }
}

/// The browser's part: where it comes back with.
pub(crate) fn visit(url: &str) -> String {
    Browser::new(None).follow(url, REDIRECT).unwrap()
}

/// What the browser sends with its next request.
pub(crate) fn cookie(pending: &PendingLogin) -> LoginCookies {
    LoginCookies::parse(pending.set_cookie().split(';').next().unwrap())
}

pub(crate) fn offline() -> AuthorizeRequest {
    let mut request = AuthorizeRequest::default();
    request.scopes = Some(["openid", "offline_access"].map(str::to_owned).to_vec());
    request.prompt = Some("consent".into());
    request.return_to = Some("/inbox".into());
    request
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(serve::unix_now())
}

pub(crate) fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

/// One login from start to session.
pub(crate) fn log_in(rp: &blocking::RelyingParty) -> Session {
    let login = rp.authorize(&offline()).unwrap();
    rp.callback(&visit(&login.url), &cookie(&login.pending)).unwrap()
}
