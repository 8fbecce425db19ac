//! A web application with login, on an async runtime: reqwest and axum.
//!
//! ```text
//! cargo run -p relyingparty-host --features reqwest --example login_async -- settings.json
//! ```

mod settings;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get;
use relyingparty_host::{
    AuthorizeRequest, CallbackParams, LoginCookies, RelyingParty, ReqwestTransport, clear_cookie,
};
use settings::Settings;

async fn login(State(rp): State<RelyingParty>) -> Response {
    match rp.authorize(&AuthorizeRequest::default()).await {
        Ok(login) => {
            let headers = [(header::LOCATION, login.url), (header::SET_COOKIE, login.pending.set_cookie())];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.code()).into_response(),
    }
}

/// The browser is back. Its login cookie is cleared, whether the login succeeds or fails.
async fn callback(
    State(rp): State<RelyingParty>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> impl IntoResponse {
    let query = query.unwrap_or_default();
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cookies = LoginCookies::parse(cookies);
    let ended = CallbackParams::parse(&query).map(|response| cookies.ended(&response)).unwrap_or_default();
    let cleared = ended.into_iter().map(|name| (header::SET_COOKIE, clear_cookie(&name)));
    let page = match rp.callback(&query, &cookies).await {
        Ok(session) => {
            let (sub, iss) = (session.claims().sub(), session.claims().iss());
            (StatusCode::OK, format!("Hello {sub} of {iss}\n"))
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.code().to_owned()),
    };
    (AppendHeaders(cleared), page)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Settings { config, network, address } = Settings::from_arguments()?;
    let rp = RelyingParty::new(config, ReqwestTransport::with(network)?)?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("http://{address}/");
    let routes = Router::new().route("/", get(login)).route("/auth/login", get(callback)).with_state(rp);
    axum::serve(listener, routes).await?;
    Ok(())
}
