//! A refresh token for a session that goes on (OIDC Core 12).
//!
//! ```text
//! start ──▶ Token ── tokens with an ID token ──▶ IdToken (a Verification) ──▶ Done(Session)
//!                └── tokens without one ──────────────────────────────────────▶ Done(Session)
//! ```

use alloc::boxed::Box;

use crate::cache::Cache;
use crate::checks::Demand;
use crate::client::Client;
use crate::decision::Trace;
use crate::error::{Error, ErrorKind};
use crate::expectations::Expectations;
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::completion::{Completion, Draft};
use crate::secret::Secret;
use crate::session::Session;
use crate::time::Timestamp;
use crate::token::{self, Tokens};

/// Refreshing a session. Yields the [`Session`] that replaces it: a refresh token is kept when no new
/// one comes, and a new ID token has to be about the same end user and authentication.
#[derive(Debug)]
pub struct Refresh(State);

#[derive(Debug)]
enum State {
    Token(Box<Asking>),
    IdToken(Box<Completion>),
}

#[derive(Debug)]
struct Asking {
    client: Client,
    session: Session,
    request: Request,
    trace: Trace,
}

impl Refresh {
    pub(crate) fn start(client: &Client, session: &Session) -> Result<Step<Refresh>, Error> {
        session.check_client(client)?;
        let refresh_token = session.refresh_token().ok_or(ErrorKind::NoRefreshToken)?;
        let mut trace = Trace::new(client.policy().record_decisions);
        let request = token::request(
            client,
            &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)],
            &mut trace,
        )?;
        Ok(Step::Pending(Refresh(State::Token(Box::new(Asking {
            client: client.clone(),
            session: session.clone(),
            request,
            trace,
        })))))
    }
}

impl Asking {
    fn answered(mut self, reply: Reply, cache: &Cache, now: Timestamp) -> Result<Step<Completion>, Error> {
        let read = self.read(reply, now);
        let mut tokens = self.trace.attach(read)?;
        let asked = self.session.asked();
        let Some(id_token) = tokens.id_token.take() else {
            let (claims, id_token) = (self.session.claims().clone(), Secret::new(self.session.id_token()));
            return Ok(Step::Done(Session::new(&self.client, claims, id_token, tokens, asked, self.trace)));
        };
        let expectations = Expectations::none().access_token(tokens.access_token.clone());
        let demand = Demand::Refreshed { earlier: self.session.claims().clone(), expectations };
        Completion::start(
            Draft { client: self.client, id_token, tokens, asked, trace: self.trace },
            &demand,
            cache,
            now,
        )
    }

    fn read(&mut self, reply: Reply, now: Timestamp) -> Result<Tokens, Error> {
        Tokens::read(&self.client, &reply.http(&self.request)?, now, &mut self.trace)
    }
}

impl Flow for Refresh {
    type Output = Session;

    fn request(&self) -> &Request {
        match &self.0 {
            State::Token(asking) => &asking.request,
            State::IdToken(completion) => completion.request(),
        }
    }

    /// # Errors
    /// As for [`Exchange`](crate::Exchange), and `refreshed_claim_changed`. After `provider_error` with
    /// `invalid_grant` the refresh token is gone: log in again.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        let step = match self.0 {
            State::Token(asking) => asking.answered(reply, cache, now)?,
            State::IdToken(completion) => completion.resume(reply, cache, now)?,
        };
        Ok(step.map(|completion| Refresh(State::IdToken(Box::new(completion)))))
    }
}
