//! The issuer identifier: exact text, never normalised.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::machine::Policy;
use crate::report::{Error, ErrorKind};
use crate::text::uri::{self, Parts};
use crate::token::rules::TENANT;

/// An issuer identifier (OIDC Core 1.2): an https URL without query or fragment, compared byte by byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issuer {
    text: Arc<str>,
    insecure_loopback: bool,
    local: bool,
    hosts: Option<Arc<Hosts>>,
}

/// What a policy lists for an issuer's endpoints.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Hosts {
    local: Vec<String>,
    http: Vec<String>,
}

impl Issuer {
    /// Takes the issuer identifier exactly as the provider publishes it. A trailing slash makes a difference.
    ///
    /// # Errors
    /// `invalid_issuer`
    pub fn parse(text: &str) -> Result<Issuer, Error> {
        let parts = split(text)?;
        if parts.scheme != "https" {
            return Err(invalid(match (parts.is_loopback(), parts.is_address_or_local()) {
                (true, _) => PLAIN_LOOPBACK,
                (false, true) => PLAIN_LOCAL,
                (false, false) => "is not an https URL",
            }));
        }
        Ok(Issuer::new(text, &parts, false))
    }

    /// For development: the issuer and its endpoints may also be `http://` on this machine (`127.0.0.0/8`, `[::1]`,
    /// `localhost`).
    ///
    /// # Errors
    /// `invalid_issuer`
    pub fn insecure_loopback(text: &str) -> Result<Issuer, Error> {
        let parts = split(text)?;
        if parts.scheme == "https" {
            return Issuer::parse(text);
        }
        if !parts.is_loopback() {
            return Err(invalid(if parts.is_address_or_local() {
                PLAIN_LOCAL
            } else {
                "is http on another machine"
            }));
        }
        Ok(Issuer::new(text, &parts, true))
    }

    /// An issuer under a policy: it may be `http://` on one of the [`danger_http_hosts`](Policy::danger_http_hosts), and its
    /// metadata may name these and the [`local_hosts`](Policy::local_hosts). With `insecure_loopback` it may also be
    /// `http://` on this machine.
    ///
    /// [`Provider::discover`](crate::Provider::discover) lets the metadata name the hosts of its policy with any issuer; an
    /// issuer of this function is for plain http, and for [`Metadata::parse`](crate::Metadata::parse).
    ///
    /// # Errors
    /// `invalid_issuer`; `invalid_configuration` when a list has something that is not a host.
    pub fn under(text: &str, insecure_loopback: bool, policy: &Policy) -> Result<Issuer, Error> {
        policy.check_hosts()?;
        let parts = split(text)?;
        let issuer = if parts.scheme == "http" && parts.is_listed(&policy.danger_http_hosts) {
            Issuer::new(text, &parts, insecure_loopback)
        } else if insecure_loopback {
            Issuer::insecure_loopback(text)?
        } else {
            Issuer::parse(text)?
        };
        Ok(issuer.with_hosts(policy))
    }

    fn new(text: &str, parts: &Parts<'_>, insecure_loopback: bool) -> Issuer {
        Issuer { text: text.into(), insecure_loopback, local: parts.is_address_or_local(), hosts: None }
    }

    /// The same issuer, whose metadata may name the hosts that the policy lists. It keeps its own where that lists none.
    pub(crate) fn with_hosts(mut self, policy: &Policy) -> Issuer {
        let (local, http) = (&policy.local_hosts, &policy.danger_http_hosts);
        if !(local.is_empty() && http.is_empty()) {
            self.hosts = Some(Arc::new(Hosts { local: local.clone(), http: http.clone() }));
        }
        self
    }

    /// Whether plain http to another machine is allowed for it or its endpoints.
    #[cfg(feature = "signing")]
    pub(crate) fn takes_http(&self) -> bool {
        self.hosts.as_ref().is_some_and(|hosts| !hosts.http.is_empty())
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
    /// name unless the issuer is one itself or the policy lists it.
    pub(crate) fn check_endpoint(&self, url: &str) -> Result<(), &'static str> {
        let parts = uri::split(url)?;
        let (local, http): (&[String], &[String]) = match &self.hosts {
            Some(hosts) => (&hosts.local, &hosts.http),
            None => (&[], &[]),
        };
        if parts.is_listed(http) {
            return Ok(());
        }
        if parts.scheme != "https" && !(self.insecure_loopback && parts.is_loopback()) {
            return Err("is not an https URL");
        }
        if parts.is_address_or_local() && !self.local && !parts.is_listed(local) {
            return Err("is an address or a local name that local_hosts of the policy does not list");
        }
        Ok(())
    }
}

