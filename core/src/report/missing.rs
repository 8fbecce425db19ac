//! Why no login waits for an authorization response, and what to do about each cause.

use crate::report::error::Error;
use crate::report::kind::ErrorKind;

/// Why no login waits for an authorization response: the detail `reason` of `no_pending_login`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginMissing {
    /// `id_missing`: the host was given no id, and no cookies.
    IdMissing,
    /// `id_malformed`: what the host was given in the place of an id, or the cookie holds, is not one.
    IdMalformed,
    /// `no_cookie`: the request has no cookie of any login.
    NoCookie,
    /// `other_cookies`: the request has cookies of other logins, and none of this one.
    OtherCookies,
    /// `plain_http`: no id or cookie came, and the URL of the callback is plain http where the redirect URI is https.
    PlainHttp,
    /// `not_in_store`: the store has nothing under the id.
    NotInStore,
    /// `not_in_page`: the storage of the page has nothing for the response.
    NotInPage,
    /// `used`: an earlier callback used the login up.
    Used,
    /// The store says that the login expired there: the error is `pending_login_expired`.
    Expired,
}

impl LoginMissing {
    const ALL: [LoginMissing; 9] = [
        LoginMissing::IdMissing,
        LoginMissing::IdMalformed,
        LoginMissing::NoCookie,
        LoginMissing::OtherCookies,
        LoginMissing::PlainHttp,
        LoginMissing::NotInStore,
        LoginMissing::NotInPage,
        LoginMissing::Used,
        LoginMissing::Expired,
    ];

    /// The cause as the detail spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            LoginMissing::IdMissing => "id_missing",
            LoginMissing::IdMalformed => "id_malformed",
            LoginMissing::NoCookie => "no_cookie",
            LoginMissing::OtherCookies => "other_cookies",
            LoginMissing::PlainHttp => "plain_http",
            LoginMissing::NotInStore => "not_in_store",
            LoginMissing::NotInPage => "not_in_page",
            LoginMissing::Used => "used",
            LoginMissing::Expired => "expired",
        }
    }

    /// The cause of this word; of any other `not_in_store`.
    pub fn named(word: &str) -> LoginMissing {
        LoginMissing::from_name(word).unwrap_or(LoginMissing::NotInStore)
    }

    pub(in crate::report) fn from_name(name: &str) -> Option<LoginMissing> {
        LoginMissing::ALL.into_iter().find(|cause| cause.as_str() == name)
    }

    /// The cause, where a store can say more: `used` or `expired`. Whatever else it says changes nothing.
    #[must_use]
    pub fn told(self, by_store: Option<&str>) -> LoginMissing {
        match by_store.and_then(LoginMissing::from_name) {
            Some(told @ (LoginMissing::Used | LoginMissing::Expired)) => told,
            _ => self,
        }
    }

    /// The error of this cause.
    pub(crate) fn error(self) -> Error {
        match self {
            LoginMissing::Expired => ErrorKind::PendingLoginExpired.with(["", ""]),
            _ => ErrorKind::NoPendingLogin.with([self.as_str()]),
        }
    }

    /// What the reader can do about it.
    pub(in crate::report) const fn advice(self) -> &'static str {
        match self {
            LoginMissing::IdMissing => {
                "callback was given no id: give it the LoginCookies of the request, and set login.set_cookie when a login begins"
            }
            LoginMissing::IdMalformed => {
                "that is not the id of a login: give callback the LoginCookies of the request, or login.id"
            }
            LoginMissing::NoCookie => {
                "no cookie of a login came: set login.set_cookie when a login begins, at the host of the redirect_uri (localhost \
                 is not 127.0.0.1); browsers drop it after login.max_age seconds"
            }
            LoginMissing::OtherCookies => {
                "only cookies of other logins came: this one began in another browser, took longer than login.max_age seconds, \
                 or is finished; begin a new login"
            }
            LoginMissing::PlainHttp => {
                "no cookie of a login came, and the callback is plain http, where browsers keep no Secure cookie: open the \
                 application over https; if a proxy ends TLS, set login.set_cookie when a login begins"
            }
            LoginMissing::NotInStore => {
                "the store has no such login: it is finished, expired, pushed out by others, or in the memory of another process \
                 (give all of them one store); begin a new login"
            }
            LoginMissing::NotInPage => {
                "this page has no such login: it began in another tab (a store in localStorage is shared), or is finished; begin \
                 a new login"
            }
            LoginMissing::Used => {
                "it was used before, as by a reload or the back button, and cannot be used again: if the user is logged in, go \
                 on; else begin a new login"
            }
            LoginMissing::Expired => EXPIRED,
        }
    }
}

/// What to do about a login that took too long.
pub(in crate::report) const EXPIRED: &str =
    "begin a new login; state_timeout_secs in the policy allows more time";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::printable::is_harmless;

    #[test]
    fn each_cause_has_a_word_and_a_next_step_of_its_own() {
        for (place, cause) in LoginMissing::ALL.into_iter().enumerate() {
            assert_eq!(LoginMissing::from_name(cause.as_str()), Some(cause));
            assert!(cause.advice().chars().all(is_harmless), "{cause:?}");
            let others = LoginMissing::ALL.into_iter().skip(place + 1);
            assert!(others.into_iter().all(|other| other.advice() != cause.advice()), "{cause:?}");
        }
        assert_eq!(LoginMissing::from_name("waits"), None);
    }

    #[test]
    fn a_store_says_that_a_login_was_used_or_expired_and_nothing_else() {
        for cause in LoginMissing::ALL {
            assert_eq!(cause.told(Some("used")), LoginMissing::Used);
            assert_eq!(cause.told(Some("expired")), LoginMissing::Expired);
            for other in [None, Some(""), Some("waits"), Some("not_in_store"), Some("Used")] {
                assert_eq!(cause.told(other), cause, "{other:?}");
            }
        }
    }
}
