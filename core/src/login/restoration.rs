//! A stored session, opened or verified once more.

use alloc::boxed::Box;

use crate::client::Client;
use crate::grants::token_endpoint::Tokens;
use crate::login::session::{self, Asked, Session};
use crate::machine::{Cache, Flow, Reply, Request, Step};
use crate::report::Error;
use crate::text::{Secret, Timestamp};
use crate::token::IdTokenClaims;
use crate::token::demand::Demand;
use crate::token::signed::Signed;

/// Restoring a session that is not sealed. Yields the [`Session`]. Its ID token is verified again, except for its
/// expiry, so the claims are the provider's. The other tokens are as trustworthy as the store. (A sealed session is
/// restored at once.)
#[derive(Debug)]
pub struct Restoration {
    draft: Box<Draft>,
    signed: Signed,
}

/// A session but for the verdict on its ID token.
#[derive(Debug)]
struct Draft {
    client: Client,
    id_token: Secret,
    tokens: Tokens,
    asked: Asked,
}

impl Client {
    /// Restores a session from what `Client::seal` or [`Session::encode`] wrote: up to 262144 bytes.
    ///
    /// A sealed text is opened at once, without a request or a key of the provider, for as long as the host keeps it. A
    /// text that is not sealed is as trustworthy as the store: its ID token is verified again, except for its expiry,
    /// which works as long as the provider publishes the key that signed it. After `unknown_key`, log in again. A
    /// client with sealing keys refuses such a text unless
    /// [`accept_unsealed_sessions`](crate::Policy::accept_unsealed_sessions) is set.
    ///
    /// # Errors
    /// `unreadable_session`, also for what is sealed with other keys, for another client, issuer or purpose. Of what is not
    /// sealed also `session_mismatch`, every code of category `Token`; later those of [`Restoration`].
    pub fn restore(&self, stored: &str, cache: &Cache, now: Timestamp) -> Result<Step<Restoration>, Error> {
        session::check_length(stored)?;
        #[cfg(feature = "sealed")]
        if let Some(session) = crate::login::sealing::open(self, stored)? {
            return Ok(Step::Done(session));
        }
        let (id_token, tokens, asked) = session::decode(self.owner(), stored)?;
        let step = Signed::start(self.rules(), id_token.expose(), &Demand::Restored, cache, now)?;
        Box::new(Draft { client: self.clone(), id_token, tokens, asked }).step(step)
    }
}

impl Draft {
    fn step(self: Box<Self>, step: Step<Signed>) -> Result<Step<Restoration>, Error> {
        let verdict = match step {
            Step::Pending(signed) => return Ok(Step::Pending(Restoration { draft: self, signed })),
            Step::Done(verdict) => verdict,
        };
        let claims = IdTokenClaims::new(verdict.verified()?);
        let trace = claims.trace().clone();
        let Draft { client, id_token, tokens, asked } = *self;
        Ok(Step::Done(Session::new(client.owner(), claims, id_token, tokens, asked, trace)))
    }
}

impl Flow for Restoration {
    type Output = Session;

    fn request(&self) -> &Request {
        self.signed.request()
    }

    /// # Errors
    /// As for [`Verification`](crate::Verification).
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        let step = self.signed.resume(reply, cache, now)?;
        self.draft.step(step)
    }
}
