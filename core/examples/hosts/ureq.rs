//! A blocking host: ureq answers the core's requests.

use std::io::Read;
use std::time::Duration;

use relyingparty::{Reply, Request};
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

/// The proxy at `url`, such as `http://user:password@proxy.example:3128`, for all hosts but this machine. The one that
/// `HTTPS_PROXY` names, but for the hosts in `NO_PROXY`, is `Proxy::try_from_env()`.
pub fn proxy(url: &str) -> Result<Proxy, ureq::Error> {
    let named = Proxy::new(url)?;
    let mut proxy = Proxy::builder(named.protocol()).host(named.host()).port(named.port());
    if let (Some(username), Some(password)) = (named.username(), named.password()) {
        proxy = proxy.username(username).password(password);
    }
    ["localhost", "*.localhost", "127.*", "[::1]"]
        .into_iter()
        .fold(proxy, |proxy, host| proxy.no_proxy(host))
        .build()
}

/// Sends what the core asks for, within the limits it gives. A compressed response is handed over as it came, and refused
/// by the core, unless ureq has its feature `gzip`.
pub fn answer(agent: &Agent, request: &Request) -> Reply {
    let request = match request {
        Request::Http(request) if request.client_certificate => {
            return Reply::Unreachable { reason: "this host has no client certificate".into() };
        }
        Request::Http(request) => request,
        Request::Wait(wait) => {
            std::thread::sleep(Duration::from_secs(wait.seconds.into()));
            return Reply::Waited;
        }
        _ => return Reply::Unsupported,
    };
    let timeout = Duration::from_secs(request.limits.timeout_secs.into());
    http::Request::try_from(request.clone())
        .map_err(|error| error.to_string())
        .and_then(|wire| send(agent, wire, timeout, request.limits.max_response_bytes))
        .map_or_else(|reason| Reply::Unreachable { reason }, |response| Reply::Http(response.into()))
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
