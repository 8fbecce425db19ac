//! An asynchronous host: reqwest answers the core's requests.

use std::time::Duration;

use relyingparty::{HttpResponse, Reply, Request};
use reqwest::{NoProxy, Proxy};

/// A client that follows no redirect, keeps no cookie and uses no proxy but this one. `ca_pem` replaces the
/// system's certificate authorities.
pub(crate) fn client(ca_pem: Option<&[u8]>, proxy: Option<Proxy>) -> reqwest::Result<reqwest::Client> {
    // rustls wants one provider of cryptography for the whole program; if there is one already, it will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Without `no_proxy` it takes those of the environment.
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy);
    }
    if let Some(pem) = ca_pem {
        builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(pem)?);
    }
    builder.build()
}

/// The proxy at `url`, such as `http://user:password@proxy.example:3128`, for all hosts but this machine. Its `Debug` shows
/// the password.
pub(crate) fn proxy(url: &str) -> reqwest::Result<Proxy> {
    Ok(Proxy::all(url)?.no_proxy(NoProxy::from_string("localhost,127.0.0.0/8,::1")))
}

/// Sends what the core asks for, within the limits it gives. A compressed response is handed over as it came, and refused
/// by the core, unless reqwest has its feature `gzip`.
pub(crate) async fn answer(client: &reqwest::Client, request: Request) -> Reply {
    let request = match request {
        Request::Http(request) if request.client_certificate => {
            return Reply::Unreachable { reason: "this host has no client certificate".into() };
        }
        Request::Http(request) => request,
        Request::Wait(wait) => {
            tokio::time::sleep(Duration::from_secs(wait.seconds.into())).await;
            return Reply::Waited;
        }
        _ => return Reply::Unsupported,
    };
    let limits = request.limits;
    let send = async {
        let wire = http::Request::try_from(request).map_err(|error| error.to_string())?;
        let mut wire = reqwest::Request::try_from(wire).map_err(|error| error.to_string())?;
        *wire.timeout_mut() = Some(Duration::from_secs(limits.timeout_secs.into()));
        let mut response = client.execute(wire).await.map_err(|error| error.to_string())?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| error.to_string())? {
            body.extend_from_slice(&chunk);
            if body.len() > limits.max_response_bytes {
                break;
            }
        }
        let mut whole = http::Response::new(body);
        (*whole.status_mut(), *whole.headers_mut()) = (status, headers);
        Ok::<_, String>(HttpResponse::from(whole))
    };
    send.await.map_or_else(|reason| Reply::Unreachable { reason }, Reply::Http)
}
