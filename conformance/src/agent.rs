//! What the browser, the demo's set-up and the ci command send with: ureq, as it comes.

use std::io::Read;
use std::time::Duration;

use ureq::http;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

/// An agent that follows no redirect, keeps no cookie, uses no proxy but this one and reports every status. `ca_pem` takes
/// the place of the public certificate authorities.
pub fn agent(ca_pem: Option<&[u8]>, proxy: Option<Proxy>) -> Agent {
    let mut tls = TlsConfig::builder();
    if let Some(pem) = ca_pem {
        let certificates = parse_pem(pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        tls = tls.root_certs(RootCerts::Specific(certificates.collect::<Vec<_>>().into()));
    }
    Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(proxy)
        .tls_config(tls.build())
        .build()
        .into()
}

/// Sends a request. Of a longer body, one byte more than `limit` is read, so that whoever checks the length sees it.
pub fn send(
    agent: &Agent,
    request: http::Request<Vec<u8>>,
    timeout: Duration,
    limit: usize,
) -> Result<http::Response<Vec<u8>>, String> {
    let request = agent.configure_request(request).timeout_global(Some(timeout)).build();
    let (head, body) = agent.run(request).map_err(|error| error.to_string())?.into_parts();
    let mut bytes = Vec::new();
    body.into_reader().take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(http::Response::from_parts(head, bytes))
}
