//! Authorization responses that the provider signed (JARM): verified, then checked as any other.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::client::Client;
use crate::jose::Jws;
use crate::login::callback::{AuthorizationCode, CallbackParams, checked};
use crate::login::pending::PendingLogin;
use crate::machine::{Cache, Flow, Policy, Reply, Request, Step};
use crate::report::{Error, Trace, check};
use crate::text::Timestamp;
use crate::text::json::{Json, Object};
use crate::token::checks::Demand;
use crate::token::claims::Verified;
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
        if let Some(name) = response.names().find(|name| ["code", "error", "state", "iss"].contains(name)) {
            let error = trace.fail(check::CodeUnexpected { parameter: name.into() });
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
        let Verified { claims, trace, .. } = verdict.verified()?;
        let response = response.verified(parameters(&claims.object()));
        checked(&client, login, &response, now, trace).map(Step::Done)
    }
}

/// The claims that are parameters of a response: those that are texts.
fn parameters(claims: &Object<'_>) -> Vec<(String, String)> {
    let text = |value: Json<'_>| value.as_text().map(Cow::into_owned);
    let members = claims.members().iter();
    members.filter_map(|member| Some((member.name.clone().into_owned(), text(member.value)?))).collect()
}

/// The `state` in a response whose signature nobody has checked: to find the login by, and for nothing else.
pub(super) fn unverified_state(response: &str) -> Option<String> {
    let limits = Policy::default().token();
    let jws = Jws::parse(response, limits).ok()?;
    let claims = Object::parse_within(&jws.payload, limits.json).ok()?;
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
