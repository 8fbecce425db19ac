//! URLs as opaque text: checked, compared and extended, never normalised.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// A URL split just far enough to judge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) has_query: bool,
}

/// Splits an absolute http(s) URL; the error says what is wrong with it.
pub(crate) fn split(url: &str) -> Result<Parts<'_>, &'static str> {
    if !url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)) {
        return Err("has a character that a URL cannot have");
    }
    let (scheme, rest) = url.split_once("://").ok_or("is not an absolute URL")?;
    if scheme != "https" && scheme != "http" {
        return Err("is not an https URL");
    }
    if rest.contains('#') {
        return Err("has a fragment");
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("has user information");
    }
    let (host, port) = self::authority(authority)?;
    let port = port.unwrap_or(if scheme == "https" { 443 } else { 80 });
    Ok(Parts { scheme, host, port, has_query: rest.contains('?') })
}

/// A host, without the brackets of an address, and its port.
pub(crate) fn authority(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (address, after) = bracketed.split_once(']').ok_or("has no host")?;
            if address.parse::<core::net::Ipv6Addr>().is_err() {
                return Err("has an unusable host");
            }
            (address, after)
        }
        None => authority.find(':').map_or((authority, ""), |colon| authority.split_at(colon)),
    };
    if !authority.starts_with('[') && !is_name(host) {
        return Err("has no usable host");
    }
    if port.is_empty() {
        return Ok((host, None));
    }
    let port = port.strip_prefix(':').and_then(self::port).ok_or("has an unusable port")?;
    Ok((host, Some(port)))
}

/// A host as every client spells it: labels of letters, digits, hyphens and underscores, perhaps with the dot of the
/// root at the end.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        let bytes = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(bytes)
    };
    host.len() <= 254 && host.strip_suffix('.').unwrap_or(host).split('.').all(label)
}

/// A port as every client spells it: digits, the first of them no 0.
fn port(digits: &str) -> Option<u16> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if plain { digits.parse().ok() } else { None }
}

/// Whether the last label is of digits or hexadecimal, as browsers read an IPv4 address (`0x7f.1`, `2130706433`).
pub(crate) fn is_numeric(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    let mut bytes = last.bytes();
    match (bytes.next(), bytes.next()) {
        (Some(b'0'), Some(b'x' | b'X')) => bytes.all(|byte| byte.is_ascii_hexdigit()),
        _ => last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Domains that are not of the public DNS, so that a name under one leads to this machine, into the network that it is
/// in, or nowhere. By the documents that reserve them:
/// RFC 6761 (`localhost`, `test`, `invalid`), RFC 6762 3 (`local`) and its appendix G (names that private networks use),
/// RFC 3172 (`arpa`, with `home.arpa` of RFC 8375), RFC 7686 (`onion`), RFC 9476 (`alt`), ICANN's board on 2024-07-29
/// (`internal`) and 2018-02-04 (`mail`, beside `corp` and `home`). `localdomain` and `svc` are what Unix systems and
/// Kubernetes call their own. `example` is nobody's and leads nowhere.
const LOCAL: [&str; 17] = [
    "alt",
    "arpa",
    "corp",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "svc",
    "test",
    "workgroup",
];

impl Parts<'_> {
    /// The host's labels from the last to the first, without the root's.
    fn labels(&self) -> impl Iterator<Item = &str> {
        self.host.strip_suffix('.').unwrap_or(self.host).rsplit('.')
    }

    /// Whether the host is this machine by name or address: `localhost` and every name under it (RFC 6761 6.3).
    pub(crate) fn is_loopback(&self) -> bool {
        self.labels().next().is_some_and(|last| last.eq_ignore_ascii_case("localhost"))
            || self.host.parse::<core::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || self.host.parse::<core::net::Ipv6Addr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether the host is an address or a local name rather than a name of the public DNS: a name without a dot, and
    /// one under a [domain that is not of it](LOCAL). What [browsers read](is_numeric) as an address counts as one.
    pub(crate) fn is_address_or_local(&self) -> bool {
        let mut labels = self.labels();
        let last = labels.next().unwrap_or_default().to_ascii_lowercase();
        let numeric = is_numeric(self.host);
        self.host.contains(':') || numeric || labels.next().is_none() || LOCAL.contains(&last.as_str())
    }
}

/// Scheme and authority of a URL.
pub(crate) fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |colon| colon.saturating_add(3));
    let rest = url.get(start..).unwrap_or_default();
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..start.saturating_add(authority)).unwrap_or_default()
}

