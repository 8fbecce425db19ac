//! A web application with login, on an async runtime: reqwest and axum.
//!
//! ```text
//! cargo run -p relyingparty --features http --example login_async -- settings.json
//! ```
#![allow(dead_code, reason = "the other example uses the rest of `hosts`")]
#![allow(clippy::disallowed_methods, reason = "a host has a clock")]

mod hosts;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hosts::{Logins, Settings, entropy, now, reqwest};
use relyingparty::{
    AuthorizeRequest, Cache, CallbackParams, Client, Coalescer, Error, LoginCookies, Policy, Provider,
    Session, drive_async,
};

struct App {
    http: ::reqwest::Client,
    cache: Mutex<Cache>,
    coalescer: Coalescer,
    client: Client,
    logins: Logins,
}

impl App {
    async fn new(settings: Settings) -> Result<App, Error> {
        let proxy = settings.proxy.as_deref().map(|url| reqwest::proxy(url).expect("a usable proxy"));
        let http = reqwest::client(settings.ca_pem.as_deref(), proxy).expect("usable certificates");
        let mut cache = Cache::default();
        let step = Provider::discover(&settings.issuer, &Policy::default(), &cache, now())?;
        let provider = drive_async(step, &mut cache, now, |request| reqwest::answer(&http, request)).await?;
        let client = Client::new(provider, settings.registration, Policy::default())?;
        Ok(App {
            http,
            cache: Mutex::new(cache),
            coalescer: Coalescer::default(),
            client,
            logins: Logins::default(),
        })
    }

    /// Where to send the browser, and the cookie to give it.
    fn begin(&self) -> Result<(String, String), Error> {
        let login = self.client.authorize(&AuthorizeRequest::default(), entropy()?, now())?;
        Ok((login.url, self.logins.begin(&login.pending)))
    }

    /// The browser is back.
    async fn finish(&self, query: &str, cookies: &str) -> Result<Session, Error> {
        let response = CallbackParams::parse(query)?;
        let login = self.logins.take(self.client.login_id(&response, &LoginCookies::parse(cookies))?)?;
        let code = self.client.callback(login, &response, now())?;
        let step = self.client.exchange(code)?;
        self.coalescer
            .drive_async(step, &self.cache, now, |request| reqwest::answer(&self.http, request))
            .await
    }
}

async fn login(State(app): State<Arc<App>>) -> Response {
    match app.begin() {
        Ok((url, cookie)) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, url), (header::SET_COOKIE, cookie)]).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.code()).into_response(),
    }
}

async fn callback(State(app): State<Arc<App>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or("");
    match app.finish(&query.unwrap_or_default(), cookies).await {
        Ok(session) => {
            format!("Hello {} of {}\n", session.claims().sub(), session.claims().iss()).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.code()).into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::from_arguments();
    let listener = tokio::net::TcpListener::bind(settings.address()).await?;
    println!("http://{}/", settings.address());
    let app = Arc::new(App::new(settings).await?);
    axum::serve(
        listener,
        Router::new().route("/", get(login)).route("/auth/login", get(callback)).with_state(app),
    )
    .await?;
    Ok(())
}
