//! The id that ties a login to its browser, and the name of the cookie that carries it.
//!
//! Over https the name begins with `__Host-`: no page of another host, and none that came over plain http, can plant a cookie
//! of such a name. Safari keeps neither that name nor `Secure` from plain http, not even from this machine. So the cookie of a
//! login whose redirect URI is http, which is loopback then, goes without both. Anybody can plant a cookie of *that* name at
//! any site; so its id says what it is. An id that begins with [`LOCAL`] belongs to a login at loopback, and no other login has
//! one: whatever is planted at an https site is an id of none of its logins.

use alloc::string::String;

use sha2::{Digest, Sha256};

use crate::text::base64::to_base64url;
use crate::text::secret::Secret;
use crate::text::uri;

/// How the names of the logins' cookies begin.
const PREFIX: &str = "__Host-rp-";
/// The same, of logins at http loopback.
const LOCAL_PREFIX: &str = "rp-";
/// How the ids of logins at http loopback begin. 37 random characters follow, which are 222 bits.
const LOCAL: &str = "local-";

/// Whether this redirect URI is http on this machine.
pub(crate) fn is_local(redirect_uri: &str) -> bool {
    // Nearly all are https, and need not be read for that.
    redirect_uri.starts_with("http://") && uri::split(redirect_uri).is_ok_and(|parts| parts.is_loopback())
}

/// The id of a login at this redirect URI, made of a random one.
pub(crate) fn id_at(redirect_uri: &str, random: Secret) -> Secret {
    let rest = |from: usize| random.expose().get(from..).unwrap_or_default();
    match (is_local(redirect_uri), is_local_id(random.expose())) {
        (true, _) => Secret::new([LOCAL, rest(LOCAL.len())].concat()),
        // One in 2^36.
        (false, true) => Secret::new(["L", rest(1)].concat()),
        (false, false) => random,
    }
}

/// Whether this can be the id of a login: nothing else is worth a look into a store.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(is_base64url)
}

/// Whether this can be the id of a login at http loopback.
pub(crate) fn is_local_id(text: &str) -> bool {
    is_id(text) && text.starts_with(LOCAL)
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The public name of the login with this state: 128 bits of a hash, so that it tells nothing about it.
pub(crate) fn handle(state: &str) -> String {
    let digest = Sha256::new().chain_update(b"relyingparty/1/handle/").chain_update(state).finalize();
    to_base64url(digest.get(..16).unwrap_or_default())
}

/// The name of a login's cookie.
pub(crate) fn cookie_name(handle: &str, local: bool) -> String {
    [if local { LOCAL_PREFIX } else { PREFIX }, handle].concat()
}

/// Whether this is a cookie of ours, and if so whether it is one of a login at http loopback. What has a name of the latter and
/// no id of theirs is anybody's.
pub(crate) fn recognise(name: &str, value: &str) -> Option<bool> {
    let after = |prefix| name.strip_prefix(prefix).filter(|handle| is_handle(handle));
    if after(PREFIX).is_some() {
        return Some(false);
    }
    (after(LOCAL_PREFIX).is_some() && is_local_id(value)).then_some(true)
}

/// Whether this is the name of a login's cookie, at http loopback or elsewhere.
#[cfg(feature = "site")]
pub(crate) fn is_login_cookie(name: &str, local: bool) -> bool {
    name.strip_prefix(if local { LOCAL_PREFIX } else { PREFIX }).is_some_and(is_handle)
}

/// Whether a cookie of this name goes with `Secure`.
pub(crate) fn is_secure(name: &str) -> bool {
    !name.strip_prefix(LOCAL_PREFIX).is_some_and(is_handle)
}

fn is_handle(text: &str) -> bool {
    text.len() == 22 && text.bytes().all(is_base64url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTPS: &str = "https://app.example/cb";

    #[test]
    fn e16_the_id_of_a_login_over_https_is_never_one_of_a_login_at_loopback() {
        let unlucky = format!("{LOCAL}{}", "a".repeat(37));
        for random in [unlucky.clone(), "b".repeat(43)] {
            for over_https in
                [HTTPS, "com.example.app:/cb", "https://localhost/cb", "http://app.example/cb", ""]
            {
                let id = id_at(over_https, Secret::new(random.as_str()));
                assert!(is_id(id.expose()) && !is_local_id(id.expose()), "{over_https}");
                assert_eq!(id.expose()[1..], random[1..], "{over_https}");
            }
            for local in
                ["http://localhost:8000/cb", "http://127.0.0.1/", "http://[::1]:1/cb", "http://a.localhost/"]
            {
                let id = id_at(local, Secret::new(random.as_str()));
                assert!(is_local_id(id.expose()), "{local}");
                assert_eq!(id.expose()[6..], random[6..], "{local}");
            }
        }
    }

    #[test]
    fn e16_a_cookie_without_a_prefix_is_ours_only_with_an_id_of_its_kind() {
        let (handle, local) = (handle("state"), format!("{LOCAL}{}", "a".repeat(37)));
        let (host, plain) = (cookie_name(&handle, false), cookie_name(&handle, true));
        assert_eq!(recognise(&host, "anything"), Some(false));
        assert_eq!(recognise(&plain, &local), Some(true));
        for other in
            ["", "anything", &"a".repeat(43), &local[1..], &format!("{local}a"), &local.to_uppercase()]
        {
            assert_eq!(recognise(&plain, other), None, "{other}");
        }
        for name in ["rp-other", "rp-", "__Host-rp-other", &format!("__Secure-{plain}"), &format!("{plain}a")]
        {
            assert_eq!(recognise(name, &local), None, "{name}");
        }
        assert!(is_secure(&host) && !is_secure(&plain) && is_secure("session"));
    }
}