/// `url` with `parameters` added to its query, spaces as `%20`; what it had already is kept.
pub(crate) fn with_query(url: &str, parameters: &[(&str, &str)]) -> String {
    let mut extended = url.to_owned();
    extended.reserve(room(parameters));
    let mut separator = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    for (name, value) in parameters {
        extended.push_str(separator);
        percent_encode(&mut extended, name);
        extended.push('=');
        percent_encode(&mut extended, value);
        separator = "&";
    }
    extended
}

/// Bytes that parameters usually take: few of their characters are encoded.
fn room(parameters: &[(&str, &str)]) -> usize {
    let each = |(name, value): &(&str, &str)| name.len().saturating_add(value.len()).saturating_add(16);
    parameters.iter().map(each).fold(0, usize::saturating_add)
}

/// The names in `url`'s query, decoded.
pub(crate) fn query_names(url: &str) -> Result<Vec<String>, &'static str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    Ok(decode_pairs(query)?.into_iter().map(|(name, _)| name).collect())
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
fn percent_encode(into: &mut String, text: &str) {
    encode(into, text, "-._~", "%20");
}

/// Letters, digits and the marks that are `kept` as they are, in runs; a space as `space`; the rest as `%XX`.
fn encode(into: &mut String, text: &str, kept: &str, space: &str) {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte);
    let mut rest = text;
    loop {
        let end = rest.bytes().position(|byte| !is_kept(byte)).unwrap_or(rest.len());
        let Some((run, others)) = rest.split_at_checked(end) else { return };
        into.push_str(run);
        let mut others = others.chars();
        match others.next() {
            None => return,
            Some(' ') => into.push_str(space),
            Some(other) => other.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_encoded(into, byte)),
        }
        rest = others.as_str();
    }
}

fn push_encoded(into: &mut String, byte: u8) {
    let digit = |value: u8| char::from(b"0123456789ABCDEF".get(usize::from(value)).copied().unwrap_or(b'0'));
    into.extend(['%', digit(byte >> 4), digit(byte & 15)]);
}

/// One value of `application/x-www-form-urlencoded`: RFC 6749 2.3.1 asks for it in Basic credentials too.
pub(crate) fn form_encode(into: &mut String, text: &str) {
    encode(into, text, "-._*", "+");
}

/// A body of `application/x-www-form-urlencoded`.
pub(crate) fn form(parameters: &[(&str, &str)]) -> String {
    let mut body = String::new();
    body.reserve(room(parameters));
    for (name, value) in parameters {
        if !body.is_empty() {
            body.push('&');
        }
        form_encode(&mut body, name);
        body.push('=');
        form_encode(&mut body, value);
    }
    body
}

