//! Checking an ID token for its own sake.

use crate::client::Client;
use crate::machine::{Cache, Flow, Reply, Request, Step};
use crate::report::Error;
use crate::text::Timestamp;
use crate::token::demand::Demand;
use crate::token::signed::Signed;
use crate::token::{Expectations, IdTokenClaims};

/// Verifying an ID token. Yields its [claims](IdTokenClaims); no request is made if the key is known and the core
/// checks signatures.
#[derive(Debug)]
pub struct Verification(Signed);

impl Client {
    /// Verifies an ID token that came from elsewhere than [`exchange`](Client::exchange). Done at once if the key is in
    /// the cache and the core checks signatures.
    ///
    /// If no nonce is expected, a signed UserInfo response with an expiry cannot be told from an ID token: both have
    /// the same form.
    ///
    /// # Errors
    /// Every code of category `Token`, `keys_unavailable`; later those of [`Verification`].
    pub fn verify(
        &self,
        id_token: &str,
        expectations: Expectations,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Verification>, Error> {
        let demand = Demand::Received(expectations);
        Signed::start(self.rules(), id_token, &demand, cache, now).and_then(Verification::step)
    }
}

impl Verification {
    fn step(step: Step<Signed>) -> Result<Step<Verification>, Error> {
        Ok(match step {
            Step::Pending(signed) => Step::Pending(Verification(signed)),
            Step::Done(verdict) => Step::Done(IdTokenClaims::new(verdict.verified()?)),
        })
    }
}

impl Flow for Verification {
    type Output = IdTokenClaims;

    fn request(&self) -> &Request {
        self.0.request()
    }

    /// # Errors
    /// `unknown_key`, `ambiguous_key`, `bad_signature`; and when keys were wanted and none are held:
    /// `unreachable`, `redirect_refused`, `unexpected_status`, `unexpected_content_type`, `response_too_large`,
    /// `compressed_response`, `malformed_json`.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        Verification::step(self.0.resume(reply, cache, now)?)
    }
}
