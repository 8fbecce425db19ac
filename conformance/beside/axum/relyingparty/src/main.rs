use std::env::var;
use std::error::Error;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use relyingparty_host::{Claims, Config, RedisSessionStore, Registration, RelyingParty};
use relyingparty_host::{ReqwestTransport, SealingKeys, Site};

async fn public() -> Html<&'static str> {
    Html("<p>For everybody</p>")
}

async fn private(user: Claims) -> Html<String> {
    let log_out = r#"<form method="post" action="/auth/logout"><button>Log out</button></form>"#;
    Html(format!("<p>For {}</p>{log_out}", user.sub()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base_url = format!("{}/auth", var("BASE_URL")?);
    let mut client = Registration::new(var("CLIENT_ID")?, format!("{base_url}/callback"));
    client.post_logout_redirect_uri = Some(format!("{base_url}/logged-out"));
    let client = client.with_secret(var("CLIENT_SECRET")?);
    let config = Config::new(var("ISSUER")?, client).allow_insecure_loopback();
    let mut key = [0; 32];
    hex::decode_to_slice(var("SECRET")?, &mut key)?;
    let keys = SealingKeys::new([key])?;
    let op = RelyingParty::builder(config, ReqwestTransport::new()?);
    let mut site = Site::builder(&base_url, keys).provider(op);
    if let Ok(url) = var("REDIS_URL") {
        site = site.store(RedisSessionStore::connect(&url).await?);
    }
    let site = site.build()?;
    let app = Router::new().route("/", get(public)).route("/private", get(private));
    let app = app.nest("/auth", site.routes()).layer(site.layer());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", var("PORT")?)).await?;
    Ok(axum::serve(listener, app).await?)
}
