//! The end user's claims from the UserInfo endpoint (OIDC Core 5.3).

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::ControlFlow;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::grants::access;
use crate::grants::fresh::Fresh;
use crate::grants::proven::Proven;
use crate::grants::refusal::{explained, refusal};
use crate::login::session::Session;
use crate::machine::cache::Cache;
use crate::machine::flow::{Flow, Reply, Request, Step};
use crate::machine::http::{Endpoint, HttpRequest, HttpResponse};
use crate::report::{Decision, Error, ErrorKind, Trace, check};
use crate::text::json::{Document, Object};
use crate::text::time::Timestamp;
use crate::token::claims::{self, Verified};
use crate::token::demand::Demand;
use crate::token::signed::Signed;
use crate::token::standard::{standard_accessors, standard_claims};

/// Fetching the end user's claims. Yields [`UserInfo`].
///
/// A signed response (`application/jwt`) is verified like an ID token, including `iss` and `aud`.
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
    proven: Proven,
    trace: Trace,
}

impl Client {
    /// Fetches the end user's claims (OIDC Core 5.3).
    ///
    /// # Errors
    /// `session_mismatch`, `endpoint_missing`, `metadata_member_invalid`, `no_access_token`; later those of [`UserInfoFetch`].
    pub fn userinfo(&self, session: &Session) -> Result<Step<UserInfoFetch>, Error> {
        userinfo(self, session, None)
    }
}

pub(crate) fn userinfo(
    client: &Client,
    session: &Session,
    fresh: Option<Fresh<'_>>,
) -> Result<Step<UserInfoFetch>, Error> {
    session.check_client(client)?;
    let (metadata, certificate) = (client.provider().metadata(), session.grant().is_certificate_bound());
    const ENDPOINT: &str = "userinfo_endpoint";
    let url = if certificate {
        metadata.mtls_endpoint(ENDPOINT)?
    } else {
        Cow::Borrowed(metadata.endpoint(ENDPOINT)?)
    };
    let mut request = HttpRequest::get(Endpoint::UserInfo, &url, client.policy().limits(Endpoint::UserInfo));
    if client.registration().userinfo_signed_response_alg.is_some() {
        request.headers = vec![("accept".into(), JWT.into())];
    }
    let mut trace = Trace::new(client.policy().record_decisions);
    let proven = access::request(client, request, session.grant(), fresh, &mut trace);
    let proven = trace.attach(proven)?;
    Ok(Asking { client: client.clone(), session: session.clone(), proven, trace }.pending())
}

const JWT: &str = "application/jwt";

impl Asking {
    fn pending(self) -> Step<UserInfoFetch> {
        Step::Pending(UserInfoFetch(State::Response(Box::new(self))))
    }

    fn answered(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<UserInfoFetch>, Error> {
        let Asking { client, session, proven, mut trace } = self;
        let proceeding = proven.resume(reply, cache, now, &mut trace);
        match trace.attach(proceeding)? {
            ControlFlow::Continue(proven) => Ok(Asking { client, session, proven, trace }.pending()),
            ControlFlow::Break(response) => Answer { client, session, trace }.read(response, cache, now),
        }
    }
}

/// A response, and what it answers to.
struct Answer {
    client: Client,
    session: Session,
    trace: Trace,
}

impl Answer {
    fn read(
        mut self,
        response: HttpResponse,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<UserInfoFetch>, Error> {
        if response.status != 200 {
            return Err(explained(refusal(Endpoint::UserInfo, &response), &self.client, "", &[]));
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
        response.expect_plain(Endpoint::UserInfo)?;
        let jwt = str::from_utf8(&response.body).map_err(|_| not_a_token("not three parts"))?;
        let authenticated =
            self.client.provider().metadata().endpoint("userinfo_endpoint")?.starts_with("https:");
        let demand = Demand::UserInfo { sub: self.session.claims().sub().to_owned(), authenticated };
        Signed::start(self.client.rules(), jwt.trim_ascii(), &demand, cache, now)
            .and_then(UserInfoFetch::verified)
    }

    fn plain(&mut self, response: HttpResponse) -> Result<(Document, String), Error> {
        let members =
            response.json(Endpoint::UserInfo, &["application/json"], self.client.policy().json())?;
        let expected = self.session.claims().sub();
        let same = match members.get("sub") {
            None => return Err(ErrorKind::ResponseMemberMissing.with([Endpoint::UserInfo.as_str(), "sub"])),
            Some(sub) => sub.as_text().is_some_and(|sub| sub == expected),
        };
        self.trace.check(check::UserInfoSub, same)?;
        let text = String::from_utf8(response.body)
            .map_err(|_| ErrorKind::MalformedJson.with([Endpoint::UserInfo.as_str(), "not UTF-8"]))?;
        Ok((Document::of(text), expected.to_owned()))
    }
}

impl UserInfoFetch {
    fn verified(step: Step<Signed>) -> Result<Step<UserInfoFetch>, Error> {
        Ok(match step {
            Step::Pending(signed) => Step::Pending(UserInfoFetch(State::Signature(Box::new(signed)))),
            Step::Done(verdict) => {
                let Verified { claims, sub, trace, .. } = verdict.verified()?;
                Step::Done(UserInfo { claims, sub, trace })
            }
        })
    }
}

impl Flow for UserInfoFetch {
    type Output = UserInfo;

    fn request(&self) -> &Request {
        match &self.0 {
            State::Response(asking) => asking.proven.request(),
            State::Signature(signed) => signed.request(),
        }
    }

    /// # Errors
    /// `unreachable`, `redirect_refused`, `response_too_large`, `provider_error`, `provider_status`, `unexpected_content_type`,
    /// `compressed_response`, `malformed_json`, `response_member_missing`, `userinfo_sub_mismatch`; of a signed response, also those of
    /// [`Verification`](crate::Verification) and of a token's claims.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        match self.0 {
            State::Response(asking) => asking.answered(reply, cache, now),
            State::Signature(signed) => UserInfoFetch::verified(signed.resume(reply, cache, now)?),
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

    /// Any claim, of whatever type it is. A standard claim has an accessor that checks its type.
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.as_map().get(claim)
    }

    /// Whether the provider vouches for `email`, for providers that send the string `"true"`.
    pub fn email_verified_lenient(&self) -> bool {
        claims::email_verified_lenient(&self.object())
    }

    /// The claims as a type of your own.
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

    /// What was checked, in order.
    pub fn decisions(&self) -> Vec<Decision> {
        self.trace.decisions()
    }

    fn object(&self) -> Object<'_> {
        self.claims.object()
    }
}

standard_claims!(standard_accessors, UserInfo);

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserInfo({} claims)", self.claims.object().members().len())
    }
}
