//! URLs as opaque text: checked, compared and extended, never normalised.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// A URL split just far enough to judge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) host: &'a str,
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
    if host.is_empty() || host.contains(['[', ']', '%']) {
        return Err("has no usable host");
    }
    if !port.is_empty()
        && port.strip_prefix(':').and_then(|digits| digits.parse::<u16>().ok()).is_none_or(|port| port == 0)
    {
        return Err("has an unusable port");
    }
    Ok(Parts { scheme, host, has_query: rest.contains('?') })
}

impl Parts<'_> {
    /// Whether the host is this machine by name or address.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<core::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || self.host.parse::<core::net::Ipv6Addr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether the host is an address or a local name rather than a name of the public DNS. Any last
    /// label of digits or hexadecimal counts as an address, as browsers read it (`0x7f.1`, `2130706433`).
    pub(crate) fn is_address_or_local(&self) -> bool {
        let name = self.host.strip_suffix('.').unwrap_or(self.host).to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        let numeric = last.bytes().all(|byte| byte.is_ascii_digit())
            || last
                .strip_prefix("0x")
                .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        self.host.contains(':') || numeric || last == "localhost"
    }
}

/// `url` with `parameters` added to its query, spaces as `%20`; what it had already is kept.
pub(crate) fn with_query(url: &str, parameters: &[(&str, &str)]) -> String {
    let mut extended = url.to_owned();
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

/// The names in `url`'s query, decoded.
pub(crate) fn query_names(url: &str) -> Result<Vec<String>, &'static str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    Ok(decode_pairs(query)?.into_iter().map(|(name, _)| name).collect())
}

/// Everything but RFC 3986's unreserved characters as `%XX`.
fn percent_encode(into: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            push_encoded(into, byte);
        }
    }
}

fn push_encoded(into: &mut String, byte: u8) {
    let digit = |value: u8| char::from(b"0123456789ABCDEF".get(usize::from(value)).copied().unwrap_or(b'0'));
    into.extend(['%', digit(byte >> 4), digit(byte & 15)]);
}

/// One value of `application/x-www-form-urlencoded`: RFC 6749 2.3.1 asks for it in Basic credentials too.
pub(crate) fn form_encode(into: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b' ' => into.push('+'),
            b'-' | b'.' | b'_' | b'*' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                into.push(char::from(byte))
            }
            _ => push_encoded(into, byte),
        }
    }
}

/// A body of `application/x-www-form-urlencoded`.
pub(crate) fn form(parameters: &[(&str, &str)]) -> String {
    let mut body = String::new();
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

/// Text with `%XX` decoded, as in a path.
pub(crate) fn percent_decode(text: &str) -> Result<String, &'static str> {
    decode(&text.replace('+', "%2B"))
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
        assert_eq!(parts, Parts { scheme: "https", host: "op.example", has_query: true });
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
        for host in ["op.example", "1.example", "10.0.0.1.example"] {
            assert!(!split(&format!("https://{host}/")).unwrap().is_address_or_local(), "{host}");
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
