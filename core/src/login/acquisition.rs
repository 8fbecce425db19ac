//! Tokens from the token endpoint, and the ID token among them: what an exchange and a refresh have in common.
//!
//! ```text
//! start ──▶ Tokens ── an ID token ──▶ IdToken (its check) ── verified ──▶ Done(Acquired)
//!             │                                  └── no key could be had ─▶ Done(Acquired), its ID token left out
//!             └── none ───────────────────────────────────────────────────▶ Done(Acquired)
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use core::ops::ControlFlow;

use crate::client::Client;
use crate::grants::fresh::{Binding, Fresh, Known};
use crate::grants::proven::Proven;
use crate::grants::refusal::explained;
use crate::grants::token_endpoint::Tokens;
use crate::login::token_request::TokenRequest;
use crate::machine::{Cache, Flow, Reply, Request, Step};
use crate::report::{Error, Trace};
use crate::text::{Secret, Timestamp};
use crate::token::IdTokenClaims;
use crate::token::demand::Demand;
use crate::token::expectations::Expectations;
use crate::token::signed::{Signed, Verdict};

/// Tokens on their way: asked for, or waiting for the verdict on the ID token among them.
#[derive(Debug)]
pub(crate) struct Acquisition(State);

#[derive(Debug)]
enum State {
    Tokens(Box<Asking>),
    IdToken(Box<Checking>),
}

#[derive(Debug)]
struct Asking {
    client: Client,
    proven: Proven,
    binding: Binding,
    demand: Demand,
    /// Of the request, for who is refused.
    grant_type: &'static str,
    trace: Trace,
}

#[derive(Debug)]
struct Checking {
    client: Client,
    tokens: Tokens,
    id_token: Secret,
    signed: Signed,
    trace: Trace,
}

/// What came of it.
pub(crate) struct Acquired {
    pub(crate) client: Client,
    pub(crate) tokens: Tokens,
    pub(crate) id_token: IdToken,
    pub(crate) trace: Trace,
}

/// What became of the ID token.
pub(crate) enum IdToken {
    /// There was none.
    Absent,
    Verified(IdTokenClaims, Secret),
    /// Its key could not be had, for this reason. Everything else about it was in order.
    NoKey(Error),
}

impl Acquisition {
    /// Asks for tokens with this `grant`, and for what the request says or else was `usual`: scopes and resources. The ID
    /// token has to answer to `demand`, and fit the access token that comes with it. The `proof` is what the tokens are
    /// known to be bound to, and what is fresh.
    pub(crate) fn start(
        client: &Client,
        grant: &[(&str, &str)],
        request: &TokenRequest,
        usual: (&[String], &[String]),
        proof: (Known<'_>, Option<Fresh<'_>>),
        demand: Demand,
        mut trace: Trace,
    ) -> Result<Step<Acquisition>, Error> {
        let (known, fresh) = proof;
        let binding = Binding::new(client, known, &mut trace);
        let binding = trace.attach(binding)?;
        let proven = request.ask(client, grant, usual, &binding, fresh, &mut trace);
        let proven = trace.attach(proven)?;
        let refreshes = grant.iter().any(|(name, _)| *name == "refresh_token");
        let grant_type = if refreshes { "refresh_token" } else { "authorization_code" };
        Ok(Asking { client: client.clone(), proven, binding, demand, grant_type, trace }.pending())
    }
}

impl Asking {
    fn pending(self) -> Step<Acquisition> {
        Step::Pending(Acquisition(State::Tokens(Box::new(self))))
    }

    fn answered(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Acquisition>, Error> {
        let Asking { client, proven, binding, demand, grant_type, mut trace } = self;
        let proceeding = proven.resume(reply, cache, now, &mut trace);
        let response = match trace.attach(proceeding)? {
            ControlFlow::Continue(proven) => {
                return Ok(Asking { client, proven, binding, demand, grant_type, trace }.pending());
            }
            ControlFlow::Break(response) => response,
        };
        let tokens = Tokens::read(&client, &binding, &response, now, &mut trace)
            .map_err(|error| explained(error, &client, grant_type, &[]));
        let mut tokens = trace.attach(tokens)?;
        let Some(id_token) = tokens.id_token.take() else {
            return Ok(Step::Done(Acquired { client, tokens, id_token: IdToken::Absent, trace }));
        };
        let demand = match tokens.access_token.clone() {
            Some(access_token) => demand.with_access_token(access_token),
            None => demand,
        };
        let step = Signed::start(client.rules(), id_token.expose(), &demand, cache, now);
        match trace.attach(step)? {
            Step::Pending(signed) => Ok(Checking { client, tokens, id_token, signed, trace }.pending()),
            Step::Done(verdict) => Ok(Step::Done(acquired(client, tokens, id_token, verdict, trace))),
        }
    }
}

impl Checking {
    fn pending(self) -> Step<Acquisition> {
        Step::Pending(Acquisition(State::IdToken(Box::new(self))))
    }

    fn answered(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Acquisition>, Error> {
        let Checking { client, tokens, id_token, signed, mut trace } = self;
        let step = signed.resume(reply, cache, now);
        match trace.attach(step)? {
            Step::Pending(signed) => Ok(Checking { client, tokens, id_token, signed, trace }.pending()),
            Step::Done(verdict) => Ok(Step::Done(acquired(client, tokens, id_token, verdict, trace))),
        }
    }
}

fn acquired(
    client: Client,
    tokens: Tokens,
    id_token: Secret,
    verdict: Verdict,
    mut trace: Trace,
) -> Acquired {
    let id_token = match verdict {
        Verdict::Verified(verified) => {
            let claims = IdTokenClaims::new(verified);
            trace.extend(claims.trace());
            IdToken::Verified(claims, id_token)
        }
        Verdict::NoKey(error) => IdToken::NoKey(error),
    };
    Acquired { client, tokens, id_token, trace }
}

impl Flow for Acquisition {
    type Output = Acquired;

    fn request(&self) -> &Request {
        match &self.0 {
            State::Tokens(asking) => asking.proven.request(),
            State::IdToken(checking) => checking.signed.request(),
        }
    }

    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        match self.0 {
            State::Tokens(asking) => asking.answered(reply, cache, now),
            State::IdToken(checking) => checking.answered(reply, cache, now),
        }
    }
}

impl Demand {
    fn with_access_token(self, access_token: Secret) -> Demand {
        let with = |expectations: Expectations| expectations.access_token(access_token);
        match self {
            Demand::Granted(expectations) => Demand::Granted(with(expectations)),
            Demand::Refreshed { earlier, expectations } => {
                Demand::Refreshed { earlier, expectations: with(expectations) }
            }
            other => other,
        }
    }
}
