//! The blocking transport: ureq.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use http::Method;
use relyingparty::{HttpRequest, HttpResponse};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::{Agent, Proxy, ProxyProtocol};

use super::network::Network;
use super::proxy::{self, WayOut};
use super::tls::{self, Identity};
use super::{Unreachable, reasons, which, wire};
use crate::error::invalid;
use crate::{Error, blocking};

/// Sends requests with `ureq`, blocking. Connections are kept for the next request.
///
/// Responses are bounded in size and time as each request says, redirects are not followed, no cookie is kept. TLS is that of
/// rustls, with the process's own provider of cryptography if it has chosen one, else ring.
#[derive(Clone)]
pub struct UreqTransport {
    usual: Agent,
    certified: Option<Agent>,
    way_out: WayOut,
}

impl UreqTransport {
    /// A transport that trusts the system's certificate authorities and uses no proxy.
    ///
    /// # Errors
    /// As [`with`](UreqTransport::with).
    pub fn new() -> Result<UreqTransport, Error> {
        UreqTransport::with(Network::new())
    }

    /// A transport with these options.
    ///
    /// # Errors
    /// `invalid_configuration`, member `ca_file`: nobody to trust.
    pub fn with(network: Network) -> Result<UreqTransport, Error> {
        // What ureq would find out at the first request, it finds out by a panic.
        tls::config(&network, network.identity.as_ref())?;
        let certified = network.identity.as_ref().map(|identity| agent(&network, Some(identity)));
        Ok(UreqTransport {
            usual: agent(&network, None)?,
            certified: certified.transpose()?,
            way_out: network.way_out,
        })
    }

    fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
        let agent = which(&request, &self.usual, self.certified.as_ref())?;
        let limits = request.limits;
        let wire = wire(request)?;
        let proxy = self.way_out.proxy(wire.uri());
        let failed = |error: ureq::Error| reason(error, proxy);
        let timeout = Duration::from_secs(limits.timeout_secs.into());
        let proxy = proxy.map(made).transpose().map_err(failed)?;
        let usual = [Method::POST, Method::PUT, Method::PATCH].contains(wire.method());
        let response = if usual || wire.body().is_empty() {
            let request = agent.configure_request(wire).timeout_global(Some(timeout)).proxy(proxy).build();
            agent.run(request)
        } else {
            // Of other methods ureq would leave the body out, unless it is told.
            let (head, body) = wire.into_parts();
            let request = match head.method {
                Method::DELETE => agent.delete(head.uri),
                Method::OPTIONS => agent.options(head.uri),
                Method::HEAD => agent.head(head.uri),
                _ => agent.get(head.uri),
            };
            let request =
                head.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            let request = request.config().timeout_global(Some(timeout)).proxy(proxy).build();
            request.force_send_body().send(&body)
        };
        let (head, body) = response.map_err(failed)?.into_parts();
        let limit = u64::try_from(limits.max_response_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        let mut body = body.into_reader().take(limit);
        body.read_to_end(&mut bytes).map_err(|error| reasons_of_body(&error))?;
        Ok(HttpResponse::from(http::Response::from_parts(head, bytes)))
    }
}

fn agent(network: &Network, identity: Option<&Identity>) -> Result<Agent, Error> {
    let authorities = match &network.authorities {
        None => RootCerts::PlatformVerifier,
        Some(certificates) => {
            let certificates = certificates.iter().map(|der| Certificate::from_der(der).to_owned());
            RootCerts::Specific(certificates.collect::<Vec<_>>().into())
        }
    };
    let tls =
        TlsConfig::builder().root_certs(authorities).client_cert(identity.map(certificate).transpose()?);
    Ok(Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        // Those of the environment are not used.
        .proxy(None)
        .tls_config(tls.build())
        .build()
        .into())
}

fn certificate(identity: &Identity) -> Result<ClientCert, Error> {
    let key = PrivateKey::from_pem(&identity.key_pem);
    let key = key.map_err(|_| invalid("client_key", "is of a kind that ureq does not know"))?;
    let chain: Vec<_> = identity.chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    Ok(ClientCert::new_with_certs(&chain, key))
}

fn made(proxy: &proxy::Proxy) -> Result<Proxy, ureq::Error> {
    let mut made = Proxy::builder(ProxyProtocol::Http).host(&proxy.host).port(proxy.port);
    if let Some(login) = &proxy.login {
        made = made.username(&login.user).password(&login.password);
    }
    made.build()
}

/// Why a request failed, perhaps by way of a proxy.
fn reason(error: ureq::Error, proxy: Option<&proxy::Proxy>) -> Unreachable {
    match (error, proxy) {
        (ureq::Error::ConnectProxyFailed(said), Some(proxy)) => {
            reasons::refused_by_proxy(said.contains("407"), proxy.login.is_some())
        }
        (error, _) => own(&error),
    }
}

fn own(error: &ureq::Error) -> Unreachable {
    match error {
        ureq::Error::Timeout(_) => Unreachable::new(reasons::LATE),
        ureq::Error::HostNotFound => Unreachable::new(reasons::UNRESOLVED),
        ureq::Error::Io(error) => reasons_of_body(error),
        ureq::Error::Rustls(error) => reasons::reason(error),
        ureq::Error::Protocol(_) => Unreachable::new("the server does not answer in HTTP"),
        ureq::Error::LargeResponseHeader(..) => Unreachable::new("the head of the response is too large"),
        _ => Unreachable::new("the exchange failed"),
    }
}

/// What ureq says while a body is read is wrapped in an error of the system's.
fn reasons_of_body(error: &std::io::Error) -> Unreachable {
    match error.get_ref().and_then(|wrapped| wrapped.downcast_ref::<ureq::Error>()) {
        Some(error) => own(error),
        None => reasons::reason(error),
    }
}

impl blocking::Transport for UreqTransport {
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable> {
        self.exchange(request)
    }

    fn has_client_cert(&self) -> bool {
        self.certified.is_some()
    }
}

impl fmt::Debug for UreqTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqTransport")
            .field("client_cert", &self.certified.is_some())
            .field("way_out", &self.way_out)
            .finish()
    }
}
