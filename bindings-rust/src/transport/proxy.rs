//! The way out: which proxy a request goes through.
//!
//! This machine (`localhost` and its subdomains, `127.0.0.0/8`, `::1`) is never behind a proxy, whose own machine those names would
//! mean.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// One HTTP proxy. `Debug` shows neither user nor password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    /// An address of IP version 6 in its brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Option<Login>,
}

/// What the proxy is told.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: String,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({}:{})", self.host, self.port)
    }
}

/// By the scheme of a URL, the proxy that it goes through, and for whom there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct WayOut {
    https: Option<Proxy>,
    http: Option<Proxy>,
    without: Vec<String>,
}

const NO_URL: &str = "is no URL of a proxy, such as http://proxy.example:3128";

impl WayOut {
    /// Through one proxy.
    pub(super) fn through(url: &str) -> Result<WayOut, &'static str> {
        let proxy = Proxy::parse(url)?;
        Ok(WayOut { https: Some(proxy.clone()), http: Some(proxy), without: Vec::new() })
    }

    /// Through those that variables name.
    pub(super) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<WayOut, String> {
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let proxy = |scheme: &str| {
            let upper = format!("{}_PROXY", scheme.to_ascii_uppercase());
            for name in [&format!("{scheme}_proxy"), &upper, "all_proxy", "ALL_PROXY"] {
                // In CGI a visitor's header "Proxy" has this name.
                if name == "HTTP_PROXY" && variable("REQUEST_METHOD").is_some() {
                    continue;
                }
                if let Some(url) = given(name) {
                    return Proxy::parse(&url).map(Some).map_err(|reason| format!("{name} {reason}"));
                }
            }
            Ok(None)
        };
        let without = given("no_proxy").or_else(|| given("NO_PROXY")).unwrap_or_default();
        let without = without.to_lowercase().replace(',', " ");
        let without = without.split_whitespace().map(str::to_owned).collect();
        Ok(WayOut { https: proxy("https")?, http: proxy("http")?, without })
    }

    /// The proxy that a request to this URL goes through.
    pub(super) fn proxy(&self, url: &Uri) -> Option<&Proxy> {
        let host = url.host()?.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let (proxy, port) = match url.scheme_str()? {
            "https" => (self.https.as_ref(), 443),
            "http" => (self.http.as_ref(), 80),
            _ => return None,
        };
        let port = url.port_u16().unwrap_or(port);
        let near = is_loopback(host) || self.without.iter().any(|entry| matches(entry, host, port));
        proxy.filter(|_| !near)
    }
}

impl Proxy {
    fn parse(given: &str) -> Result<Proxy, &'static str> {
        let written = if given.contains("://") { given.to_owned() } else { ["http://", given].concat() };
        let url: Uri = written.parse().map_err(|_| NO_URL)?;
        if url.scheme_str() != Some("http") {
            return Err(
                "is no http:// proxy, which is the one kind that is supported: TLS goes through it to the provider",
            );
        }
        let authority = url.authority().ok_or(NO_URL)?;
        let place = authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, place)| place);
        // A port that is none is none to `Uri`, too.
        let port = match place.strip_prefix(authority.host()).and_then(|port| port.strip_prefix(':')) {
            None | Some("") => 80,
            Some(port) => port.parse().map_err(|_| NO_URL)?,
        };
        let has_more = url.path_and_query().is_some_and(|more| more.as_str() != "/");
        if authority.host().is_empty() || has_more || port == 0 {
            return Err(NO_URL);
        }
        let login = match authority.as_str().rsplit_once('@') {
            None => None,
            Some((login, _)) => {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                let (user, password) = (decoded(user).ok_or(NO_URL)?, decoded(password).ok_or(NO_URL)?);
                if user.contains(':') {
                    return Err("has a user name with a colon, which Basic cannot express");
                }
                Some(Login { user, password })
                    .filter(|login| !(login.user.is_empty() && login.password.is_empty()))
            }
        };
        Ok(Proxy { host: authority.host().to_owned(), port, login })
    }

    /// Its URL, with what it is told.
    #[cfg(feature = "reqwest")]
    pub(super) fn url(&self) -> String {
        let login = self
            .login
            .as_ref()
            .map_or(String::new(), |login| format!("{}:{}@", encoded(&login.user), encoded(&login.password)));
        format!("http://{login}{}:{}/", self.host, self.port)
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether an entry of `NO_PROXY` names the host: itself, a domain above it or its network; with a port, there.
fn matches(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, prefix)) = entry.split_once('/') {
        return is_within(host, network, prefix).unwrap_or(false);
    }
    let (name, own_port) = match entry.strip_prefix('[').and_then(|entry| entry.split_once(']')) {
        Some((name, rest)) => (name, rest.strip_prefix(':').unwrap_or(rest)),
        None if entry.matches(':').count() == 1 => entry.split_once(':').unwrap_or((entry, "")),
        None => (entry, ""),
    };
    if !own_port.is_empty() && own_port != port.to_string() {
        return false;
    }
    if let (Ok(name), Ok(host)) = (name.parse::<IpAddr>(), host.parse::<IpAddr>()) {
        return name == host;
    }
    let name = name.strip_prefix('*').unwrap_or(name);
    let name = name.strip_prefix('.').unwrap_or(name);
    let name = name.strip_suffix('.').unwrap_or(name);
    let above = || host.strip_suffix(name).is_some_and(|below| below.ends_with('.'));
    !name.is_empty() && (host == name || above())
}

