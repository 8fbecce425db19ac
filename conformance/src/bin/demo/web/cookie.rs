//! The two kinds of cookies: one for each login under way, one for the session.

use conformance::http::Request;

/// The session's.
pub(super) const SESSION: &str = "rp-session";

/// The cookie of one login under way, after its public handle, so that two tabs are two logins.
///
/// Over https it would be `__Host-rp-<handle>`, as `PendingLogin::cookie_name` says. That prefix demands `Secure`,
/// which Safari does not take from plain http, loopback or not: the name goes without it here.
pub(super) fn login(handle: &str) -> String {
    format!("rp-{handle}")
}

/// A cookie that scripts cannot read and other sites cannot send along with a form.
pub(super) fn set(name: &str, value: &str, path: &str, max_age: i64) -> String {
    format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Lax")
}

pub(super) fn clear(name: &str, path: &str) -> String {
    set(name, "", path, 0)
}

pub(super) fn get<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let cookies = request.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case("cookie"));
    cookies
        .flat_map(|(_, value)| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value)
}
