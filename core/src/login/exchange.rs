//! An authorization code for a session (OIDC Core 3.1.3).

use alloc::vec::Vec;

use crate::client::Client;
use crate::grants::fresh::{Fresh, Known};
use crate::grants::token_endpoint;
use crate::login::acquisition::{Acquired, Acquisition, IdToken};
use crate::login::callback::{AuthorizationCode, same_client};
use crate::login::details;
use crate::login::pending::PendingLogin;
use crate::login::session::{Asked, Session};
use crate::login::token_request::TokenRequest;
use crate::machine::{Cache, Flow, Reply, Request, Step};
use crate::report::Error;
use crate::text::Timestamp;
use crate::token::demand::Demand;
use crate::token::expectations::Expectations;

/// Exchanging an authorization code. Yields a [`Session`].
#[derive(Debug)]
pub struct Exchange {
    acquisition: Acquisition,
    asked: Asked,
}

impl Client {
    /// Exchanges the code for a session (OIDC Core 3.1.3).
    ///
    /// # Errors
    /// `pending_login_mismatch`, `endpoint_missing`; later those of [`Exchange`].
    pub fn exchange(&self, code: AuthorizationCode) -> Result<Step<Exchange>, Error> {
        self.exchange_with(code, &TokenRequest::default())
    }

    /// The same, with another request than the login's.
    ///
    /// # Errors
    /// Also `invalid_configuration`, `reserved_parameter`.
    pub fn exchange_with(
        &self,
        code: AuthorizationCode,
        request: &TokenRequest,
    ) -> Result<Step<Exchange>, Error> {
        exchange(self, code, request, None)
    }
}

pub(crate) fn exchange(
    client: &Client,
    code: AuthorizationCode,
    request: &TokenRequest,
    fresh: Option<Fresh<'_>>,
) -> Result<Step<Exchange>, Error> {
    let AuthorizationCode { code, login, session_state, mut trace } = code;
    trace.again(|trace| same_client(client, &login, trace))?;
    let PendingLogin {
        requested,
        nonce,
        scope,
        resource,
        return_to,
        redirect_uri,
        verifier,
        dpop_jkt,
        authorization_details,
        ..
    } = login;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", verifier.expose()),
    ];
    let demand = Demand::Granted(Expectations::requested(requested).nonce(nonce));
    let proof = (Known { jkt: dpop_jkt.as_deref(), certificate: false }, fresh);
    let step = Acquisition::start(client, &grant, request, (&[], &resource), proof, demand, trace)?;
    let scope = request.scopes.clone().unwrap_or(scope);
    let asked = Asked {
        asked_scope: if client.policy().scope_in_refreshes { scope.clone() } else { Vec::new() },
        scope,
        // What the policy leaves out is remembered: it may be sent under another.
        resource: request.resource.clone().unwrap_or(resource),
        token_resource: None,
        refresh_token: None,
        return_to,
        session_state,
        authorization_details: request.authorization_details.clone().or(authorization_details),
    };
    Exchange::step(step, asked)
}

impl Exchange {
    fn step(step: Step<Acquisition>, mut asked: Asked) -> Result<Step<Exchange>, Error> {
        let Acquired { client, tokens, id_token, mut trace } = match step {
            Step::Pending(acquisition) => return Ok(Step::Pending(Exchange { acquisition, asked })),
            Step::Done(acquired) => acquired,
        };
        let granted = details::granted(asked.authorization_details.as_deref(), &tokens.more, &mut trace);
        asked.authorization_details = trace.attach(granted)?;
        match id_token {
            IdToken::Verified(claims, id_token) => {
                Ok(Step::Done(Session::new(client.owner(), claims, id_token, tokens, asked, trace)))
            }
            IdToken::NoKey(error) => trace.attach(Err(error)),
            IdToken::Absent => trace.attach(Err(match tokens.odd_id_token {
                Some(reason) => token_endpoint::invalid("id_token", reason),
                None => token_endpoint::missing("id_token"),
            })),
        }
    }
}

impl Flow for Exchange {
    type Output = Session;

    fn request(&self) -> &Request {
        self.acquisition.request()
    }

    /// # Errors
    /// From the token endpoint: `unreachable`, `redirect_refused`, `response_too_large`, `provider_error`, `provider_status`,
    /// `unexpected_content_type`, `compressed_response`, `malformed_json`, `response_member_missing`, `response_member_invalid`,
    /// `token_type_unsupported`.
    /// From the ID token: every code of category `Token`; `keys_unavailable` when its key could not be had in
    /// [several attempts](crate::Policy::key_tries).
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        Exchange::step(self.acquisition.resume(reply, cache, now)?, self.asked)
    }
}
