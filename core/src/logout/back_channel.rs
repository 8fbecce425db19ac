//! Logout requests that the provider sends to the application itself (OIDC Back-Channel Logout 2.5, 2.6).

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::client::Client;
use crate::logout::parameters;
use crate::machine::{Cache, Flow, Reply, Request, Step};
use crate::report::{Error, ErrorKind};
use crate::text::Timestamp;
use crate::token::LogoutToken;
use crate::token::demand::Demand;
use crate::token::signed::Signed;

/// Verifying a logout token. Yields the [`LogoutToken`]; no request is made if the key is known and the core checks
/// signatures.
#[derive(Debug)]
pub struct LogoutVerification {
    client: Client,
    signed: Signed,
}

/// The logout token in the body of a back-channel logout request, a form (OIDC Back-Channel Logout 2.5). Not verified: see
/// [`Client::logout_token`].
///
/// # Errors
/// `logout_malformed`
pub fn logout_token_in(form_body: &str) -> Result<String, Error> {
    let form = parameters::of_form(form_body)?;
    let token = parameters::present(&form, "logout_token").map(str::to_owned);
    token.ok_or_else(|| ErrorKind::LogoutMalformed.with(["has no logout_token"]))
}

impl Client {
    /// Verifies a logout token (OIDC Back-Channel Logout 2.6). Done at once if the key is in the cache and the core checks
    /// signatures. Anybody can send one: it leads to one fetch of keys per cooldown at most.
    ///
    /// Answer the provider with 200 once the sessions are gone, with 400 after an error that is not
    /// [retryable](Error::is_retryable), both with `Cache-Control: no-store` (2.8). A token is good once: see
    /// [`LogoutToken::replay_key`].
    ///
    /// # Errors
    /// Every code of category `Token` that is not about a login, `keys_unavailable`; later those of [`LogoutVerification`].
    pub fn logout_token(
        &self,
        logout_token: &str,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<LogoutVerification>, Error> {
        let step = Signed::start(self.rules(), logout_token, &Demand::Logout, cache, now)?;
        LogoutVerification::step(self.clone(), step)
    }
}

impl LogoutVerification {
    fn step(client: Client, step: Step<Signed>) -> Result<Step<LogoutVerification>, Error> {
        Ok(match step {
            Step::Pending(signed) => Step::Pending(LogoutVerification { client, signed }),
            Step::Done(verdict) => Step::Done(LogoutToken::new(client.rules(), verdict.verified()?)?),
        })
    }
}

impl Flow for LogoutVerification {
    type Output = LogoutToken;

    fn request(&self) -> &Request {
        self.signed.request()
    }

    /// # Errors
    /// `unknown_key`, `ambiguous_key`, `bad_signature`; and when keys were wanted and none are held: `unreachable`,
    /// `redirect_refused`, `unexpected_status`, `unexpected_content_type`, `response_too_large`, `compressed_response`,
    /// `malformed_json`.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        let LogoutVerification { client, signed } = self;
        LogoutVerification::step(client, signed.resume(reply, cache, now)?)
    }
}
