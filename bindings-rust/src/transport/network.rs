//! The options of all transports.

use std::fmt;
use std::path::Path;

use super::proxy::WayOut;
use super::tls::{self, Identity};
use crate::Error;
use crate::error::invalid;

/// How a transport reaches the provider: whom it trusts, the client's certificate, the proxy.
///
/// ```no_run
/// # fn main() -> Result<(), relyingparty_host::Error> {
/// use relyingparty_host::Network;
///
/// let network = Network::new().ca_file("/etc/company-ca.pem")?.proxy("http://user:password@proxy.example:3128")?;
/// # let _ = network; Ok(()) }
/// ```
///
/// An option that cannot be used is refused with `invalid_configuration`, which names it.
#[derive(Clone, Default)]
#[must_use]
pub struct Network {
    pub(super) authorities: Option<tls::Authorities>,
    pub(super) identity: Option<Identity>,
    pub(super) way_out: WayOut,
}

impl Network {
    /// The system's certificate authorities, no certificate of the client's, no proxy.
    pub fn new() -> Network {
        Network::default()
    }

    /// Trusts the certificate authorities in a PEM file, *instead of* the system's. The file is read now.
    ///
    /// # Errors
    /// `invalid_configuration`, member `ca_file`
    pub fn ca_file(mut self, path: impl AsRef<Path>) -> Result<Network, Error> {
        let path = path.as_ref();
        let pem = read("ca_file", path)?;
        let none = || format!("{} has no certificates in PEM: nobody to trust", path.display());
        self.authorities = Some(tls::authorities(&pem).ok_or_else(|| invalid("ca_file", &none()))?);
        Ok(self)
    }

    /// The same as PEM text.
    ///
    /// # Errors
    /// `invalid_configuration`, member `ca_pem`
    pub fn ca_pem(mut self, pem: impl AsRef<[u8]>) -> Result<Network, Error> {
        let read = tls::authorities(pem.as_ref());
        self.authorities =
            Some(read.ok_or_else(|| invalid("ca_pem", "holds no certificates: nobody to trust"))?);
        Ok(self)
    }

    /// The client's certificate (RFC 8705), in PEM with those that it was issued by, and its private key, in PEM (PKCS#8, PKCS#1
    /// or SEC 1, not encrypted). It is shown where a request asks for it, and on no other connection.
    ///
    /// # Errors
    /// `invalid_configuration`, member `client_cert` or `client_key`
    pub fn client_cert(
        mut self,
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Network, Error> {
        self.identity = Some(tls::identity(certificates.as_ref(), key.as_ref())?);
        Ok(self)
    }

    /// The same from two PEM files; one that has both may be named twice. They are read now.
    ///
    /// # Errors
    /// `invalid_configuration`, member `client_cert` or `client_key`
    pub fn client_cert_files(
        self,
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Network, Error> {
        let certificates = read("client_cert", certificates.as_ref())?;
        let key = read("client_key", key.as_ref())?;
        self.client_cert(certificates, key)
    }

    /// Sends requests through the HTTP proxy at this URL, such as `http://user:password@proxy.example:3128`. Requests to this
    /// machine do not use it. A request over https goes through a tunnel (`CONNECT`, RFC 9110 9.3.6): TLS to the provider is
    /// verified as it is without a proxy.
    ///
    /// # Errors
    /// `invalid_configuration`, member `proxy`
    pub fn proxy(mut self, url: &str) -> Result<Network, Error> {
        self.way_out = WayOut::through(url).map_err(|reason| invalid("proxy", reason))?;
        Ok(self)
    }

    /// Uses the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` (upper or lower case), except for the hosts in `NO_PROXY`.
    /// They are read now.
    ///
    /// # Errors
    /// `invalid_configuration`, member `proxy_from_environment`
    pub fn proxy_from_environment(mut self) -> Result<Network, Error> {
        self.way_out = WayOut::from_environment(|name| std::env::var(name).ok())
            .map_err(|reason| invalid("proxy_from_environment", &reason))?;
        Ok(self)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("own_authorities", &self.authorities.is_some())
            .field("client_cert", &self.identity.is_some())
            .field("way_out", &self.way_out)
            .finish()
    }
}

fn read(member: &str, path: &Path) -> Result<Vec<u8>, Error> {
    use std::io::ErrorKind;

    std::fs::read(path).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::NotFound => "does not exist",
            ErrorKind::PermissionDenied => "may not be read by this process",
            ErrorKind::IsADirectory => "is a directory, and has to be a file",
            _ => "cannot be read",
        };
        invalid(member, &format!("{} {why}", path.display()))
    })
}
