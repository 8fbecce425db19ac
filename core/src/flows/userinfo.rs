//! The end user's claims from the UserInfo endpoint (OIDC Core 5.3).

use std::fmt;

use serde_json::Value;

use crate::cache::Cache;
use crate::claims;
use crate::client::Client;
use crate::decision::{Check, Decision, Trace};
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Reply, Request, Step};
use crate::http::{Endpoint, HttpRequest};
use crate::json::Object;
use crate::session::Session;
use crate::time::Timestamp;
use crate::token;

/// Fetching the end user's claims. Yields [`UserInfo`].
#[derive(Debug)]
pub struct UserInfoFetch {
    session: Session,
    request: Request,
    trace: Trace,
}

impl UserInfoFetch {
    pub(crate) fn start(client: &Client, session: &Session) -> Result<Step<UserInfoFetch>, Error> {
        session.check_client(client)?;
        let url = client.provider().metadata().endpoint("userinfo_endpoint")?;
        let mut request = HttpRequest::get(Endpoint::UserInfo, url, client.policy());
        request.headers.push(("authorization".into(), format!("Bearer {}", session.access_token())));
        let trace = Trace::new(client.policy().record_decisions);
        Ok(Step::Pending(UserInfoFetch { session: session.clone(), request: Request::Http(request), trace }))
    }

    fn read(&mut self, reply: Reply) -> Result<(Object, String), Error> {
        let response = reply.http(&self.request)?;
        if response.status != 200 {
            return Err(token::refusal(Endpoint::UserInfo, &response));
        }
        let members = response.json(Endpoint::UserInfo, &["application/json"])?;
        let sub = members.get("sub").ok_or_else(|| ErrorKind::ResponseMemberMissing {
            endpoint: Endpoint::UserInfo.as_str().into(),
            member: "sub".into(),
        })?;
        let same = sub.as_str() == Some(self.session.claims().sub());
        let found = if same { "it is" } else { "it is not" };
        self.trace.check(
            Check::UserInfoSub,
            same,
            format_args!("to be the ID token's"),
            format_args!("{found}"),
            || ErrorKind::UserInfoSubMismatch,
        )?;
        Ok((members, self.session.claims().sub().to_owned()))
    }
}

impl Flow for UserInfoFetch {
    type Output = UserInfo;

    fn request(&self) -> &Request {
        &self.request
    }

    /// # Errors
    /// `unreachable`, `redirect_refused`, `response_too_large`, `provider_error`, `provider_status`, `unexpected_content_type`,
    /// `malformed_json`, `response_member_missing`, `userinfo_sub_mismatch`.
    fn resume(mut self, reply: Reply, _: &mut Cache, _: Timestamp) -> Result<Step<Self>, Error> {
        let read = self.read(reply);
        let (members, sub) = self.trace.attach(read)?;
        Ok(Step::Done(UserInfo { members, sub, trace: self.trace }))
    }
}

/// The end user's claims from the UserInfo endpoint, about the same `sub` as the ID token.
#[derive(Clone)]
pub struct UserInfo {
    members: Object,
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
        self.members.get(claim)
    }

    /// Whether the provider vouches for `email`: only a JSON `true` counts.
    pub fn email_verified(&self) -> bool {
        claims::email_verified(&self.members)
    }

    /// Whether the provider vouches for `email`, for providers that write the text `"true"`.
    pub fn email_verified_lenient(&self) -> bool {
        claims::email_verified_lenient(&self.members)
    }

    /// All claims, by name.
    pub fn as_map(&self) -> &serde_json::Map<String, Value> {
        &self.members
    }

    /// All claims as a JSON object.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.members).unwrap_or_default()
    }

    /// What was checked.
    pub fn decisions(&self) -> &[Decision] {
        self.trace.decisions()
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserInfo({} claims)", self.members.len())
    }
}
