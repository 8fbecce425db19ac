//! What an authorization request needs beside a URL: to be pushed (RFC 9126), to be signed (RFC 9101).

use crate::client::Client;

impl Client {
    /// Whether authorization requests of this client are pushed or signed: then [`authorize`](Client::authorize) is refused, and
    /// `Proving::authorize` begins its logins.
    pub fn authorizes_in_steps(&self) -> bool {
        self.demands_proving().is_some()
    }

    /// What the provider demands of an authorization request, or the registration asks for, that a URL alone does not have.
    pub(crate) fn demands_proving(&self) -> Option<&'static str> {
        if self.pushes() {
            return Some("require_pushed_authorization_requests");
        }
        self.signs_requests().then_some("require_signed_request_object")
    }

    #[cfg(feature = "signing")]
    pub(crate) fn pushes(&self) -> bool {
        self.registration().pushes(self.provider().metadata())
    }

    #[cfg(not(feature = "signing"))]
    fn pushes(&self) -> bool {
        self.provider().metadata().requires_push()
    }

    #[cfg(feature = "signing")]
    pub(crate) fn signs_requests(&self) -> bool {
        self.registration().signs_requests(self.provider().metadata())
    }

    #[cfg(not(feature = "signing"))]
    pub(crate) fn signs_requests(&self) -> bool {
        self.provider().metadata().requires_signed_request()
    }
}