impl Issuer {
    /// Whether `text` is this issuer with a place for its tenant: the same but for one whole segment of the path, as in the
    /// metadata of Entra's `common` and `organizations`.
    pub(crate) fn is_tenant_of(&self, text: &str) -> bool {
        let Some((before, after)) = text.split_once(TENANT) else { return false };
        // Past `https://`, and so in the path.
        let segment =
            before.len() > 8 && before.ends_with('/') && (after.is_empty() || after.starts_with('/'));
        let own = self.text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        segment && own.is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('/'))
    }
}

impl Issuer {
    /// Whether `iss` is the issuer of the tenant `tid` of this one.
    #[cfg(feature = "sealed")]
    pub(crate) fn is_of_tenant(&self, iss: &str, tid: &str) -> bool {
        let Some((before, after)) = iss.split_once(tid) else { return false };
        self.is_tenant_of(&[before, TENANT, after].concat())
    }

    /// What the metadata of many tenants would call this issuer, if it has a path.
    pub(crate) fn template(&self) -> String {
        let mut parts: Vec<&str> = self.text.split('/').collect();
        if let Some(segment) = parts.get_mut(3).filter(|segment| !segment.is_empty()) {
            *segment = TENANT;
        }
        parts.join("/")
    }
}

const PLAIN_LOOPBACK: &str = "is not an https URL; for development on this machine, allow_insecure_loopback \
                              (in Rust Issuer::insecure_loopback) takes http";

const PLAIN_LOCAL: &str = "is not an https URL; for a development network, danger_http_hosts of the policy takes http \
                           (in Rust with Issuer::under)";

/// Where metadata are, which is not what an issuer is called.
const DOCUMENTS: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

fn split(text: &str) -> Result<Parts<'_>, Error> {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let path = path.strip_suffix('/').unwrap_or(path);
    if let Some(document) = DOCUMENTS.into_iter().find(|document| path.ends_with(document)) {
        return Err(invalid(&["is the URL of its metadata: leave ", document, " out"].concat()));
    }
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

impl FromStr for Issuer {
    type Err = Error;

    /// As [`Issuer::parse`].
    fn from_str(text: &str) -> Result<Issuer, Error> {
        Issuer::parse(text)
    }
}

impl AsRef<str> for Issuer {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Serialize for Issuer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// As [`Issuer::parse`]: an https URL.
impl<'de> Deserialize<'de> for Issuer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Issuer, D::Error> {
        Issuer::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
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
    fn an_issuer_that_is_not_one_says_how_it_would_be() {
        let reason = |text: &str| {
            let error = Issuer::parse(text).unwrap_err();
            assert_eq!(error.code(), "invalid_issuer", "{text}");
            error.detail("reason").unwrap().to_owned()
        };
        for local in ["http://127.0.0.1:3000", "http://[::1]/a", "http://localhost:8080"] {
            for part in ["allow_insecure_loopback", "Issuer::insecure_loopback"] {
                assert!(reason(local).contains(part), "{local}");
            }
        }
        assert_eq!(reason("http://op.example"), "is not an https URL");
        for document in [
            "https://op.example/.well-known/openid-configuration",
            "https://op.example/realms/a/.well-known/openid-configuration/",
            "https://op.example/.well-known/openid-configuration?p=b2c_1",
            "http://127.0.0.1:3000/.well-known/openid-configuration",
        ] {
            let leave_out = "is the URL of its metadata: leave /.well-known/openid-configuration out";
            assert_eq!(reason(document), leave_out, "{document}");
            assert_eq!(Issuer::insecure_loopback(document).unwrap_err().detail("reason"), Some(leave_out));
        }
    }

    #[test]
    fn a_template_differs_by_one_segment_of_the_path() {
        let common = Issuer::parse("https://op.example/common/v2.0").unwrap();
        assert!(common.is_tenant_of("https://op.example/{tenantid}/v2.0"));
        assert!(
            Issuer::parse("https://op.example/a/common")
                .unwrap()
                .is_tenant_of("https://op.example/a/{tenantid}")
        );
        for other in [
            "https://op.example/common/v2.0",
            "https://op.example/{tenantid}/v1.0",
            "https://op.example/{tenantid}",
            "https://{tenantid}/v2.0",
            "https://{tenantid}",
            "{tenantid}",
            "https://op.example/{tenantid}/{tenantid}",
            "https://op.example/com{tenantid}/v2.0",
            "https://op.example/{tenantid}v2.0",
            "https://op.example/{tenant}/v2.0",
            "https://evil.example/{tenantid}/v2.0",
        ] {
            assert!(!common.is_tenant_of(other), "{other}");
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
