//! The provider's own OAuth error, and the names that are registered for one.

use alloc::string::String;
use core::fmt;

use crate::report::printable::push_shown;

/// The provider's own OAuth error (RFC 6749 4.1.2.1 and 5.2): untrusted text.
///
/// The message of the [`Error`](crate::Error) shows the code, of harmless characters alone, and never the other two. Escape
/// each before it reaches a page or a log. `Debug` shows what the message does.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// `error`: a code such as `access_denied`.
    pub error: String,
    /// `error_description`: for developers, not for end users.
    pub error_description: Option<String>,
    /// `error_uri`: a page about the error.
    pub error_uri: Option<String>,
}

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut error = String::new();
        push_shown(&mut error, &self.error);
        write!(f, "ServerError({error})")
    }
}

/// The codes that say no for good: RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, OIDC Core 3.1.2.6, and OpenID Connect's
/// `unmet_authentication_requirements`.
const REFUSALS: [&str; 20] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "access_denied",
    "invalid_token",
    "insufficient_scope",
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
    "invalid_request_uri",
    "invalid_request_object",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
    "unmet_authentication_requirements",
];

/// The codes that say not now (RFC 6749 4.1.2.1, RFC 8628 3.5).
const NOT_NOW: [&str; 3] = ["server_error", "temporarily_unavailable", "slow_down"];

/// A code by its registered name, if it is one that is registered: whoever sent it, the name is the specification's.
pub(crate) fn registered(error: &str) -> Option<&'static str> {
    REFUSALS.into_iter().chain(NOT_NOW).find(|name| *name == error)
}

/// Whether a later attempt may fare better, where the provider said this with this status (0: in the browser). What a
/// registered code says counts more than the status.
pub(in crate::report) fn is_for_now(error: &str, status: u16) -> bool {
    NOT_NOW.contains(&error) || is_passing(status) && !REFUSALS.contains(&error)
}

/// Whether a status tells of the provider's present state and not of the request (RFC 9110 15.5.9 and 15.6, RFC 8470 5.2,
/// RFC 6585 4).
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}
