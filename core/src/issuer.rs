//! The issuer identifier: exact text, never normalised.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use crate::error::{Error, ErrorKind};
use crate::uri::{self, Parts};

/// An issuer identifier (OIDC Core 1.2): an https URL without query or fragment, compared byte by byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issuer {
    text: Arc<str>,
    insecure_loopback: bool,
    local: bool,
}

impl Issuer {
    /// Takes the issuer identifier exactly as the provider publishes it: a trailing slash counts.
    ///
    /// # Errors
    /// `invalid_issuer`
    pub fn parse(text: &str) -> Result<Issuer, Error> {
        let parts = split(text)?;
        if parts.scheme != "https" {
            return Err(invalid("is not an https URL"));
        }
        Ok(Issuer { text: text.into(), insecure_loopback: false, local: parts.is_address_or_local() })
    }

    /// For development: an issuer that may also be `http://` on this machine (`127.0.0.0/8`, `[::1]`,
    /// `localhost`), and whose endpoints may be so too.
    ///
    /// # Errors
    /// `invalid_issuer`
    pub fn insecure_loopback(text: &str) -> Result<Issuer, Error> {
        let parts = split(text)?;
        if parts.scheme == "https" {
            return Issuer::parse(text);
        }
        if !parts.is_loopback() {
            return Err(invalid("is http on another machine"));
        }
        Ok(Issuer { text: text.into(), insecure_loopback: true, local: true })
    }

    /// The identifier, byte for byte as given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The identifier, to share.
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Where its metadata is (OIDC Discovery 4.1).
    pub(crate) fn discovery_url(&self) -> String {
        [self.text.strip_suffix('/').unwrap_or(&self.text), "/.well-known/openid-configuration"].concat()
    }

    /// Whether the issuer's metadata may name this URL as an endpoint: https, and no bare address or local
    /// name unless the issuer is one itself.
    pub(crate) fn check_endpoint(&self, url: &str) -> Result<(), &'static str> {
        let parts = uri::split(url)?;
        if parts.scheme != "https" && !(self.insecure_loopback && parts.is_loopback()) {
            return Err("is not an https URL");
        }
        if parts.is_address_or_local() && !self.local {
            return Err("is an address or a local name");
        }
        Ok(())
    }
}

fn split(text: &str) -> Result<Parts<'_>, Error> {
    let parts = uri::split(text).map_err(invalid)?;
    if parts.has_query { Err(invalid("has a query")) } else { Ok(parts) }
}

fn invalid(reason: &str) -> Error {
    ErrorKind::InvalidIssuer.with([reason])
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({})", self.text)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_loopback_and_on_request_only() {
        assert!(Issuer::parse("http://127.0.0.1:3000").is_err());
        for local in
            ["http://127.0.0.1:3000", "http://[::1]:3000/a", "http://localhost", "https://op.example"]
        {
            assert!(Issuer::insecure_loopback(local).is_ok(), "{local}");
        }
        for remote in ["http://op.example", "http://127.0.0.1.example", "http://10.0.0.1"] {
            assert_eq!(Issuer::insecure_loopback(remote).unwrap_err().code(), "invalid_issuer", "{remote}");
        }
    }

    #[test]
    fn the_text_is_kept_as_it_is() {
        let url = |text| Issuer::parse(text).unwrap().discovery_url();
        assert_eq!(Issuer::parse("https://op.example:443/").unwrap().as_str(), "https://op.example:443/");
        assert_eq!(url("https://op.example"), "https://op.example/.well-known/openid-configuration");
        assert_eq!(url("https://op.example/"), "https://op.example/.well-known/openid-configuration");
        assert_eq!(url("https://op.example/t/1"), "https://op.example/t/1/.well-known/openid-configuration");
        for bad in ["https://op.example?x", "https://op.example#x", "op.example", "https://u@op.example"] {
            assert_eq!(Issuer::parse(bad).unwrap_err().code(), "invalid_issuer", "{bad}");
        }
    }

    #[test]
    fn endpoints_are_https_and_public_unless_the_issuer_is_local() {
        let public = Issuer::parse("https://op.example").unwrap();
        assert!(public.check_endpoint("https://keys.elsewhere.example/jwks?x=1").is_ok());
        for bad in [
            "http://op.example/t",
            "https://127.0.0.1/t",
            "https://0x7f.1/t",
            "https://localhost/t",
            "https://[::]/t",
            "/t",
            "javascript:1",
        ] {
            assert!(public.check_endpoint(bad).is_err(), "{bad}");
        }
        let loopback = Issuer::insecure_loopback("http://127.0.0.1:1").unwrap();
        assert!(loopback.check_endpoint("http://127.0.0.1:1/t").is_ok());
        assert!(loopback.check_endpoint("http://op.example/t").is_err());
        assert!(
            Issuer::parse("https://127.0.0.1:1").unwrap().check_endpoint("http://127.0.0.1:1/t").is_err()
        );
    }
}
