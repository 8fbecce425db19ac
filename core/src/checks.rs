//! The checks of an ID token's claims (OIDC Core 3.1.3.7), each a decision.

use crate::claims::{self, IdTokenClaims, Round};
use crate::client::Client;
use crate::decision::{Check, Trace};
use crate::error::{Error, ErrorKind};
use crate::expectations::Expectations;
use crate::jose::{Alg, base64url};
use crate::json::Object;
use crate::secret::constant_time_eq;
use crate::time::Timestamp;

/// Where a token comes from, and so what it has to answer to.
#[derive(Clone, Debug)]
pub(crate) enum Demand {
    /// A token response or the host, with these expectations.
    Fresh(Expectations),
    /// A refresh: the same end user and authentication as before (OIDC Core 12.2).
    Refreshed { earlier: IdTokenClaims, expectations: Expectations },
    /// The host's own session store: checked once more, and may have expired since.
    Restored,
}

/// Everything an ID token's claims are checked against.
pub(crate) struct Checks<'a> {
    pub(crate) client: &'a Client,
    pub(crate) demand: &'a Demand,
    pub(crate) members: &'a Object,
    pub(crate) alg: Alg,
    pub(crate) now: Timestamp,
    pub(crate) trace: &'a mut Trace,
}

impl Checks<'_> {
    /// Runs them all, the cheap and telling ones first. Yields `iss` and `sub`.
    pub(crate) fn run(mut self) -> Result<(String, String), Error> {
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
                self.requested(expectations, &sub)?;
                self.at_hash(expectations)?;
            }
            Demand::Refreshed { earlier, expectations } => {
                self.continuity(earlier, &iss, &sub)?;
                self.at_hash(expectations)?;
            }
            Demand::Restored => {}
        }
        Ok((iss, sub))
    }

    /// A claim as read, or the decision that it cannot be used.
    fn claim<T>(&mut self, check: Check, read: Result<T, ErrorKind>) -> Result<T, Error> {
        read.map_err(|failure| {
            let found = match &failure {
                ErrorKind::ClaimInvalid { claim, reason } => format!("{claim}: {reason}"),
                _ => "not there".to_owned(),
            };
            self.trace.fail(
                check,
                format_args!("to be there and well-formed"),
                format_args!("{found}"),
                failure,
            )
        })
    }

    fn required<T>(
        &mut self,
        check: Check,
        name: &str,
        read: Result<Option<T>, ErrorKind>,
    ) -> Result<T, Error> {
        self.claim(check, read.and_then(|value| claims::required(name, value)))
    }

    fn skew(&self) -> u32 {
        self.client.policy().allowed_skew_secs
    }

    fn issuer(&mut self) -> Result<String, Error> {
        let members = self.members;
        let actual = self.required(Check::Iss, "iss", claims::string(members, "iss"))?;
        let expected = self.client.provider().issuer().as_str();
        let passed = actual == expected
            || self.client.registration().issuer_aliases.iter().any(|alias| alias == actual);
        self.trace.check(Check::Iss, passed, format_args!("{expected}"), format_args!("{actual}"), || {
            ErrorKind::IssMismatch { expected: expected.into(), actual: actual.into() }
        })?;
        Ok(actual.into())
    }

    fn audience(&mut self) -> Result<(), Error> {
        let members = self.members;
        let audiences = self.claim(Check::Aud, claims::audiences(members))?;
        let registration = self.client.registration();
        let (expected, actual) = (registration.client_id.as_str(), audiences.join(" "));
        let among = audiences.contains(&expected);
        self.trace.check(Check::Aud, among, format_args!("{expected}"), format_args!("{actual}"), || {
            ErrorKind::AudMismatch { expected: expected.into(), actual: actual.clone() }
        })?;
        let trusted = |audience: &&str| {
            *audience == expected || registration.trusted_audiences.iter().any(|trusted| trusted == audience)
        };
        if !audiences.iter().all(trusted) {
            let fail = || ErrorKind::AudUntrusted { actual: actual.clone() };
            return self.trace.check(
                Check::Aud,
                false,
                format_args!("no audience that is not trusted"),
                format_args!("{actual}"),
                fail,
            );
        }
        match self.claim(Check::Azp, claims::string(members, "azp"))? {
            None if audiences.len() > 1 => {
                let found = format_args!("none, and {} audiences", audiences.len());
                self.trace
                    .check(Check::Azp, false, format_args!("{expected}"), found, || claims::missing("azp"))
            }
            None => Ok(()),
            Some(actual) => self.trace.check(
                Check::Azp,
                actual == expected,
                format_args!("{expected}"),
                format_args!("{actual}"),
                || ErrorKind::AzpMismatch { expected: expected.into(), actual: actual.into() },
            ),
        }
    }

    fn expiry(&mut self) -> Result<(), Error> {
        let exp = claims::numeric_date(self.members, "exp", Round::Down);
        let exp = self.required(Check::Exp, "exp", exp)?;
        let (now, skew) = (self.now, self.skew());
        if matches!(self.demand, Demand::Restored) {
            return Ok(());
        }
        let found = format_args!("{}, {} s from now", exp.as_unix(), exp.since(now));
        self.trace.check(
            Check::Exp,
            now < exp.plus(skew),
            format_args!("later than now, give or take {skew} s"),
            found,
            || ErrorKind::TokenExpired { exp: unix(exp), now: unix(now), skew: skew.to_string() },
        )
    }

    fn issued_at(&mut self) -> Result<(), Error> {
        let iat = claims::numeric_date(self.members, "iat", Round::Up);
        let iat = self.required(Check::Iat, "iat", iat)?;
        let (now, skew) = (self.now, self.skew());
        let found = format_args!("{}, {} s ago", iat.as_unix(), now.since(iat));
        self.trace.check(
            Check::Iat,
            iat <= now.plus(skew),
            format_args!("not later than now, give or take {skew} s"),
            found,
            || ErrorKind::IssuedInFuture { iat: unix(iat), now: unix(now), skew: skew.to_string() },
        )
    }

    fn not_before(&mut self) -> Result<(), Error> {
        let nbf = claims::numeric_date(self.members, "nbf", Round::Up);
        let Some(nbf) = self.claim(Check::Nbf, nbf)? else { return Ok(()) };
        let (now, skew) = (self.now, self.skew());
        let found = format_args!("{}, {} s ago", nbf.as_unix(), now.since(nbf));
        self.trace.check(
            Check::Nbf,
            nbf <= now.plus(skew),
            format_args!("not later than now, give or take {skew} s"),
            found,
            || ErrorKind::NotYetValid { nbf: unix(nbf), now: unix(now), skew: skew.to_string() },
        )
    }

    /// A security event such as a logout token is no ID token (RFC 8417 2.2, RFC 8725 3.12).
    fn no_other_kind(&mut self) -> Result<(), Error> {
        if self.members.contains_key("events") {
            let fail = || claims::invalid("events", "a security event is no ID token");
            return self.trace.check(
                Check::Typ,
                false,
                format_args!("no events claim"),
                format_args!("one"),
                fail,
            );
        }
        Ok(())
    }

    fn subject(&mut self) -> Result<String, Error> {
        let members = self.members;
        let sub = self.claim(Check::Sub, claims::subject(members))?;
        self.trace.pass(Check::Sub, format_args!("1 to 255 ASCII characters"), format_args!("{sub}"));
        Ok(sub.into())
    }

    fn nonce(&mut self, expectations: &Expectations) -> Result<(), Error> {
        let members = self.members;
        let actual = self.claim(Check::Nonce, claims::string(members, "nonce"))?;
        let Some(expected) = expectations.expected_nonce() else { return Ok(()) };
        let actual = self.required(Check::Nonce, "nonce", Ok(actual))?;
        let passed = expected.matches(actual);
        let found = if passed { "that one" } else { "another one" };
        self.trace.check(
            Check::Nonce,
            passed,
            format_args!("the nonce of this login"),
            format_args!("{found}"),
            || ErrorKind::NonceMismatch,
        )
    }

    fn requested(&mut self, expectations: &Expectations, sub: &str) -> Result<(), Error> {
        let requested = &expectations.requested;
        self.authentication_time(requested.max_age, requested.auth_time)?;
        if let Some(values) = &requested.acr_values {
            let members = self.members;
            let acr = self.required(Check::Acr, "acr", claims::string(members, "acr"))?;
            let passed = values.is_empty() || values.iter().any(|value| value == acr);
            let expected = if values.is_empty() { "any".to_owned() } else { values.join(" or ") };
            self.trace.check(
                Check::Acr,
                passed,
                format_args!("{expected}"),
                format_args!("{acr}"),
                || ErrorKind::AcrMismatch { expected: expected.clone(), actual: acr.into() },
            )?;
        }
        if let Some(expected) = &requested.sub {
            let passed = expected.iter().any(|expected| expected == sub);
            let found = if passed { "that one" } else { "another one" };
            self.trace.check(
                Check::RequestedSub,
                passed,
                format_args!("the end user who was asked for"),
                format_args!("{found}"),
                || ErrorKind::SubMismatch,
            )?;
        }
        Ok(())
    }

    fn authentication_time(&mut self, max_age: Option<u32>, required: bool) -> Result<(), Error> {
        let auth_time = claims::numeric_date(self.members, "auth_time", Round::Down);
        let auth_time = self.claim(Check::AuthTime, auth_time)?;
        if max_age.is_none() && !required {
            return Ok(());
        }
        let auth_time = self.required(Check::AuthTime, "auth_time", Ok(auth_time))?;
        let (now, skew) = (self.now, self.skew());
        let Some(max_age) = max_age else {
            self.trace.pass(
                Check::AuthTime,
                format_args!("to be there"),
                format_args!("{}", auth_time.as_unix()),
            );
            return Ok(());
        };
        let found = format_args!("{}, {} s ago", auth_time.as_unix(), now.since(auth_time));
        let passed = now <= auth_time.plus(max_age).plus(skew) && auth_time <= now.plus(skew);
        self.trace.check(
            Check::AuthTime,
            passed,
            format_args!("at most {max_age} s ago, give or take {skew} s"),
            found,
            || ErrorKind::AuthenticationTooOld {
                auth_time: unix(auth_time),
                max_age: max_age.to_string(),
                now: unix(now),
            },
        )
    }

    fn at_hash(&mut self, expectations: &Expectations) -> Result<(), Error> {
        let members = self.members;
        let at_hash = self.claim(Check::AtHash, claims::string(members, "at_hash"))?;
        let (Some(access_token), Some(at_hash)) = (expectations.expected_access_token(), at_hash) else {
            return Ok(());
        };
        let expected = self.alg.hash().left_half(access_token.expose().as_bytes());
        let passed = base64url(at_hash).is_some_and(|actual| constant_time_eq(&actual, &expected));
        let found = if passed { "it does" } else { "it does not" };
        self.trace.check(
            Check::AtHash,
            passed,
            format_args!("to fit the access token"),
            format_args!("{found}"),
            || ErrorKind::AtHashMismatch,
        )
    }

    fn continuity(&mut self, earlier: &IdTokenClaims, iss: &str, sub: &str) -> Result<(), Error> {
        let text = |members: &Object, claim: &str| {
            claims::string(members, claim).map(|value| value.map(str::to_owned))
        };
        let before = earlier.as_map();
        let nonce = self.claim(Check::Refreshed, text(self.members, "nonce"))?;
        let auth_time = claims::numeric_date(self.members, "auth_time", Round::Down);
        let auth_time = self.claim(Check::Refreshed, auth_time)?;
        let azp = self.claim(Check::Refreshed, text(self.members, "azp"))?;
        let changed = [
            ("iss", iss != earlier.iss()),
            ("sub", sub != earlier.sub()),
            ("nonce", nonce.is_some() && nonce != text(before, "nonce")?),
            (
                "auth_time",
                auth_time.is_some() && auth_time != claims::numeric_date(before, "auth_time", Round::Down)?,
            ),
            ("azp", azp != text(before, "azp")?),
        ];
        for (claim, changed) in changed {
            let found = if changed { "another" } else { "the same, or not there" };
            self.trace.check(
                Check::Refreshed,
                !changed,
                format_args!("{claim} as in the first ID token"),
                format_args!("{found}"),
                || ErrorKind::RefreshedClaimChanged { claim: claim.into() },
            )?;
        }
        Ok(())
    }
}

fn unix(timestamp: Timestamp) -> String {
    timestamp.as_unix().to_string()
}
