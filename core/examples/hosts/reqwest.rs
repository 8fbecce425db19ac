//! An asynchronous host: reqwest answers the core's requests.

use std::time::Duration;

use relyingparty::{HttpResponse, Reply, Request};

/// A client that follows no redirect, keeps no cookie and uses no proxy. `ca_pem` replaces the
/// system's certificate authorities.
pub(crate) fn client(ca_pem: Option<&[u8]>) -> reqwest::Result<reqwest::Client> {
    // rustls wants one provider of cryptography for the whole program; if there is one already, it will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    if let Some(pem) = ca_pem {
        builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(pem)?);
    }
    builder.build()
}

/// Sends what the core asks for, within the limits it gives.
pub(crate) async fn answer(client: &reqwest::Client, request: Request) -> Reply {
    let Request::Http(request) = request else {
        return Reply::Unreachable { reason: "this host checks no signatures".into() };
    };
    let limits = request.limits;
    let send = async {
        let wire = http::Request::try_from(request).map_err(|error| error.to_string())?;
        let mut wire = reqwest::Request::try_from(wire).map_err(|error| error.to_string())?;
        *wire.timeout_mut() = Some(Duration::from_secs(limits.timeout_secs.into()));
        let mut response = client.execute(wire).await.map_err(|error| error.to_string())?;
        let (status, headers) = (response.status(), response.headers().clone());
        if headers.get("content-encoding").is_some_and(|encoding| encoding != "identity") {
            return Err("the response is compressed, which was not asked for".into());
        }
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
