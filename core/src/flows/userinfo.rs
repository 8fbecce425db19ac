//! The end user's claims from the UserInfo endpoint (OIDC Core 5.3).

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cache::Cache;
use crate::checks::Demand;
use crate::claims;
use crate::client::Client;
use crate::decision::{Check, Decision, Trace};
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::signed::Signed;
use crate::http::{Endpoint, HttpRequest, HttpResponse};
use crate::json::Document;
use crate::session::Session;
use crate::time::Timestamp;
use crate::token;

/// Fetching the end user's claims. Yields [`UserInfo`].
///
/// A response that is signed (`application/jwt`) is verified as an ID token is, its `iss` and `aud` among the rest.
#[derive(Debug)]
pub struct UserInfoFetch(State);

#[derive(Debug)]
enum State {
    Response(Box<Asking>),
    Signature(Box<Signed>),
}

#[derive(Debug)]
struct Asking {
    client: Client,
    session: Session,
    request: Request,
    trace: Trace,
}

impl UserInfoFetch {
    pub(crate) fn start(client: &Client, session: &Session) -> Result<Step<UserInfoFetch>, Error> {
        session.check_client(client)?;
        let url = client.provider().metadata().endpoint("userinfo_endpoint")?;
        let mut request = HttpRequest::get(Endpoint::UserInfo, url, client.policy());
        if client.registration().userinfo_signed_response_alg.is_some() {
            request.headers = vec![("accept".into(), JWT.into())];
        }
        request.headers.push(("authorization".into(), ["Bearer ", session.access_token()].concat()));
        Ok(Step::Pending(UserInfoFetch(State::Response(Box::new(Asking {
            client: client.clone(),
            session: session.clone(),
            request: Request::Http(request),
            trace: Trace::new(client.policy().record_decisions),
        })))))
    }
}

const JWT: &str = "application/jwt";

impl Asking {
    fn answered(mut self, reply: Reply, cache: &Cache, now: Timestamp) -> Result<Step<UserInfoFetch>, Error> {
        let response = reply.http(&self.request)?;
        if response.status != 200 {
            return Err(token::refusal(Endpoint::UserInfo, &response));
        }
        if response.is_one_of(&[JWT]) {
            return self.signed(&response, cache, now);
        }
        if self.client.registration().userinfo_signed_response_alg.is_some() {
            return Err(response.unexpected_content_type(Endpoint::UserInfo));
        }
        let read = self.plain(response);
        self.trace.attach(read).map(|(claims, sub)| Step::Done(UserInfo { claims, sub, trace: self.trace }))
    }

    fn signed(
        self,
        response: &HttpResponse,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<UserInfoFetch>, Error> {
        let not_a_token = |reason: &str| ErrorKind::MalformedToken.with([reason]);
        let jwt = str::from_utf8(&response.body).map_err(|_| not_a_token("not three parts"))?;
        let demand = Demand::UserInfo { sub: self.session.claims().sub().to_owned() };
        Signed::start(&self.client, jwt.trim_ascii(), &demand, cache, now).map(UserInfoFetch::verified)
    }

    fn plain(&mut self, response: HttpResponse) -> Result<(Document, String), Error> {
        let members =
            response.json(Endpoint::UserInfo, &["application/json"], self.client.policy().json())?;
        let expected = self.session.claims().sub();
        let same = match members.get("sub") {
            None => return Err(ErrorKind::ResponseMemberMissing.with([Endpoint::UserInfo.as_str(), "sub"])),
            Some(sub) => sub.as_text().is_some_and(|sub| sub == expected),
        };
        self.trace.plain(Check::UserInfoSub, same)?;
        // Its bytes are UTF-8: they were read.
        Ok((Document::of(String::from_utf8(response.body).unwrap_or_default()), expected.to_owned()))
    }
}

impl UserInfoFetch {
    fn verified(step: Step<Signed>) -> Step<UserInfoFetch> {
        match step {
            Step::Pending(signed) => Step::Pending(UserInfoFetch(State::Signature(Box::new(signed)))),
            Step::Done(verified) => {
                Step::Done(UserInfo { claims: verified.claims, sub: verified.sub, trace: verified.trace })
            }
        }
    }
}

impl Flow for UserInfoFetch {
    type Output = UserInfo;

    fn request(&self) -> &Request {
        match &self.0 {
            State::Response(asking) => &asking.request,
            State::Signature(signed) => signed.request(),
        }
    }

    /// # Errors
    /// `unreachable`, `redirect_refused`, `response_too_large`, `provider_error`, `provider_status`, `unexpected_content_type`,
    /// `malformed_json`, `response_member_missing`, `userinfo_sub_mismatch`; of a signed response, also those of
    /// [`Verification`](crate::Verification) and of a token's claims.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        match self.0 {
            State::Response(asking) => asking.answered(reply, cache, now),
            State::Signature(signed) => signed.resume(reply, cache, now).map(UserInfoFetch::verified),
        }
    }
}

/// The end user's claims from the UserInfo endpoint, about the same `sub` as the ID token.
#[derive(Clone)]
pub struct UserInfo {
    claims: Document,
    sub: String,
    trace: Trace,
}

impl UserInfo {
    /// The end user, as in the ID token.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// Any claim.
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.as_map().get(claim)
    }

    /// Whether the provider vouches for `email`: only a JSON `true` counts.
    pub fn email_verified(&self) -> bool {
        claims::email_verified(&self.claims)
    }

    /// Whether the provider vouches for `email`, for providers that write the text `"true"`.
    pub fn email_verified_lenient(&self) -> bool {
        claims::email_verified_lenient(&self.claims)
    }

    /// The claims as a type of your own, which may borrow from them.
    ///
    /// # Errors
    /// serde_json's, when the claims are not of that shape.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_json())
    }

    /// All claims as the JSON object that was served or signed.
    pub fn as_json(&self) -> &str {
        self.claims.as_json()
    }

    /// All claims, by name.
    pub fn as_map(&self) -> &Map<String, Value> {
        self.claims.as_map()
    }

    /// What was checked.
    pub fn decisions(&self) -> Vec<Decision> {
        self.trace.decisions()
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserInfo({} claims)", self.claims.object().members().len())
    }
}
