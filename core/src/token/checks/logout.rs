//! The checks of a logout token beyond those that it has in common with an ID token (OIDC Back-Channel Logout 2.6).

use alloc::string::String;

use crate::report::check::{self, Check};
use crate::report::{Error, ErrorKind};
use crate::text::json::{Object, Round};
use crate::text::limits::size;
use crate::token::checks::Checks;
use crate::token::claims;

/// What a logout token says that it is (OIDC Back-Channel Logout 2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

impl Checks<'_> {
    /// Yields `sub`, which is empty if the token names a session alone.
    pub(super) fn logout(mut self) -> Result<String, Error> {
        self.age()?;
        self.events()?;
        if self.members.has("nonce") {
            let reason = "an ID token has one, a logout token has none";
            return Err(self.trace.fail(check::LogoutNonce { claim: "nonce".into(), reason: reason.into() }));
        }
        self.trace.pass(check::LogoutNonce { claim: "".into(), reason: "".into() });
        let sub = self.who()?;
        if !self.has_name("jti", check::Jti::ROW)? {
            return Err(self.trace.unusable(check::Jti::ROW, "jti", ""));
        }
        self.trace.pass(check::Jti);
        Ok(sub)
    }

    /// A token that is remembered against replay is not remembered for ever.
    fn age(&mut self) -> Result<(), Error> {
        let limit = self.rules.policy.max_logout_token_age_secs;
        let Some(iat) = self.date(check::LogoutAge::ROW, "iat", Round::Up)? else {
            return Err(ErrorKind::ClaimMissing.with(["iat"]));
        };
        let check = check::LogoutAge {
            skew: self.skew().into(),
            iat: iat.as_unix().into(),
            now: self.now.as_unix().into(),
            limit: limit.into(),
        };
        self.trace.check(check, self.now <= iat.plus(limit).plus(self.skew()))
    }

    fn events(&mut self) -> Result<(), Error> {
        let Some(events) = self.members.get("events") else {
            return Err(self.trace.unusable(check::LogoutEvents::ROW, "events", ""));
        };
        let reason = match events.as_object().as_ref().map(|events| is_logout(events)) {
            None => "it is not an object",
            Some(None) => "it lacks that of a back-channel logout",
            Some(Some(false)) => "that of a back-channel logout is not an object",
            Some(Some(true)) => {
                self.trace.pass(check::LogoutEvents { claim: "".into(), reason: "".into() });
                return Ok(());
            }
        };
        Err(self.trace.fail(check::LogoutEvents { claim: "events".into(), reason: reason.into() }))
    }

    /// The end user, the session, or both.
    fn who(&mut self) -> Result<String, Error> {
        let sid = self.has_name("sid", check::LogoutSubject::ROW)?;
        if !self.members.has("sub") {
            let claim = if sid { "sid" } else { "sub or sid" }.into();
            return self.trace.check(check::LogoutSubject { claim }, sid).map(|()| String::new());
        }
        let most = size(self.rules.policy.max_sub_bytes);
        let sub = claims::subject(self.members, most);
        let sub = sub.map_err(|flaw| self.unusable(check::LogoutSubject::ROW, flaw))?;
        let claim = if sid { "sub and sid" } else { "sub" }.into();
        self.trace.pass(check::LogoutSubject { claim });
        Ok(sub)
    }

    /// Whether there is a name, which is empty nowhere.
    fn has_name(&mut self, claim: &'static str, row: &'static check::Row) -> Result<bool, Error> {
        match self.string(row, claim)? {
            Some(name) if name.is("") => Err(self.trace.unusable(row, claim, "empty")),
            name => Ok(name.is_some()),
        }
    }
}

/// Whether the event is an object, if it is there. Others are nobody's here.
fn is_logout(events: &Object<'_>) -> Option<bool> {
    events.get(EVENT).map(|event| event.as_object().is_some())
}
