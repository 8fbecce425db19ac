//! Lists of hosts, compared by rule: an entry stands for one host and for nothing under it or beside it.

use alloc::string::String;
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::text::uri::{self, Parts};

/// Whether an entry can stand in a list: a host as a URL has it, perhaps with a port. An IPv6 address needs no brackets
/// where it has no port. An address that only some read as one (`127.1`, `0x7f.0.0.1`) stands for nothing.
pub(crate) fn check(entry: &str) -> Result<(), &'static str> {
    if entry.contains(['/', '@', '*']) {
        return Err("has more than a host: write it as keycloak or keycloak:8080");
    }
    let (host, _) = split(entry)?;
    if uri::is_numeric(host) && !host.contains(':') && host.parse::<Ipv4Addr>().is_err() {
        return Err("has an address that not every client reads alike");
    }
    Ok(())
}

impl Parts<'_> {
    /// Whether the list has this URL's host: names without regard to case and the dot of the root, IPv6 addresses by their
    /// value; an IPv4 address has one spelling. An entry with a port stands for this port alone, one without for all of them.
    pub(crate) fn is_listed(&self, hosts: &[String]) -> bool {
        hosts.iter().filter_map(|entry| split(entry).ok()).any(|(host, port)| {
            let same_host = match address(host) {
                Some(own) => address(self.host) == Some(own),
                None => name(host).eq_ignore_ascii_case(name(self.host)),
            };
            same_host && port.is_none_or(|port| port == self.port)
        })
    }
}

fn split(entry: &str) -> Result<(&str, Option<u16>), &'static str> {
    match address(entry) {
        Some(_) => Ok((entry, None)),
        None => uri::authority(entry),
    }
}

fn address(host: &str) -> Option<Ipv6Addr> {
    host.parse().ok()
}

fn name(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    fn listed(entry: &str, url: &str) -> bool {
        assert_eq!(check(entry), Ok(()), "{entry}");
        uri::split(url).unwrap().is_listed(&[entry.to_owned()])
    }

    #[test]
    fn a_host_is_the_same_in_each_of_its_spellings() {
        for (entry, url) in [
            ("keycloak", "http://keycloak:8080/realms/a"),
            ("keycloak", "http://KeyCloak/"),
            ("KEYCLOAK", "http://keycloak./"),
            ("keycloak.", "http://keycloak"),
            ("keycloak:8080", "http://keycloak:8080"),
            ("keycloak:80", "http://keycloak/"),
            ("keycloak:443", "https://keycloak/"),
            ("10.0.2.15", "https://10.0.2.15:6443/openid/v1/jwks"),
            ("10.0.2.15:6443", "https://10.0.2.15:6443/openid/v1/jwks"),
            ("10.0.2.15", "https://10.0.2.15./"),
            ("fd00::1", "https://[FD00:0:0::0001]:6443/"),
            ("[fd00:0::1]", "https://[fd00::1]/"),
            ("[fd00::1]:6443", "https://[fd00::1]:6443/"),
            ("::ffff:10.0.2.15", "https://[::ffff:a00:20f]/"),
        ] {
            assert!(listed(entry, url), "{entry} {url}");
        }
    }

    #[test]
    fn a_host_is_no_other_host() {
        for (entry, url) in [
            ("keycloak", "http://keycloak.example/"),
            ("keycloak", "http://a.keycloak/"),
            ("keycloak", "http://xkeycloak/"),
            ("keycloak", "http://keycloa/"),
            ("keycloak", "http://keycloak.keycloak/"),
            ("keycloak:8080", "http://keycloak/"),
            ("keycloak:8080", "http://keycloak:8081/"),
            ("keycloak:443", "http://keycloak/"),
            ("svc.cluster.local", "https://kubernetes.default.svc.cluster.local/"),
            ("10.0.2.15", "https://10.0.2.16/"),
            ("10.0.2.15", "https://010.0.2.15/"),
            ("10.0.2.15", "https://10.0.2.15.example/"),
            ("127.0.0.1", "https://127.1/"),
            ("127.0.0.1", "https://0x7f.0.0.1/"),
            ("127.0.0.1", "https://2130706433/"),
            ("127.0.0.1", "https://[::ffff:127.0.0.1]/"),
            ("127.0.0.1", "https://localhost/"),
            ("localhost", "https://127.0.0.1/"),
            ("fd00::1", "https://[fd00::2]/"),
            ("[fd00::1]:6443", "https://[fd00::1]/"),
        ] {
            assert!(!listed(entry, url), "{entry} {url}");
        }
    }

    #[test]
    fn what_is_no_host_stands_in_no_list() {
        for bad in [
            "",
            "*",
            "*.cluster.local",
            ".cluster.local",
            "https://keycloak",
            "keycloak/",
            "keycloak:",
            "keycloak:0",
            "keycloak:08080",
            "keycloak:99999",
            "keycloak:8080:1",
            "user@keycloak",
            "key cloak",
            "10.0.0.0/8",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "10.0.2.15.",
            "010.0.2.15",
            "[fd00::1",
            "[keycloak]",
            "fd00::1:x",
            "fe80::1%eth0",
            "\u{e9}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
            for url in [
                "http://keycloak:8080/",
                "https://127.0.0.1/",
                "https://a.cluster.local/",
                "https://[fd00::1]/",
            ] {
                assert!(!uri::split(url).unwrap().is_listed(&[bad.to_owned()]), "{bad} {url}");
            }
        }
    }
}
