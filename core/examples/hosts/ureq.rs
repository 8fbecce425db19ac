//! A blocking host: ureq answers the core's requests.

use std::io::Read;
use std::time::Duration;

use relyingparty::{HttpResponse, Reply, Request};
use ureq::tls::{Certificate, RootCerts, TlsConfig, parse_pem};

/// An agent that follows no redirect, keeps no cookie, uses no proxy and reports every status. `ca_pem` replaces the
/// public certificate authorities.
pub(crate) fn agent(ca_pem: Option<&[u8]>) -> ureq::Agent {
    let roots = ca_pem.map(|pem| {
        parse_pem(pem).filter_map(Result::ok).filter_map(|item| match item {
            ureq::tls::PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
    });
    let mut tls = TlsConfig::builder();
    if let Some(roots) = roots {
        tls = tls.root_certs(RootCerts::new_with_certs(&roots.collect::<Vec<Certificate>>()));
    }
    ureq::Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .tls_config(tls.build())
        .build()
        .into()
}

/// Sends what the core asks for, within the limits it gives.
pub(crate) fn answer(agent: &ureq::Agent, request: &Request) -> Reply {
    let Request::Http(request) = request else { return Reply::Verified(false) };
    let limits = request.limits;
    let send = || -> Result<HttpResponse, ureq::Error> {
        let wire =
            http::Request::try_from(request.clone()).map_err(|_| ureq::Error::BadUri(request.url.clone()))?;
        let wire = agent
            .configure_request(wire)
            .timeout_global(Some(Duration::from_secs(limits.timeout_secs.into())))
            .build();
        let (head, body) = agent.run(wire)?.into_parts();
        let mut bytes = Vec::new();
        body.into_reader().take(limits.max_response_bytes as u64 + 1).read_to_end(&mut bytes)?;
        Ok(http::Response::from_parts(head, bytes).into())
    };
    send().map_or_else(|error| Reply::Unreachable { reason: error.to_string() }, Reply::Http)
}
