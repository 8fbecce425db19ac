//! A stored session, verified once more.

use alloc::boxed::Box;

use crate::cache::Cache;
use crate::checks::Demand;
use crate::client::Client;
use crate::decision::Trace;
use crate::error::Error;
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::completion::{Completion, Draft};
use crate::session::{self, Session};
use crate::time::Timestamp;

/// Restoring a session from the host's store. Yields the [`Session`]: its ID token is checked again for
/// all but its expiry, so its claims are the provider's whatever the store says. The other tokens are as
/// trustworthy as the store.
#[derive(Debug)]
pub struct Restoration(Box<Completion>);

impl Restoration {
    pub(crate) fn start(
        client: &Client,
        stored: &str,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Restoration>, Error> {
        let (id_token, tokens, asked) = session::decode(client, stored)?;
        let trace = Trace::new(client.policy().record_decisions);
        let draft = Draft { client: client.clone(), id_token, tokens, asked, trace };
        let step = Completion::start(draft, &Demand::Restored, cache, now)?;
        Ok(step.map(|completion| Restoration(Box::new(completion))))
    }
}

impl Flow for Restoration {
    type Output = Session;

    fn request(&self) -> &Request {
        self.0.request()
    }

    /// # Errors
    /// As for [`Verification`](crate::Verification).
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        Ok(self.0.resume(reply, cache, now)?.map(|completion| Restoration(Box::new(completion))))
    }
}
