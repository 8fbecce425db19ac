//! Which server a URL leads to, and where there, as every HTTP client sends it (RFC 3986 6.2.2.1, 6.2.3): the case of scheme and
//! host, and the port that the scheme has anyway, do not count. Whatever else differs may mean something.

#[cfg(feature = "signing")]
use alloc::string::String;

#[cfg(feature = "signing")]
use crate::text::uri;

/// A URL's scheme, its host with a port of its own, and what follows. None where there is user information.
fn split(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, after) = url.split_once("://")?;
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, rest) = after.split_at_checked(end)?;
    let usual = match scheme {
        _ if scheme.eq_ignore_ascii_case("https") => ":443",
        _ if scheme.eq_ignore_ascii_case("http") => ":80",
        _ => return None,
    };
    let host = authority.strip_suffix(usual).unwrap_or(authority);
    (!authority.contains('@')).then_some((scheme, host, rest))
}

/// Whether two spellings are of one URL.
pub(crate) fn is_same_url(one: &str, other: &str) -> bool {
    match (split(one), split(other)) {
        (Some((scheme, host, rest)), Some((other_scheme, other_host, other_rest))) => {
            scheme.eq_ignore_ascii_case(other_scheme)
                && host.eq_ignore_ascii_case(other_host)
                && rest == other_rest
        }
        _ => one == other,
    }
}

/// The origin of a URL, in one spelling. What is no http URL, or has user information, is the origin of no other.
#[cfg(feature = "signing")]
pub(crate) fn origin(url: &str) -> String {
    match split(url) {
        Some((scheme, host, _)) => [scheme, "://", host].concat().to_ascii_lowercase(),
        None => uri::origin(url).into(),
    }
}

/// A URL without query and fragment, its path never empty (RFC 9449 4.2).
#[cfg(feature = "signing")]
pub(crate) fn target(url: &str) -> String {
    let rest = split(url).map_or("", |(_, _, rest)| rest);
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    [&*origin(url), if path.is_empty() { "/" } else { path }].concat()
}

#[cfg(all(test, feature = "signing"))]
mod tests {
    use super::*;

    #[test]
    fn k2_a_target_is_what_a_server_is_asked_for() {
        for (url, expected) in [
            ("https://op.example/token", "https://op.example/token"),
            ("HTTPS://OP.Example:443/Token?a=/b#c", "https://op.example/Token"),
            ("https://op.example:8443/%7Ea/?x", "https://op.example:8443/%7Ea/"),
            ("http://localhost:80", "http://localhost/"),
            ("https://[2001:DB8::1]:443?x", "https://[2001:db8::1]/"),
            ("https://op.example:80/", "https://op.example:80/"),
            ("https://op.example#f", "https://op.example/"),
        ] {
            assert_eq!(target(url), expected, "{url}");
        }
    }

    #[test]
    fn k10_what_differs_is_another_origin() {
        let own = origin("https://api.example");
        for same in ["https://API.example/x", "https://api.example:443", "https://api.example?y"] {
            assert_eq!(origin(same), own, "{same}");
        }
        for other in [
            "https://api.example.",
            "https://api.example:444",
            "https://api.example:80",
            "http://api.example",
            "http://api.example:443",
            "https://u@api.example",
            "https://api.example@evil.example",
            "https://api.example:443:443",
            "https://api.example\\@evil.example",
            "urn:https://api.example",
            "api.example",
            "",
        ] {
            assert_ne!(origin(other), own, "{other}");
        }
    }
}
