//! The checks of a signed token's claims (OIDC Core 3.1.3.7), each a decision.

use alloc::string::String;
use alloc::sync::Arc;

use crate::claims::{self, Flaw, IdTokenClaims};
use crate::client::Client;
use crate::decision::{Check, Trace, Value};
use crate::error::Error;
use crate::expectations::Expectations;
use crate::jose::{Alg, base64url};
use crate::json::{Object, Quoted, Round};
use crate::policy::size;
use crate::requested::Requested;
use crate::secret::constant_time_eq;
use crate::time::Timestamp;

/// Where a token comes from, and so what it has to answer to.
pub(crate) enum Demand {
    /// A token response or the host, with these expectations.
    Fresh(Expectations),
    /// A refresh: the same end user and authentication as before (OIDC Core 12.2).
    Refreshed { earlier: IdTokenClaims, expectations: Expectations },
    /// The host's own session store: checked once more, and may have expired since.
    Restored,
    /// The UserInfo endpoint: about this end user, with times only if the provider likes (OIDC Core 5.3.2).
    UserInfo { sub: String },
}

/// Everything a token's claims are checked against.
pub(crate) struct Checks<'a> {
    pub(crate) client: &'a Client,
    pub(crate) demand: &'a Demand,
    pub(crate) members: &'a Object<'a>,
    pub(crate) alg: Alg,
    pub(crate) now: Timestamp,
    pub(crate) trace: &'a mut Trace,
}

impl<'a> Checks<'a> {
    /// Runs them all, the cheap and telling ones first. Yields `iss` and `sub`.
    pub(crate) fn run(mut self) -> Result<(Arc<str>, String), Error> {
        let iss = self.issuer()?;
        self.audience()?;
        self.expiry()?;
        self.issued_at()?;
        self.not_before()?;
        self.no_other_kind()?;
        let sub = self.subject()?;
        match self.demand {
            Demand::Fresh(expectations) => {
                self.nonce(expectations)?;
                self.requested(&expectations.requested, &sub)?;
                self.at_hash(expectations)?;
            }
            Demand::Refreshed { earlier, expectations } => {
                self.continuity(earlier, &iss, &sub)?;
                self.at_hash(expectations)?;
            }
            Demand::Restored => {}
            Demand::UserInfo { sub: expected } => self.trace.plain(Check::UserInfoSub, sub == *expected)?,
        }
        Ok((iss, sub))
    }

    fn unusable(&mut self, check: Check, flaw: Flaw) -> Error {
        self.trace.unusable(check, flaw.claim, flaw.reason)
    }

