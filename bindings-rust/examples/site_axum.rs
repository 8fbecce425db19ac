//! A web application whose users log in, stay, and log out: a site in axum.
//!
//! ```text
//! cargo run -p relyingparty-host --features axum,reqwest --example site_axum -- settings.json
//! ```
//!
//! The `redirect_uri` of the settings ends with `/auth/callback`, the `post_logout_redirect_uri`, if there is one, with `/auth/logged-out`.

mod settings;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use relyingparty_host::{
    Claims, MemorySessionStore, RelyingParty, ReqwestTransport, SealingKeys, Site, Visitor,
};
use settings::Settings;

async fn home(visitor: Visitor) -> Html<String> {
    let link = match &visitor.session {
        None => "<a href=/auth/login?return_to=/me>Log in</a>",
        Some(_) => "<a href=/me>Your page</a>",
    };
    page(&format!("<h1>Welcome</h1>{link}"))
}

/// For users alone: others are sent to the login, and come back.
async fn me(user: Claims) -> Html<String> {
    let expires_at = user.session().expires_at().map_or(0, |at| at.as_unix());
    let (sub, iss) = (escaped(user.sub()), escaped(user.iss()));
    let form = "<form method=post action=/auth/logout><button>Log out</button></form>";
    page(&format!("<h1>Hello {sub}</h1><p>Of {iss}, until {expires_at} and then anew.</p>{form}"))
}

fn page(content: &str) -> Html<String> {
    Html(format!("<!doctype html><html lang=en><title>Example</title><main>{content}</main></html>\n"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Settings { config, network, address } = Settings::from_arguments()?;
    let mut key = [0; 32]; // one for all processes, and kept: else a restart logs everybody out
    getrandom::fill(&mut key)?;
    let op = RelyingParty::builder(config, ReqwestTransport::with(network)?);
    let site = Site::builder(&format!("http://{address}/auth"), SealingKeys::new([key])?)
        .provider(op)
        .store(MemorySessionStore::new()) // several processes share a RedisSessionStore
        .on_event(|event| eprintln!("{event:?}"))
        .build()?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("http://{address}/");
    let app = Router::new().route("/", get(home)).route("/me", get(me));
    axum::serve(listener, app.nest("/auth", site.routes()).layer(site.layer())).await?;
    Ok(())
}