fn is_within(host: &str, network: &str, prefix: &str) -> Option<bool> {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let (host, length) = bits(host.parse().ok()?);
    let (network, other_length) = bits(network.parse().ok()?);
    let prefix: u32 = prefix.parse().ok()?;
    let beside = u32::checked_sub(length, prefix)?;
    let same = |shift: u32| host.checked_shr(shift) == network.checked_shr(shift);
    Some(length == other_length && same(beside))
}

/// Text without its percent-encoding; `None` if it is none.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.chars().any(char::is_control)).then_some(text)
}

#[cfg(feature = "reqwest")]
fn encoded(text: &str) -> String {
    let one = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `NO_PROXY`, a URL, and whether a request to it goes through the proxy: the same in every language.
    const RULES: &str = include_str!("../../../conformance/op/no_proxy.json");

    #[test]
    fn no_proxy_means_what_it_means_in_the_other_languages() {
        let rules: serde_json::Value = serde_json::from_str(RULES).unwrap();
        let rules = rules.as_array().unwrap();
        assert!(rules.len() > 20);
        for rule in rules {
            let way = WayOut::from_environment(|name| match name {
                "NO_PROXY" => rule["no_proxy"].as_str().map(str::to_owned),
                "ALL_PROXY" => Some("http://proxy.example:3128".into()),
                _ => None,
            });
            let url: Uri = rule["url"].as_str().unwrap().parse().unwrap();
            assert_eq!(way.unwrap().proxy(&url).is_some(), rule["proxied"].as_bool().unwrap(), "{rule}");
        }
    }

    fn from(variables: &[(&str, &str)]) -> Result<WayOut, String> {
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        WayOut::from_environment(move |name| {
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        })
    }

    #[test]
    fn each_scheme_has_the_proxy_that_is_named_for_it() {
        let way = from(&[
            ("HTTPS_PROXY", "one.example"),
            ("http_proxy", "two.example:81"),
            ("ALL_PROXY", "http://three.example"),
        ])
        .unwrap();
        let host = |url: &str| way.proxy(&url.parse().unwrap()).map(|proxy| (proxy.host.clone(), proxy.port));
        assert_eq!(host("https://op.example/"), Some(("one.example".into(), 80)));
        assert_eq!(host("http://op.example/"), Some(("two.example".into(), 81)));
        assert_eq!(host("https://127.0.0.1:8443/"), None);
        assert_eq!(host("http://[::1]/"), None);
        assert_eq!(host("http://op.localhost/"), None);
    }

    #[test]
    fn a_visitors_header_names_no_proxy() {
        let way = from(&[("HTTP_PROXY", "evil.example"), ("REQUEST_METHOD", "GET")]).unwrap();
        assert!(way.proxy(&"http://op.example/".parse().unwrap()).is_none());
    }

    #[test]
    fn a_password_is_read_as_it_was_meant_and_shown_nowhere() {
        let way = WayOut::through("http://alice:a%20p%40ss@proxy.example:3128").unwrap();
        assert!(!format!("{way:?}").contains("alice"));
        let proxy = way.proxy(&"https://op.example/".parse().unwrap()).unwrap();
        let login = proxy.login.as_ref().unwrap();
        assert_eq!((login.user.as_str(), login.password.as_str()), ("alice", "a p@ss"));
    }

    #[test]
    fn what_is_no_http_proxy_is_refused() {
        for url in [
            "",
            "http://",
            "ftp://proxy.example",
            "https://proxy.example",
            "socks5://proxy.example",
            "http://proxy.example/path",
            "http://proxy.example:0",
            "http://proxy.example:99999",
            "http://a%3Ab:c@proxy.example",
            "http://a:%zz@proxy.example",
            "http://ä.example",
            "http://proxy .example",
        ] {
            assert!(WayOut::through(url).is_err(), "{url}");
        }
        assert!(
            from(&[("https_proxy", "socks5://x.example")])
                .unwrap_err()
                .starts_with("https_proxy is no http:// proxy")
        );
    }
}
