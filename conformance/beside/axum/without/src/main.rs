use std::env::var;
use std::error::Error;

use axum::Router;
use axum::response::Html;
use axum::routing::get;

async fn public() -> Html<&'static str> {
    Html("<p>For everybody</p>")
}

async fn private() -> Html<String> {
    Html("<p>For users</p>".into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new().route("/", get(public)).route("/private", get(private));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", var("PORT")?)).await?;
    Ok(axum::serve(listener, app).await?)
}
