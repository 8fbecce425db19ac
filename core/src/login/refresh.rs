//! A refresh token for a session that goes on (OIDC Core 12).

use alloc::string::String;
use alloc::vec::Vec;

use crate::client::Client;
use crate::grants::fresh::Fresh;
use crate::login::acquisition::{Acquired, Acquisition, IdToken};
use crate::login::details;
use crate::login::session::Session;
use crate::login::token_request::TokenRequest;
use crate::machine::{Cache, Flow, Reply, Request, Step};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::{Secret, Timestamp};
use crate::token::demand::Demand;
use crate::token::expectations::Expectations;

/// Refreshing a session. Yields the [`Session`] that replaces it. The refresh token is kept if no new one comes. A new
/// ID token must be about the same user and the same authentication.
///
/// The request may use up the old refresh token, so the new tokens are kept whenever possible: if the key of the new ID
/// token cannot be fetched in [several attempts](crate::Policy::key_tries), and everything that can be checked without
/// the key is in order, the session keeps the claims that were verified before. The [decision](crate::Decision)
/// `id_token` says so.
#[derive(Debug)]
pub struct Refresh {
    acquisition: Acquisition,
    session: Session,
    own: Own,
}

/// What one refresh asks for itself.
#[derive(Debug)]
struct Own {
    scopes: Option<Vec<String>>,
    resource: Option<Vec<String>>,
}

impl Client {
    /// Refreshes a session (OIDC Core 12). Run one refresh at a time for one session: refresh tokens
    /// rotate, and a second use of an old one can end the session.
    ///
    /// # Errors
    /// `no_refresh_token`, `session_mismatch`, `endpoint_missing`; later those of [`Refresh`].
    pub fn refresh(&self, session: &Session) -> Result<Step<Refresh>, Error> {
        self.refresh_with(session, &TokenRequest::default())
    }

    /// The same, with another request than the login's. It counts for this refresh only.
    ///
    /// # Errors
    /// Also `invalid_configuration`, `reserved_parameter`.
    pub fn refresh_with(&self, session: &Session, request: &TokenRequest) -> Result<Step<Refresh>, Error> {
        refresh(self, session, request, None)
    }
}

pub(crate) fn refresh(
    client: &Client,
    session: &Session,
    request: &TokenRequest,
    fresh: Option<Fresh<'_>>,
) -> Result<Step<Refresh>, Error> {
    session.check_client(client)?;
    let refresh_token = session.refresh_token().ok_or_else(|| ErrorKind::NoRefreshToken.bare())?;
    let scope = if client.policy().scope_in_refreshes { session.asked_scope() } else { &[] };
    let demand = Demand::Refreshed { earlier: session.claims().clone(), expectations: Expectations::none() };
    let trace = Trace::new(client.policy().record_decisions);
    let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    let (usual, proof) = ((scope, session.resource()), (session.grant().known(), fresh));
    let step = Acquisition::start(client, &grant, request, usual, proof, demand, trace)?;
    let own = Own { scopes: request.scopes.clone(), resource: request.resource.clone() };
    Ok(Refresh::step(step, session.clone(), own))
}

impl Refresh {
    fn step(step: Step<Acquisition>, session: Session, own: Own) -> Step<Refresh> {
        let Acquired { client, tokens, id_token, mut trace } = match step {
            Step::Pending(acquisition) => return Step::Pending(Refresh { acquisition, session, own }),
            Step::Done(acquired) => acquired,
        };
        let (claims, id_token) = match id_token {
            IdToken::Verified(claims, id_token) => (claims, id_token),
            IdToken::Absent => (session.claims().clone(), Secret::new(session.id_token())),
            IdToken::NoKey(error) => {
                trace.pass(check::IdTokenLeftOut { reason: error.code().into() });
                (session.claims().clone(), Secret::new(session.id_token()))
            }
        };
        let mut asked = session.asked();
        if client.policy().scope_in_refreshes {
            asked.asked_scope = session.asked_scope().to_vec();
        }
        asked.scope = own.scopes.unwrap_or(asked.scope);
        asked.token_resource = own.resource;
        // The old refresh token is spent: what was granted is taken as it is.
        asked.authorization_details = details::said(&tokens.more).or(asked.authorization_details);
        Step::Done(Session::new(client.owner(), claims, id_token, tokens, asked, trace))
    }
}

impl Flow for Refresh {
    type Output = Session;

    fn request(&self) -> &Request {
        self.acquisition.request()
    }

    /// # Errors
    /// As for [`Exchange`](crate::Exchange), and `refreshed_claim_changed`; never `keys_unavailable` or `unknown_key`. After
    /// `provider_error` with `invalid_grant` the refresh token is gone: log in again.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        Ok(Refresh::step(self.acquisition.resume(reply, cache, now)?, self.session, self.own))
    }
}
