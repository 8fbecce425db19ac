//! A bare refresh token for tokens of our own: for who comes from another library and has nothing else.

use alloc::vec::Vec;

use crate::client::Client;
use crate::grants::Grant;
use crate::grants::fresh::{Fresh, Known};
use crate::grants::token_endpoint::{Tokens, is_visible};
use crate::login::acquisition::{Acquired, Acquisition, IdToken};
use crate::login::details;
use crate::login::session::{Asked, Session};
use crate::login::token_request::TokenRequest;
use crate::machine::{Cache, Flow, Reply, Request, Step};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::{Secret, Timestamp};
use crate::token::Expectations;
use crate::token::demand::Demand;

/// Refreshing with a bare refresh token. Yields a [`RefreshedGrant`].
#[derive(Debug)]
pub struct TokenRefresh {
    acquisition: Acquisition,
    asked: Asked,
}

/// The result of refreshing with a bare refresh token.
#[derive(Clone, Debug)]
pub struct RefreshedGrant {
    grant: Grant,
    session: Option<Session>,
}

impl RefreshedGrant {
    /// The new tokens. They name no end user.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The session, if an ID token came along and passed every check, and is about the expected user. The nonce and the
    /// maximum age of the login are not known and not checked.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }
}

impl Client {
    /// Refreshes with a refresh token that another library obtained for this client and the user `sub` (RFC 6749 6).
    /// For a session of this library use [`refresh`](Client::refresh), which checks more.
    ///
    /// # Errors
    /// `no_refresh_token` when the token is empty or not one, `invalid_configuration` when `sub` is empty, `endpoint_missing`;
    /// later those of [`TokenRefresh`].
    pub fn refresh_token(
        &self,
        refresh_token: impl Into<Secret>,
        sub: &str,
    ) -> Result<Step<TokenRefresh>, Error> {
        self.refresh_token_with(refresh_token, sub, &TokenRequest::default())
    }

    /// The same, with scopes and resources.
    ///
    /// # Errors
    /// Also `reserved_parameter`.
    pub fn refresh_token_with(
        &self,
        token: impl Into<Secret>,
        sub: &str,
        request: &TokenRequest,
    ) -> Result<Step<TokenRefresh>, Error> {
        refresh_token(self, token.into(), sub, request, None)
    }
}

pub(crate) fn refresh_token(
    client: &Client,
    spent: Secret,
    sub: &str,
    request: &TokenRequest,
    fresh: Option<Fresh<'_>>,
) -> Result<Step<TokenRefresh>, Error> {
    if !is_visible(spent.expose()) {
        return Err(ErrorKind::NoRefreshToken.bare());
    }
    if sub.is_empty() {
        return Err(ErrorKind::InvalidConfiguration.with(["sub", "is empty"]));
    }
    let grant = [("grant_type", "refresh_token"), ("refresh_token", spent.expose())];
    let demand = Demand::Granted(Expectations::none().subject(sub));
    let trace = Trace::new(client.policy().record_decisions);
    let step =
        Acquisition::start(client, &grant, request, (&[], &[]), (Known::default(), fresh), demand, trace)?;
    let asked = Asked {
        scope: request.scopes.clone().unwrap_or_default(),
        asked_scope: Vec::new(),
        resource: request.resource.clone().unwrap_or_default(),
        token_resource: None,
        refresh_token: Some(spent),
        return_to: None,
        session_state: None,
        authorization_details: None,
    };
    Ok(TokenRefresh::step(step, asked))
}

impl TokenRefresh {
    fn step(step: Step<Acquisition>, mut asked: Asked) -> Step<TokenRefresh> {
        let Acquired { client, tokens, id_token, mut trace } = match step {
            Step::Pending(acquisition) => return Step::Pending(TokenRefresh { acquisition, asked }),
            Step::Done(acquired) => acquired,
        };
        asked.authorization_details = details::said(&tokens.more);
        Step::Done(match id_token {
            IdToken::Verified(claims, id_token) => {
                let session = Session::new(client.owner(), claims, id_token, tokens, asked, trace);
                RefreshedGrant { grant: session.grant().clone(), session: Some(session) }
            }
            IdToken::Absent => RefreshedGrant { grant: bare(&client, tokens, asked), session: None },
            IdToken::NoKey(error) => {
                trace.pass(check::IdTokenLeftOut { reason: error.code().into() });
                RefreshedGrant { grant: bare(&client, tokens, asked), session: None }
            }
        })
    }
}

/// Tokens without a word on who the end user is.
fn bare(client: &Client, tokens: Tokens, asked: Asked) -> Grant {
    Grant::new(client.owner(), tokens, asked.scope, asked.refresh_token, asked.authorization_details)
}

impl Flow for TokenRefresh {
    type Output = RefreshedGrant;

    fn request(&self) -> &Request {
        self.acquisition.request()
    }

    /// # Errors
    /// As for [`Exchange`](crate::Exchange), and `sub_mismatch`; never `keys_unavailable` or `unknown_key`: without the key of
    /// the ID token there is a grant and no session.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        Ok(TokenRefresh::step(self.acquisition.resume(reply, cache, now)?, self.asked))
    }
}
