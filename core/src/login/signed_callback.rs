//! Authorization responses that the provider signed (JARM): verified, then checked as any other.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::client::Client;
use crate::jose::{Jws, TokenLimits};
use crate::login::callback::{AuthorizationCode, CallbackParams, checked};
use crate::login::pending::PendingLogin;
use crate::machine::{Cache, Flow, Reply, Request, Step};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::Timestamp;
use crate::text::json::{Bounds, Json, Object};
use crate::token::claims::Verified;
use crate::token::demand::Demand;
use crate::token::signed::{Signed, Verdict};

/// Taking the browser's way back with a signed response. Yields an [`AuthorizationCode`].
#[derive(Debug)]
pub struct SignedCallback(Box<Checking>);

#[derive(Debug)]
struct Checking {
    client: Client,
    login: PendingLogin,
    response: CallbackParams,
    signed: Signed,
}

impl Client {
    /// Takes the browser's way back, in whatever response mode the login asked for. A response that is signed (JARM) is verified
    /// first, which may need the provider's keys; any other is done at once, as [`callback`](Client::callback) does it. A plain
    /// response to a login that asked for a signed one is refused.
    ///
    /// # Errors
    /// Those of [`callback`](Client::callback) and of [`SignedCallback`].
    pub fn signed_callback(
        &self,
        login: PendingLogin,
        response: CallbackParams,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<SignedCallback>, Error> {
        let Some(token) = response.get("response") else {
            return self.callback(login, &response, now).map(Step::Done);
        };
        let mut trace = Trace::new(self.policy().record_decisions);
        // What stands beside it is signed by nobody.
        if let Some(parameter) = response.beside("response") {
            let error = trace.fail(check::CodeUnexpected { parameter: parameter.into() });
            return trace.attach(Err(error));
        }
        let step = Signed::start(self.rules(), token, &Demand::Response, cache, now)?;
        SignedCallback::step(step, self.clone(), login, response, now)
    }
}

impl SignedCallback {
    fn step(
        step: Step<Signed>,
        client: Client,
        login: PendingLogin,
        response: CallbackParams,
        now: Timestamp,
    ) -> Result<Step<SignedCallback>, Error> {
        let verdict: Verdict = match step {
            Step::Pending(signed) => {
                let checking = Checking { client, login, response, signed };
                return Ok(Step::Pending(SignedCallback(Box::new(checking))));
            }
            Step::Done(verdict) => verdict,
        };
        let Verified { claims, mut trace, .. } = verdict.verified()?;
        let parameters = trace.attach(parameters(&claims.object()))?;
        let response = response.verified(parameters);
        checked(&client, login, &response, now, trace).map(Step::Done)
    }
}

/// Parameters that decide by being there.
const TELLING: [&str; 4] = ["error", "access_token", "id_token", "token_type"];

/// The claims that are parameters of a response: those that are texts.
fn parameters(claims: &Object<'_>) -> Result<Vec<(String, String)>, Error> {
    let mut parameters = Vec::new();
    for member in claims.members() {
        match member.value.as_text() {
            Some(text) => parameters.push((member.name.clone().into_owned(), text.into_owned())),
            None if TELLING.contains(&&*member.name) && !matches!(member.value, Json::Null) => {
                return Err(ErrorKind::CallbackMalformed.with(["has a parameter that is not a text"]));
            }
            None => {}
        }
    }
    Ok(parameters)
}

/// Bounds of a response that is only looked into: those that the most generous policy has.
const LIMITS: TokenLimits = TokenLimits {
    token: 65_536,
    header: 16_384,
    kid: 1_024,
    json: Bounds { depth: 32, width: 16_384, policy: true },
};

/// The `state` in a response whose signature nobody has checked: to find the login by, and for nothing else.
pub(super) fn unverified_state(response: &str) -> Option<String> {
    let jws = Jws::parse(response, LIMITS).ok()?;
    let claims = Object::parse_within(&jws.payload, LIMITS.json).ok()?;
    claims.get("state")?.as_text().map(Cow::into_owned)
}

impl Flow for SignedCallback {
    type Output = AuthorizationCode;

    fn request(&self) -> &Request {
        self.0.signed.request()
    }

    /// # Errors
    /// Every code of category `Token` that is not about an end user; `keys_unavailable`; then those of
    /// [`Client::callback`].
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        let Checking { client, login, response, signed } = *self.0;
        SignedCallback::step(signed.resume(reply, cache, now)?, client, login, response, now)
    }
}
