//! Where a browser may be sent back to: what a registration and a logout name.

use crate::report::Error;
use crate::text::config::invalid;
use crate::text::uri;

/// Words that are schemes by themselves, to which browsers and systems give a meaning: none begins the name of a domain
/// in reverse.
const SCHEMES: [&str; 15] = [
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "https",
    "intent",
    "jar",
    "javascript",
    "resource",
    "vbscript",
    "view-source",
];

/// A redirect URI: https, or http on loopback, or a path under an application's own scheme, which is the name of a domain
/// in reverse (RFC 8252 7.1).
pub(crate) fn check_redirect(member: &str, redirect_uri: &str) -> Result<(), Error> {
    let scheme = redirect_uri.split(':').next().unwrap_or_default();
    if scheme == "https" || scheme == "http" {
        let parts = uri::split(redirect_uri).map_err(|reason| invalid(member, reason))?;
        if parts.scheme == "http" && !parts.is_loopback() {
            return Err(invalid(member, "is http on another machine"));
        }
        return Ok(());
    }
    let printable = redirect_uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = redirect_uri.get(scheme.len()..).is_some_and(|rest| rest.starts_with(":/"));
    if is_reversed_domain(scheme) && path && printable && !redirect_uri.contains('#') {
        return Ok(());
    }
    Err(invalid(member, "is neither an https URL nor one of a native application (RFC 8252 7.1)"))
}

fn is_reversed_domain(scheme: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    let (first, others) = scheme.split_once('.').unwrap_or((scheme, ""));
    let letter = first.starts_with(|character: char| character.is_ascii_alphabetic());
    let known = SCHEMES.iter().any(|known| first.eq_ignore_ascii_case(known));
    letter && !known && label(first) && others.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_applications_own_scheme_is_a_domain_in_reverse_with_a_path() {
        for own in ["com.example.app://cb", "com.googleusercontent.apps.1-a:/oauth2", "io.x:/?a=b"] {
            assert!(check_redirect("redirect_uri", own).is_ok(), "{own}");
        }
        for bad in [
            "javascript.x:alert(1)",
            "javascript.x:/alert(1)",
            "JavaScript.x:/alert(1)",
            "data.x:,",
            "data.x:/,",
            "file.x:/etc/passwd",
            "com.example.app:cb",
            "com.example.app:",
            "com.example.app",
            "com.example.app:\\\\cb",
            "com..app:/cb",
            ".app:/cb",
            "com.:/cb",
            "1com.app:/cb",
            "com.-app:/cb",
            "com.a_b:/cb",
            "com.a+b:/cb",
            "com.example.app:/cb#f",
            "com.example.app:/c b",
            "app:/cb",
        ] {
            let refused = check_redirect("redirect_uri", bad);
            assert_eq!(refused.err().map(|error| error.code()), Some("invalid_configuration"), "{bad}");
        }
    }
}
