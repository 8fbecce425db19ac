//! What single values of a registration or a request have to be.

use alloc::string::String;

use crate::report::Error;
use crate::text::config::invalid;

/// What a provider gave the client. Text from a file or the environment easily has more than that at its end.
pub(super) fn check_credential(member: &str, text: &str) -> Result<(), Error> {
    let (Some(first), Some(last)) = (text.bytes().next(), text.bytes().last()) else {
        return Err(invalid(member, "is empty"));
    };
    // Up to the blank are the control characters. A byte order mark begins what some editors save.
    if first <= b' ' || last <= b' ' || text.starts_with('\u{feff}') {
        return Err(invalid(member, "has a blank or a line end at an end: take it away"));
    }
    Ok(())
}

/// Scopes as RFC 6749 3.3 writes them; those of a `login` have `openid` among them (OIDC Core 3.1.2.1).
pub(crate) fn check_scopes(scopes: &[String], login: bool) -> Result<(), Error> {
    if login && !scopes.iter().any(|scope| scope == "openid") {
        return Err(invalid("scopes", "lacks openid"));
    }
    let token = |scope: &String| {
        !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    if scopes.iter().all(token) {
        Ok(())
    } else {
        Err(invalid("scopes", "has something that is not a scope"))
    }
}

/// Resources as URIs without a fragment (RFC 8707 2).
pub(crate) fn check_resources(resources: &[String]) -> Result<(), Error> {
    let uri = |resource: &String| {
        !resource.is_empty() && resource.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
    };
    if resources.iter().all(uri) {
        Ok(())
    } else {
        Err(invalid("resource", "is not a URI without a fragment"))
    }
}
