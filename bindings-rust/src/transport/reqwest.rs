//! The asynchronous transport: reqwest, on tokio.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use relyingparty::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use reqwest::{Client, Proxy};

use super::network::Network;
use super::proxy::WayOut;
use super::tls::{self, Identity};
use super::{Transport, Unreachable, reasons, which, wire};
use crate::error::invalid;
use crate::{BoxFuture, Error};

/// Sends requests with `reqwest`, on tokio, over HTTP/1.1. Connections are kept for the next request.
///
/// Responses are bounded in size and time as each request says, redirects are not followed, no cookie is kept. TLS is that of
/// rustls, with the process's own provider of cryptography if it has chosen one, else ring.
#[derive(Clone)]
pub struct ReqwestTransport {
    usual: Client,
    certified: Option<Client>,
    way_out: Arc<WayOut>,
}

impl ReqwestTransport {
    /// A transport that trusts the system's certificate authorities and uses no proxy.
    ///
    /// # Errors
    /// As [`with`](ReqwestTransport::with).
    pub fn new() -> Result<ReqwestTransport, Error> {
        ReqwestTransport::with(Network::new())
    }

    /// A transport with these options.
    ///
    /// # Errors
    /// `invalid_configuration`, member `ca_file`: nobody to trust.
    pub fn with(network: Network) -> Result<ReqwestTransport, Error> {
        let way_out = Arc::new(network.way_out.clone());
        Ok(ReqwestTransport {
            usual: client(&network, None, &way_out)?,
            certified: network
                .identity
                .as_ref()
                .map(|identity| client(&network, Some(identity), &way_out))
                .transpose()?,
            way_out,
        })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
        let client = which(&request, &self.usual, self.certified.as_ref())?;
        let limits = request.limits;
        let wire = wire(request)?;
        let has_login = self.way_out.proxy(wire.uri()).map(|proxy| proxy.login.is_some());
        let failed = |error: reqwest::Error| reason(&error, has_login);
        let mut wire = reqwest::Request::try_from(wire).map_err(failed)?;
        *wire.timeout_mut() = Some(Duration::from_secs(limits.timeout_secs.into()));
        let mut response = client.execute(wire).await.map_err(failed)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > limits.max_response_bytes {
                break;
            }
        }
        let mut whole = http::Response::new(body);
        (*whole.status_mut(), *whole.headers_mut()) = (status, headers);
        Ok(HttpResponse::from(whole))
    }
}

fn client(network: &Network, identity: Option<&Identity>, way_out: &Arc<WayOut>) -> Result<Client, Error> {
    let way_out = Arc::clone(way_out);
    let proxy = Proxy::custom(move |url| way_out.proxy(&url.as_str().parse().ok()?).map(|proxy| proxy.url()));
    Client::builder()
        .tls_backend_preconfigured(tls::config(network, identity)?)
        .redirect(Policy::none())
        // Those of the environment are not used.
        .no_proxy()
        .proxy(proxy)
        .http1_only()
        .referer(false)
        .retry(reqwest::retry::never())
        // Whatever else the program has reqwest do.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .build()
        .map_err(|_| invalid("transport", "cannot be set up: reqwest refuses its options"))
}

/// Why a request failed, by way of a proxy with a login, without one, or of none.
fn reason(error: &reqwest::Error, has_login: Option<bool>) -> Unreachable {
    if error.is_timeout() {
        return Unreachable::new(reasons::LATE);
    }
    if error.is_dns() {
        return Unreachable::new(reasons::UNRESOLVED);
    }
    let known = reasons::reason(error);
    let mut link = error.source();
    while let (Some(error), Some(has_login)) = (link, has_login) {
        match error.to_string().as_str() {
            "tunnel error: proxy authorization required" => {
                return reasons::refused_by_proxy(true, has_login);
            }
            "tunnel error: unsuccessful" => return reasons::refused_by_proxy(false, has_login),
            "tunnel error: failed to create underlying connection" => {
                return Unreachable::new(["the proxy cannot be reached: ", &known.reason].concat());
            }
            _ => link = error.source(),
        }
    }
    known
}

impl Transport for ReqwestTransport {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Unreachable>> {
        Box::pin(self.exchange(request))
    }

    fn sleep(&self, seconds: u32) -> Option<BoxFuture<'static, ()>> {
        Some(Box::pin(tokio::time::sleep(Duration::from_secs(seconds.into()))))
    }

    fn has_client_cert(&self) -> bool {
        self.certified.is_some()
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport")
            .field("client_cert", &self.certified.is_some())
            .field("way_out", &self.way_out)
            .finish()
    }
}
