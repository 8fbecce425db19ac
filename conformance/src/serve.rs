//! A plain function over real HTTP, on a loopback port: the scripted provider, or the demo.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use tokio::net::TcpListener;

use crate::http::{Request, Response};
use crate::provider::Provider;
use crate::suite::Suite;

/// A listener on 127.0.0.1; port 0 takes a free one.
pub async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// Answers requests until the future is dropped. `handler` may block.
pub async fn serve<H>(listener: TcpListener, handler: H) -> io::Result<()>
where
    H: Fn(&Request) -> Response + Clone + Send + Sync + 'static,
{
    let answer = async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let request = from_axum(&method, &uri, &headers, body);
        match tokio::task::spawn_blocking(move || handler(&request)).await {
            Ok(response) => into_axum(response),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    axum::serve(listener, Router::new().fallback(answer)).await
}

/// A handler for [`serve`]: the provider with the system's clock and randomness. Whoever shares it can rotate its keys
/// while it runs.
pub fn provider(
    provider: Arc<Mutex<Provider>>,
) -> impl Fn(&Request) -> Response + Clone + Send + Sync + 'static {
    shared(provider, Provider::handle)
}

/// A handler for [`serve`]: every module's issuer.
pub fn suite(suite: Arc<Mutex<Suite>>) -> impl Fn(&Request) -> Response + Clone + Send + Sync + 'static {
    shared(suite, Suite::handle)
}

fn shared<T: Send + 'static>(
    state: Arc<Mutex<T>>,
    handle: fn(&mut T, &Request, i64, [u8; 32]) -> Response,
) -> impl Fn(&Request) -> Response + Clone + Send + Sync + 'static {
    move |request| match entropy() {
        Ok(entropy) => {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            handle(&mut state, request, unix_now(), entropy)
        }
        Err(_) => Response::new(500, "text/plain", "no randomness"),
    }
}

/// 32 bytes from the system.
pub fn entropy() -> Result<[u8; 32], getrandom::Error> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy)?;
    Ok(entropy)
}

/// Seconds since 1970.
pub fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

fn from_axum(method: &Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Request {
    Request {
        method: method.as_str().into(),
        path_and_query: uri.path_and_query().map_or("/", |target| target.as_str()).into(),
        headers: headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().into(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.into(),
    }
}

fn into_axum(response: Response) -> axum::response::Response {
    let mut builder = axum::http::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    match builder.body(response.body.into()) {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
