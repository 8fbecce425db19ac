//! The last leg of every way to a session: verify the ID token, then put the session together.

use crate::cache::Cache;
use crate::checks::Demand;
use crate::client::Client;
use crate::decision::Trace;
use crate::error::Error;
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::Verification;
use crate::secret::Secret;
use crate::session::{Asked, Session};
use crate::time::Timestamp;
use crate::token::Tokens;

/// A session but for the verdict on its ID token.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) client: Client,
    pub(crate) id_token: Secret,
    pub(crate) tokens: Tokens,
    pub(crate) asked: Asked,
    pub(crate) trace: Trace,
}

/// A draft, and the verification it waits for.
#[derive(Debug)]
pub(crate) struct Completion {
    draft: Draft,
    verification: Verification,
}

impl Completion {
    pub(crate) fn start(
        draft: Draft,
        demand: &Demand,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Completion>, Error> {
        let step = Verification::start(&draft.client, draft.id_token.expose(), demand, cache, now);
        draft.go_on(step)
    }
}

impl Draft {
    fn go_on(mut self, step: Result<Step<Verification>, Error>) -> Result<Step<Completion>, Error> {
        Ok(match self.trace.attach(step)? {
            Step::Pending(verification) => Step::Pending(Completion { draft: self, verification }),
            Step::Done(claims) => {
                self.trace.extend(claims.trace());
                Step::Done(Session::new(
                    &self.client,
                    claims,
                    self.id_token,
                    self.tokens,
                    self.asked,
                    self.trace,
                ))
            }
        })
    }
}

impl Flow for Completion {
    type Output = Session;

    fn request(&self) -> &Request {
        self.verification.request()
    }

    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        self.draft.go_on(self.verification.resume(reply, cache, now))
    }
}
