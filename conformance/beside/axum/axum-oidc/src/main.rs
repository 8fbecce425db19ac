use std::env::var;
use std::error::Error;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum_oidc::error::MiddlewareError;
use axum_oidc::{EmptyAdditionalClaims, OidcAuthLayer, OidcClaims, OidcLoginLayer, OidcRpInitiatedLogout};
use tower::ServiceBuilder;
use tower_sessions::cookie::SameSite;
use tower_sessions::{MemoryStore, SessionManagerLayer};

async fn public() -> Html<&'static str> {
    Html("<p>For everybody</p>")
}

async fn private(user: OidcClaims<EmptyAdditionalClaims>) -> Html<String> {
    Html(format!("<p>For {}</p><a href=\"/logout\">Log out</a>", user.subject().as_str()))
}

async fn log_out(State(home): State<Uri>, logout: OidcRpInitiatedLogout) -> impl IntoResponse {
    logout.with_post_logout_redirect(home)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let home: Uri = var("BASE_URL")?.parse()?;
    let sessions =
        SessionManagerLayer::new(MemoryStore::default()).with_secure(false).with_same_site(SameSite::Lax);
    let require_login = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(|error: MiddlewareError| async { error.into_response() }))
        .layer(OidcLoginLayer::<EmptyAdditionalClaims>::new());
    let oidc = OidcAuthLayer::<EmptyAdditionalClaims>::discover_client(
        home.clone(),
        var("ISSUER")?,
        var("CLIENT_ID")?,
        Some(var("CLIENT_SECRET")?),
        vec!["openid".into(), "profile".into()],
    );
    let auth = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(|error: MiddlewareError| async { error.into_response() }))
        .layer(oidc.await?);
    let app = Router::new()
        .route("/private", get(private))
        .route("/logout", get(log_out))
        .layer(require_login)
        .route("/", get(public))
        .layer(auth)
        .layer(sessions)
        .with_state(home);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", var("PORT")?)).await?;
    Ok(axum::serve(listener, app).await?)
}