    fn string(&mut self, check: Check, claim: &'static str) -> Result<Option<Quoted<'a>>, Error> {
        claims::string(self.members, claim).map_err(|flaw| self.unusable(check, flaw))
    }

    fn required_string(&mut self, check: Check, claim: &'static str) -> Result<Quoted<'a>, Error> {
        let value = self.string(check, claim)?;
        claims::required(claim, value).map_err(|flaw| self.unusable(check, flaw))
    }

    fn date(&mut self, check: Check, claim: &'static str, round: Round) -> Result<Option<Timestamp>, Error> {
        claims::numeric_date(self.members, claim, round).map_err(|flaw| self.unusable(check, flaw))
    }

    /// A date that has to be there, but for a UserInfo response, which need not say when it was made.
    fn usual_date(
        &mut self,
        check: Check,
        claim: &'static str,
        round: Round,
    ) -> Result<Option<Timestamp>, Error> {
        let date = self.date(check, claim, round)?;
        match self.demand {
            Demand::Fresh(_) | Demand::Refreshed { .. } | Demand::Restored => {
                claims::required(claim, date).map(Some).map_err(|flaw| self.unusable(check, flaw))
            }
            Demand::UserInfo { .. } => Ok(date),
        }
    }

    fn skew(&self) -> u32 {
        self.client.policy().allowed_skew_secs
    }

    fn issuer(&mut self) -> Result<Arc<str>, Error> {
        let actual = self.required_string(Check::Iss, "iss")?;
        let expected = self.client.provider().issuer().shared();
        if actual.is(&expected) {
            self.trace.texts(Check::Iss, true, &expected, &expected)?;
            return Ok(expected);
        }
        let actual = actual.text();
        let alias = self.client.registration().issuer_aliases.iter().any(|alias| *alias == actual);
        self.trace.texts(Check::Iss, alias, &expected, &actual)?;
        Ok(actual.into())
    }

    fn audience(&mut self) -> Result<(), Error> {
        let audiences = claims::audiences(self.members).map_err(|flaw| self.unusable(Check::Aud, flaw))?;
        let registration = self.client.registration();
        let expected = registration.client_id.as_str();
        let among = audiences.iter().any(|audience| audience == expected);
        let trusted =
            |audience: &String| audience == expected || registration.trusted_audiences.contains(audience);
        match audiences.as_slice() {
            [audience] => self.trace.texts(Check::Aud, among, expected, audience)?,
            several => {
                let actual = several.join(" ");
                self.trace.texts(Check::Aud, among, expected, &actual)?;
                if !several.iter().all(trusted) {
                    return Err(self.trace.fail(Check::AudUntrusted, &[Value::Text(&actual)]));
                }
            }
        }
        match self.string(Check::Azp, "azp")? {
            None if audiences.len() > 1 => {
                Err(self.trace.fail(Check::AzpMissing, &[Value::Text("azp"), Value::Text(expected)]))
            }
            None => Ok(()),
            Some(actual) => self.trace.texts(Check::Azp, actual.is(expected), expected, &actual.text()),
        }
    }

    /// A check of a date: the skew that is allowed, the date, what time it is, and what else counts.
    fn time(&mut self, check: Check, passed: bool, date: Timestamp, more: u32) -> Result<(), Error> {
        let values = [self.skew().into(), date.as_unix(), self.now.as_unix(), more.into()];
        self.trace.check(check, passed, &values.map(Value::Number))
    }

    fn expiry(&mut self) -> Result<(), Error> {
        match self.usual_date(Check::Exp, "exp", Round::Down)? {
            None => Ok(()),
            Some(_) if matches!(self.demand, Demand::Restored) => Ok(()),
            Some(exp) => self.time(Check::Exp, self.now < exp.plus(self.skew()), exp, 0),
        }
    }

    fn issued_at(&mut self) -> Result<(), Error> {
        let Some(iat) = self.usual_date(Check::Iat, "iat", Round::Up)? else { return Ok(()) };
        self.time(Check::Iat, iat <= self.now.plus(self.skew()), iat, 0)
    }

    fn not_before(&mut self) -> Result<(), Error> {
        let Some(nbf) = self.date(Check::Nbf, "nbf", Round::Up)? else { return Ok(()) };
        self.time(Check::Nbf, nbf <= self.now.plus(self.skew()), nbf, 0)
    }

    /// A security event such as a logout token is no ID token (RFC 8417 2.2, RFC 8725 3.12).
    fn no_other_kind(&mut self) -> Result<(), Error> {
        if self.members.has("events") {
            let values = ["events", "a security event is no ID token"].map(Value::Text);
            return Err(self.trace.fail(Check::TypEvents, &values));
        }
        Ok(())
    }

    fn subject(&mut self) -> Result<String, Error> {
        let most = size(self.client.policy().max_sub_bytes);
        let sub = claims::subject(self.members, most).map_err(|flaw| self.unusable(Check::Sub, flaw))?;
        self.trace.text(Check::Sub, true, &sub)?;
        Ok(sub)
    }

    fn nonce(&mut self, expectations: &Expectations) -> Result<(), Error> {
        let actual = self.string(Check::Nonce, "nonce")?;
        let Some(expected) = expectations.expected_nonce() else { return Ok(()) };
        let actual = claims::required("nonce", actual).map_err(|flaw| self.unusable(Check::Nonce, flaw))?;
        self.trace.plain(Check::Nonce, expected.matches(&actual.text()))
    }

    fn requested(&mut self, requested: &Requested, sub: &str) -> Result<(), Error> {
        self.authentication_time(requested.max_age, requested.auth_time)?;
        self.authentication_context(requested)?;
        match &requested.sub {
            None => Ok(()),
            Some(expected) => {
                let passed = expected.iter().any(|expected| expected == sub);
                self.trace.plain(Check::RequestedSub, passed)
            }
        }
    }

    fn authentication_context(&mut self, requested: &Requested) -> Result<(), Error> {
        if !requested.acr && requested.acr_values.is_none() {
            return Ok(());
        }
        let acr = self.required_string(Check::Acr, "acr")?;
        match &requested.acr_values {
            None => self.trace.texts(Check::Acr, true, "any", &acr.text()),
            Some(values) => {
                let passed = values.iter().any(|value| acr.is(value));
                self.trace.texts(Check::Acr, passed, &values.join(" or "), &acr.text())
            }
        }
    }

    fn authentication_time(&mut self, max_age: Option<u32>, required: bool) -> Result<(), Error> {
        let auth_time = self.date(Check::AuthTime, "auth_time", Round::Down)?;
        if max_age.is_none() && !required {
            return Ok(());
        }
        let auth_time =
            claims::required("auth_time", auth_time).map_err(|flaw| self.unusable(Check::AuthTime, flaw))?;
        let Some(max_age) = max_age else {
            self.trace.pass(Check::AuthTimePresent, &[Value::Number(auth_time.as_unix())]);
            return Ok(());
        };
        let (now, skew) = (self.now, self.skew());
        let passed = now <= auth_time.plus(max_age).plus(skew) && auth_time <= now.plus(skew);
        self.time(Check::AuthTime, passed, auth_time, max_age)
    }

    fn at_hash(&mut self, expectations: &Expectations) -> Result<(), Error> {
        let at_hash = self.string(Check::AtHash, "at_hash")?;
        let (Some(access_token), Some(at_hash)) = (expectations.expected_access_token(), at_hash) else {
            return Ok(());
        };
        let expected = self.alg.hash().left_half(access_token.expose().as_bytes());
        let passed = base64url(&at_hash.text()).is_some_and(|actual| constant_time_eq(&actual, &expected));
        self.trace.plain(Check::AtHash, passed)
    }

    fn continuity(&mut self, earlier: &IdTokenClaims, iss: &str, sub: &str) -> Result<(), Error> {
        let before = earlier.object();
        let nonce = self.string(Check::Refreshed, "nonce")?;
        let auth_time = self.date(Check::Refreshed, "auth_time", Round::Down)?;
        let azp = self.string(Check::Refreshed, "azp")?;
        // What was verified is well-formed.
        let before = &before;
        let as_before = |claim, now: Option<Quoted<'_>>| {
            let before = claims::string(before, claim).ok().flatten();
            match (now, before) {
                (Some(now), Some(before)) => now.is(&before.text()),
                (now, before) => now.is_none() && before.is_none(),
            }
        };
        let auth_time_before = claims::numeric_date(before, "auth_time", Round::Down).ok().flatten();
        let same = [
            ("iss", iss == earlier.iss()),
            ("sub", sub == earlier.sub()),
            ("nonce", nonce.is_none() || as_before("nonce", nonce)),
            ("auth_time", auth_time.is_none() || auth_time == auth_time_before),
            ("azp", as_before("azp", azp)),
        ];
        same.into_iter().try_for_each(|(claim, same)| self.trace.text(Check::Refreshed, same, claim))
    }
}
