//! Checking an ID token for its own sake.

use crate::cache::Cache;
use crate::checks::Demand;
use crate::claims::IdTokenClaims;
use crate::client::Client;
use crate::error::Error;
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::signed::Signed;
use crate::time::Timestamp;

/// Checking an ID token. Yields its [claims](IdTokenClaims), without a request if the key is known and
/// the core checks signatures.
#[derive(Debug)]
pub struct Verification(Signed);

impl Verification {
    pub(crate) fn start(
        client: &Client,
        id_token: &str,
        demand: &Demand,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Verification>, Error> {
        Signed::start(client, id_token, demand, cache, now).map(Verification::step)
    }

    fn step(step: Step<Signed>) -> Step<Verification> {
        match step {
            Step::Pending(signed) => Step::Pending(Verification(signed)),
            Step::Done(verified) => Step::Done(IdTokenClaims::new(verified)),
        }
    }
}

impl Flow for Verification {
    type Output = IdTokenClaims;

    fn request(&self) -> &Request {
        self.0.request()
    }

    /// # Errors
    /// `unknown_key`, `ambiguous_key`, `bad_signature`; and when keys were wanted and none are held:
    /// `unreachable`, `redirect_refused`, `unexpected_status`, `unexpected_content_type`, `response_too_large`, `malformed_json`.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        self.0.resume(reply, cache, now).map(Verification::step)
    }
}
