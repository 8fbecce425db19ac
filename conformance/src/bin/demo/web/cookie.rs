//! The session's cookie. That of a login under way is the library's.

use conformance::http::Request;

/// Its name. Over https it would begin with `__Host-` and go with `Secure`, which Safari does not take from plain http,
/// loopback or not.
pub(super) const SESSION: &str = "rp-session";

/// A cookie that scripts cannot read and other sites cannot send along with a form.
pub(super) fn set(name: &str, value: &str, max_age: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax")
}

/// Every cookie of the request, by name.
pub(super) fn all(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    let cookies = request.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case("cookie"));
    cookies.flat_map(|(_, value)| value.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

pub(super) fn get<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    all(request).find(|(own, _)| *own == name).map(|(_, value)| value)
}
