//! The verbs of a client that proves itself with keys.

use crate::client::Client;
use crate::grants::fresh::Fresh;
use crate::login::authorize_request::AuthorizeRequest;
use crate::login::call::{Access, ApiRequest, Call, call};
use crate::login::callback::AuthorizationCode;
use crate::login::exchange::{Exchange, exchange};
use crate::login::pushed::{Push, authorize};
use crate::login::refresh::{Refresh, refresh};
use crate::login::refresh_token::{TokenRefresh, refresh_token};
use crate::login::session::Session;
use crate::login::token_request::TokenRequest;
use crate::login::userinfo::{UserInfoFetch, userinfo};
use crate::machine::{Cache, Step};
use crate::report::Error;
use crate::text::{Entropy, Secret, Timestamp};

/// A client with what its requests need to be like no other: for one verb. See [`Client::proving`].
#[derive(Debug)]
#[must_use = "it is for one verb"]
pub struct Proving<'a> {
    client: &'a Client,
    fresh: Fresh<'a>,
}

impl Client {
    /// The same client for one verb, with randomness, the nonces that servers gave, and the time: what assertions
    /// (`private_key_jwt`, RFC 7523) and proofs of possession (DPoP, RFC 9449) are made of. Works for every client; one that
    /// [needs it](Client::needs_entropy) refuses the plain verbs with `entropy_missing`.
    ///
    /// ```
    /// # use relyingparty::*;
    /// # fn host(client: &Client, code: AuthorizationCode, entropy: Entropy, cache: &Cache, now: Timestamp) -> Result<(), Error> {
    /// let step: Step<Exchange> = client.proving(entropy, cache, now).exchange(code)?;
    /// # let _ = step; Ok(()) }
    /// ```
    pub fn proving<'a>(&'a self, entropy: Entropy, cache: &'a Cache, now: Timestamp) -> Proving<'a> {
        Proving { client: self, fresh: Fresh { entropy, cache, now } }
    }
}

impl<'a> Proving<'a> {
    /// For the verbs of other rooms.
    #[cfg(feature = "logout")]
    pub(crate) fn parts(self) -> (&'a Client, Fresh<'a>) {
        (self.client, self.fresh)
    }
}

impl Proving<'_> {
    /// Begins a login as [`Client::authorize`] does, whose request is pushed (RFC 9126) or signed (RFC 9101) where the provider
    /// demands it or the registration asks for it; where neither does, it is done at once.
    ///
    /// # Errors
    /// As [`Client::authorize`]; later those of [`Push`].
    pub fn authorize(self, request: &AuthorizeRequest) -> Result<Step<Push>, Error> {
        authorize(self.client, request, self.fresh)
    }

    /// As [`Client::exchange`].
    ///
    /// # Errors
    /// Also `dpop_key_mismatch`, `implausible_clock`.
    pub fn exchange(self, code: AuthorizationCode) -> Result<Step<Exchange>, Error> {
        self.exchange_with(code, &TokenRequest::default())
    }

    /// As [`Client::exchange_with`].
    ///
    /// # Errors
    /// Also `dpop_key_mismatch`, `implausible_clock`.
    pub fn exchange_with(
        self,
        code: AuthorizationCode,
        request: &TokenRequest,
    ) -> Result<Step<Exchange>, Error> {
        exchange(self.client, code, request, Some(self.fresh))
    }

    /// As [`Client::refresh`].
    ///
    /// # Errors
    /// Also `dpop_key_mismatch`, `implausible_clock`.
    pub fn refresh(self, session: &Session) -> Result<Step<Refresh>, Error> {
        self.refresh_with(session, &TokenRequest::default())
    }

    /// As [`Client::refresh_with`].
    ///
    /// # Errors
    /// Also `dpop_key_mismatch`, `implausible_clock`.
    pub fn refresh_with(self, session: &Session, request: &TokenRequest) -> Result<Step<Refresh>, Error> {
        refresh(self.client, session, request, Some(self.fresh))
    }

    /// As [`Client::refresh_token`].
    ///
    /// # Errors
    /// Also `implausible_clock`.
    pub fn refresh_token(self, token: impl Into<Secret>, sub: &str) -> Result<Step<TokenRefresh>, Error> {
        self.refresh_token_with(token, sub, &TokenRequest::default())
    }

    /// As [`Client::refresh_token_with`].
    ///
    /// # Errors
    /// Also `implausible_clock`.
    pub fn refresh_token_with(
        self,
        token: impl Into<Secret>,
        sub: &str,
        request: &TokenRequest,
    ) -> Result<Step<TokenRefresh>, Error> {
        refresh_token(self.client, token.into(), sub, request, Some(self.fresh))
    }

    /// As [`Client::call`].
    ///
    /// # Errors
    /// Also `dpop_key_mismatch`, `implausible_clock`.
    pub fn call<'s>(self, access: impl Into<Access<'s>>, request: ApiRequest) -> Result<Step<Call>, Error> {
        call(self.client, access.into(), request, Some(self.fresh))
    }

    /// As [`Client::userinfo`].
    ///
    /// # Errors
    /// Also `dpop_key_mismatch`, `implausible_clock`.
    pub fn userinfo(self, session: &Session) -> Result<Step<UserInfoFetch>, Error> {
        userinfo(self.client, session, Some(self.fresh))
    }
}