/// The pairs of a query or a form, decoded strictly: a stray `%` or bytes that are not UTF-8 are refused.
pub(crate) fn decode_pairs(text: &str) -> Result<Vec<(String, String)>, &'static str> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                match (digit(), digit()) {
                    (Some(high), Some(low)) => {
                        u8::try_from(high << 4 | low).map_err(|_| "has a malformed percent-encoding")?
                    }
                    _ => return Err("has a malformed percent-encoding"),
                }
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_urls_are_split() {
        let parts = split("https://op.example:8443/a?p=1").unwrap();
        assert_eq!(parts, Parts { scheme: "https", host: "op.example", port: 8443, has_query: true });
        assert_eq!(split("https://[::1]:8443/").unwrap().host, "::1");
    }

    #[test]
    fn unusable_urls_are_refused() {
        for url in [
            "op.example",
            "ftp://op.example",
            "HTTPS://op.example",
            "https://",
            "https://u@op.example",
            "https://op.example#f",
            "https://op.example:0",
            "https://op.example:x",
            "https://op.example:99999",
            "https://op.exa mple",
            "https://op\\.example",
            "https://{tenantid}.example",
            "https://[::1",
            "https://[op.example]",
            "https://op%2Eexample",
            "https://é.example",
            "https://op.example\n",
            "https://.example",
            "https://op..example",
            "https://op.example..",
            "https://op!.example",
            "https://op;.example",
        ] {
            assert!(split(url).is_err(), "{url}");
        }
    }

    #[test]
    fn d7_addresses_are_recognised_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "10.0.0.1",
            "0x7f.1",
            "2130706433",
            "127.1",
            "[::1]",
            "localhost",
            "a.localhost",
            "localhost.",
            "0x7f000001",
        ] {
            assert!(split(&format!("https://{host}/")).unwrap().is_address_or_local(), "{host}");
        }
        for host in
            ["op.example", "1.example", "10.0.0.1.example", "op.example.", "local.example", "locals.example"]
        {
            assert!(!split(&format!("https://{host}/")).unwrap().is_address_or_local(), "{host}");
        }
    }

    #[test]
    fn u11_a_name_that_is_not_of_the_public_dns_is_local() {
        for host in [
            "intranet",
            "db",
            "wpad",
            "ip6-localhost",
            "a_b",
            "DB.",
            "metadata.google.internal",
            "metadata.google.INTERNAL.",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            "localhost.localdomain",
            "host.docker.internal",
            "printer.local",
            "router.lan",
            "nas.home.arpa",
            "1.0.0.127.in-addr.arpa",
            "app.test",
            "x.invalid",
            "x.onion",
            "x.corp",
            "x.home",
            "x.private",
            "x.intranet",
        ] {
            assert!(split(&format!("https://{host}/")).unwrap().is_address_or_local(), "{host}");
        }
        for suffix in LOCAL {
            let below = format!("https://a.b-c.{suffix}:8443/");
            assert!(split(&below).unwrap().is_address_or_local(), "{below}");
            let beside = format!("https://{suffix}.example/");
            assert!(!split(&beside).unwrap().is_address_or_local(), "{beside}");
        }
    }

    #[test]
    fn u11_ports_are_digits_as_every_client_reads_them() {
        for port in ["1", "443", "8443", "65535"] {
            assert!(split(&format!("https://op.example:{port}/")).is_ok(), "{port}");
            assert!(split(&format!("https://[::1]:{port}/")).is_ok(), "{port}");
        }
        for port in
            ["", "0", "00", "+443", "0443", "+0443", "-1", "65536", "4294967739", "4_43", "443:", ":443", "x"]
        {
            assert!(split(&format!("https://op.example:{port}/")).is_err(), "{port}");
            assert!(split(&format!("https://[::1]:{port}/")).is_err(), "{port}");
        }
    }

    #[test]
    fn names_under_localhost_are_this_machine() {
        for host in ["localhost", "LOCALHOST.", "app.localhost", "a.b.LocalHost", "127.9.9.9", "[::1]"] {
            assert!(split(&format!("http://{host}:1/")).unwrap().is_loopback(), "{host}");
        }
        for host in ["localhost.example", "notlocalhost", "app.localhost.example", "128.0.0.1", "[::2]"] {
            assert!(!split(&format!("http://{host}:1/")).unwrap().is_loopback(), "{host}");
        }
    }

    #[test]
    fn an_existing_query_is_kept() {
        assert_eq!(with_query("https://a/b", &[("x", "1 2")]), "https://a/b?x=1%202");
        assert_eq!(with_query("https://a/b?p=q", &[("x", "é&")]), "https://a/b?p=q&x=%C3%A9%26");
        assert_eq!(with_query("https://a/b?", &[("x", "1")]), "https://a/b?x=1");
    }

    #[test]
    fn forms_are_encoded_as_html_does() {
        assert_eq!(form(&[("a b", "1+2"), ("c", "~%é")]), "a+b=1%2B2&c=%7E%25%C3%A9");
    }

    #[test]
    fn decoding_is_strict() {
        assert_eq!(
            decode_pairs("a=1%202&b=+&&c").unwrap(),
            [("a".into(), "1 2".into()), ("b".into(), " ".into()), ("c".into(), String::new())]
        );
        for malformed in ["a=%", "a=%z1", "a=%1", "a=%FF", "%zz=1"] {
            assert!(decode_pairs(malformed).is_err(), "{malformed}");
        }
    }
}
