//! The checks of a signed token's claims (OIDC Core 3.1.3.7), each a decision.

#[cfg(feature = "logout")]
mod logout;

use alloc::string::String;
use alloc::sync::Arc;

use crate::jose::Alg;
use crate::report::check::{self, Check, Row};
use crate::report::{Error, Trace};
use crate::text::base64::base64url;
use crate::text::json::{Object, Quoted, Round};
use crate::text::limits::size;
use crate::text::secret::constant_time_eq;
use crate::text::{Secret, Timestamp};
use crate::token::claims::{self, Flaw, IdTokenClaims};
use crate::token::demand::Demand;
use crate::token::expectations::Expectations;
use crate::token::requested::{Requested, not_as_asked};
use crate::token::rules::Rules;

/// The claims in which providers say what kind of token it is, and what an ID token says there.
const KINDS: [(&str, &str); 2] = [
    // Keycloak: Bearer, Refresh, Offline, Logout.
    ("typ", "ID"),
    // Cognito: access.
    ("token_use", "id"),
];

/// Everything a token's claims are checked against.
pub(crate) struct Checks<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) demand: &'a Demand,
    pub(crate) members: &'a Object<'a>,
    pub(crate) now: Timestamp,
    pub(crate) trace: &'a mut Trace,
}

impl<'a> Checks<'a> {
    /// Runs them all, the cheap and telling ones first. Yields the issuer and `sub`.
    pub(crate) fn run(mut self) -> Result<(Arc<str>, String), Error> {
        let iss = self.issuer()?;
        self.audience()?;
        self.expiry()?;
        self.issued_at()?;
        self.not_before()?;
        #[cfg(feature = "logout")]
        if matches!(self.demand, Demand::Logout) {
            return self.logout().map(|sub| (iss, sub));
        }
        self.no_other_kind()?;
        #[cfg(feature = "signing")]
        if matches!(self.demand, Demand::Response) {
            return Ok((iss, String::new()));
        }
        let sub = self.subject()?;
        match self.demand {
            Demand::Received(expectations) | Demand::Granted(expectations) => {
                self.nonce(expectations)?;
                self.requested(&expectations.requested, &sub)?;
            }
            Demand::Refreshed { earlier, .. } => self.continuity(earlier, &iss, &sub)?,
            Demand::Restored => {}
            Demand::UserInfo { sub: expected, .. } => {
                self.trace.check(check::UserInfoSub, sub == *expected)?;
            }
            #[cfg(feature = "logout")]
            Demand::Logout => {}
            #[cfg(feature = "signing")]
            Demand::Response => {}
        }
        Ok((iss, sub))
    }

    /// Whether the claim may be missing: the host asked for it, and TLS says whose response it is.
    fn may_lack(&mut self, claim: &'static str) -> bool {
        let Demand::UserInfo { authenticated: true, .. } = self.demand else { return false };
        let lacks = self.rules.policy.accept_userinfo_without_iss_aud && !self.members.has(claim);
        if lacks {
            self.trace.lenient("accept_userinfo_without_iss_aud", claim);
        }
        lacks
    }

    fn unusable(&mut self, row: &'static Row, flaw: Flaw) -> Error {
        self.trace.unusable(row, flaw.claim, flaw.reason)
    }

    fn string(&mut self, row: &'static Row, claim: &'static str) -> Result<Option<Quoted<'a>>, Error> {
        claims::string(self.members, claim).map_err(|flaw| self.unusable(row, flaw))
    }

    fn required_string(&mut self, row: &'static Row, claim: &'static str) -> Result<Quoted<'a>, Error> {
        let value = self.string(row, claim)?;
        claims::required(claim, value).map_err(|flaw| self.unusable(row, flaw))
    }

    fn date(
        &mut self,
        row: &'static Row,
        claim: &'static str,
        round: Round,
    ) -> Result<Option<Timestamp>, Error> {
        claims::numeric_date(self.members, claim, round).map_err(|flaw| self.unusable(row, flaw))
    }

    /// A date that has to be there, but for a UserInfo response, which need not say when it was made.
    fn usual_date(
        &mut self,
        row: &'static Row,
        claim: &'static str,
        round: Round,
    ) -> Result<Option<Timestamp>, Error> {
        let date = self.date(row, claim, round)?;
        match self.demand {
            Demand::Received(_) | Demand::Granted(_) | Demand::Refreshed { .. } | Demand::Restored => {
                claims::required(claim, date).map(Some).map_err(|flaw| self.unusable(row, flaw))
            }
            Demand::UserInfo { .. } => Ok(date),
            #[cfg(feature = "logout")]
            Demand::Logout => {
                claims::required(claim, date).map(Some).map_err(|flaw| self.unusable(row, flaw))
            }
            #[cfg(feature = "signing")]
            Demand::Response if claim == "exp" => {
                claims::required(claim, date).map(Some).map_err(|flaw| self.unusable(row, flaw))
            }
            #[cfg(feature = "signing")]
            Demand::Response => Ok(date),
        }
    }

    fn skew(&self) -> u32 {
        self.rules.policy.allowed_skew_secs
    }

    /// Another spelling that is allowed for is the same issuer, by its configured name. Of many tenants, it is the issuer of the
    /// one that `tid` names.
    fn issuer(&mut self) -> Result<Arc<str>, Error> {
        let rules = self.rules;
        let issuer = match &rules.tenants {
            None => Arc::clone(&rules.issuer),
            #[cfg(feature = "signing")]
            Some(_) if matches!(self.demand, Demand::Response) => Arc::clone(&rules.issuer),
            Some(tenants) => {
                let tid = self.required_string(check::Iss::ROW, "tid")?.text();
                let Some(issuer) = tenants.issuer(&tid) else {
                    // Whatever else the token has or lacks.
                    let actual = self.string(check::Iss::ROW, "iss")?.map(Quoted::text).unwrap_or_default();
                    let expected = "that of a tenant which may log in".into();
                    return Err(self.trace.fail(check::Iss { expected, actual: (&*actual).into() }));
                };
                issuer
            }
        };
        if self.may_lack("iss") {
            return Ok(issuer);
        }
        let actual = self.required_string(check::Iss::ROW, "iss")?.text();
        let same = *actual == *issuer;
        let known = || rules.issuer_aliases.iter().any(|alias| *alias == actual);
        let alias = !same && rules.tenants.is_none() && known();
        let check = check::Iss { expected: (&*issuer).into(), actual: (&*actual).into() };
        self.trace.check(check, same || alias)?;
        if alias {
            self.trace.lenient("issuer_aliases", &actual);
        }
        Ok(issuer)
    }

    fn audience(&mut self) -> Result<(), Error> {
        if self.may_lack("aud") {
            return Ok(());
        }
        let audiences =
            claims::audiences(self.members).map_err(|flaw| self.unusable(check::Aud::ROW, flaw))?;
        let expected = self.rules.client_id.as_str();
        let among = audiences.iter().any(|audience| audience == expected);
        let trusted =
            |audience: &String| audience == expected || self.rules.trusted_audiences.contains(audience);
        let joined;
        let actual = match audiences.as_slice() {
            [audience] => audience.as_str(),
            several => {
                joined = several.join(" ");
                &joined
            }
        };
        self.trace.check(check::Aud { expected: expected.into(), actual: actual.into() }, among)?;
        if !audiences.iter().all(trusted) {
            return Err(self.trace.fail(check::AudUntrusted { actual: actual.into() }));
        }
        match self.string(check::Azp::ROW, "azp")? {
            None if audiences.len() > 1 => {
                Err(self.trace.fail(check::AzpMissing { claim: "azp".into(), expected: expected.into() }))
            }
            None => Ok(()),
            Some(azp) => {
                let actual = azp.text();
                let own = azp.is(expected);
                let trusted = !own && self.rules.trusted_azp.iter().any(|trusted| *trusted == actual);
                let check = check::Azp { expected: expected.into(), actual: (&*actual).into() };
                self.trace.check(check, own || trusted)?;
                if trusted {
                    self.trace.lenient("trusted_azp", &actual);
                }
                Ok(())
            }
        }
    }

    fn expiry(&mut self) -> Result<(), Error> {
        match self.usual_date(check::Exp::ROW, "exp", Round::Down)? {
            None => Ok(()),
            Some(_) if matches!(self.demand, Demand::Restored) => Ok(()),
            Some(exp) => {
                let check = check::Exp {
                    skew: self.skew().into(),
                    exp: exp.as_unix().into(),
                    now: self.now.as_unix().into(),
                };
                self.trace.check(check, self.now < exp.plus(self.skew()))
            }
        }
    }

    fn issued_at(&mut self) -> Result<(), Error> {
        let Some(iat) = self.usual_date(check::Iat::ROW, "iat", Round::Up)? else { return Ok(()) };
        let check = check::Iat {
            skew: self.skew().into(),
            iat: iat.as_unix().into(),
            now: self.now.as_unix().into(),
        };
        self.trace.check(check, iat <= self.now.plus(self.skew()))
    }

    fn not_before(&mut self) -> Result<(), Error> {
        let Some(nbf) = self.date(check::Nbf::ROW, "nbf", Round::Up)? else { return Ok(()) };
        let check = check::Nbf {
            skew: self.skew().into(),
            nbf: nbf.as_unix().into(),
            now: self.now.as_unix().into(),
        };
        self.trace.check(check, nbf <= self.now.plus(self.skew()))
    }

    /// A token that says that it is something else is no ID token (RFC 8725 3.12): a security event such as a logout token
    /// (RFC 8417 2.2), or what the provider's own word for kinds says.
    fn no_other_kind(&mut self) -> Result<(), Error> {
        if !matches!(self.demand, Demand::UserInfo { .. }) {
            for (claim, id_token) in KINDS {
                if let Some(kind) = self.string(check::Kind::ROW, claim)? {
                    let kind = kind.text();
                    if !kind.eq_ignore_ascii_case(id_token) {
                        let (claim, expected) = (claim.into(), id_token.into());
                        let actual = (&*kind).into();
                        return Err(self.trace.fail(check::Kind { claim, expected, actual }));
                    }
                }
            }
        }
        if self.members.has("events") {
            let (claim, reason) = ("events".into(), "a security event is no ID token".into());
            return Err(self.trace.fail(check::TypEvents { claim, reason }));
        }
        Ok(())
    }

    fn subject(&mut self) -> Result<String, Error> {
        let most = size(self.rules.policy.max_sub_bytes);
        let sub = claims::subject(self.members, most).map_err(|flaw| self.unusable(check::Sub::ROW, flaw))?;
        self.trace.pass(check::Sub { sub: sub.as_str().into() });
        if sub.len() > 255 {
            self.trace.lenient("max_sub_bytes", "more than 255 characters");
        }
        Ok(sub)
    }

    fn nonce(&mut self, expectations: &Expectations) -> Result<(), Error> {
        let actual = self.string(check::Nonce::ROW, "nonce")?;
        let Some(expected) = expectations.expected_nonce() else { return Ok(()) };
        let actual =
            claims::required("nonce", actual).map_err(|flaw| self.unusable(check::Nonce::ROW, flaw))?;
        self.trace.check(check::Nonce, expected.matches(&actual.text()))
    }

    fn requested(&mut self, requested: &Requested, sub: &str) -> Result<(), Error> {
        self.authentication_time(requested.max_age, requested.auth_time)?;
        self.authentication_context(requested)?;
        if !requested.claims.is_empty() {
            self.requested_claims(requested)?;
        }
        match &requested.sub {
            None => Ok(()),
            Some(expected) => {
                let passed = expected.iter().any(|expected| expected == sub);
                self.trace.check(check::RequestedSub, passed)
            }
        }
    }

    #[cold]
    fn requested_claims(&mut self, requested: &Requested) -> Result<(), Error> {
        if let Some(claim) = not_as_asked(&requested.claims, self.members) {
            let reason = if self.members.has(claim) { "not a value that was asked for" } else { "" };
            return Err(self.trace.unusable(check::RequestedClaims::ROW, claim, reason));
        }
        self.trace.pass(check::RequestedClaims { claim: "".into(), reason: "".into() });
        Ok(())
    }

    fn authentication_context(&mut self, requested: &Requested) -> Result<(), Error> {
        if !requested.acr && requested.acr_values.is_none() {
            return Ok(());
        }
        let acr = self.required_string(check::Acr::ROW, "acr")?;
        match &requested.acr_values {
            None if acr.is("") => Err(self.unusable(check::Acr::ROW, Flaw { claim: "acr", reason: "empty" })),
            None => {
                self.trace.pass(check::Acr { expected: "any".into(), actual: (&*acr.text()).into() });
                Ok(())
            }
            Some(values) => {
                let passed = values.iter().any(|value| acr.is(value));
                let expected = values.join(" or ");
                let actual = acr.text();
                let check = check::Acr { expected: expected.as_str().into(), actual: (&*actual).into() };
                self.trace.check(check, passed)
            }
        }
    }

    fn authentication_time(&mut self, max_age: Option<u32>, required: bool) -> Result<(), Error> {
        let auth_time = self.date(check::AuthTime::ROW, "auth_time", Round::Down)?;
        if max_age.is_none() && !required {
            return Ok(());
        }
        let auth_time = claims::required("auth_time", auth_time)
            .map_err(|flaw| self.unusable(check::AuthTime::ROW, flaw))?;
        let Some(max_age) = max_age else {
            self.trace.pass(check::AuthTimePresent { auth_time: auth_time.as_unix().into() });
            return Ok(());
        };
        let (now, skew) = (self.now, self.skew());
        let passed = now <= auth_time.plus(max_age).plus(skew) && auth_time <= now.plus(skew);
        let check = check::AuthTime {
            skew: skew.into(),
            auth_time: auth_time.as_unix().into(),
            now: now.as_unix().into(),
            max_age: max_age.into(),
        };
        self.trace.check(check, passed)
    }

    fn continuity(&mut self, earlier: &IdTokenClaims, iss: &str, sub: &str) -> Result<(), Error> {
        let before = earlier.object();
        let nonce = self.string(check::Refreshed::ROW, "nonce")?;
        let auth_time = self.date(check::Refreshed::ROW, "auth_time", Round::Down)?;
        let azp = self.string(check::Refreshed::ROW, "azp")?;
        // What was verified is well-formed: what is not equals nothing.
        let as_before = |claim, now: Option<Quoted<'_>>| match (now, claims::string(&before, claim)) {
            (Some(now), Ok(Some(before))) => now.is(&before.text()),
            (None, Ok(None)) => true,
            _ => false,
        };
        let date_before = |claim| claims::numeric_date(&before, claim, Round::Down);
        let auth_time_before = date_before("auth_time");
        // An end user who authenticated after the first ID token did so again.
        let by_then = matches!(date_before("iat"), Ok(Some(iat)) if auth_time <= Some(iat.plus(self.skew())));
        let same = [
            ("iss", iss == earlier.iss(), false),
            ("sub", sub == earlier.sub(), false),
            ("nonce", nonce.is_none() || as_before("nonce", nonce), true),
            (
                "auth_time",
                auth_time.is_none() || matches!(auth_time_before, Ok(before) if before == auth_time),
                by_then,
            ),
            ("azp", as_before("azp", azp), azp.is_some()),
        ];
        for (claim, same, may_be_new) in same {
            let new =
                !same && may_be_new && self.rules.policy.accept_new_claims_at_refresh && !before.has(claim);
            self.trace.check(check::Refreshed { claim: claim.into() }, same || new)?;
            if new {
                self.trace.lenient("accept_new_claims_at_refresh", claim);
            }
        }
        Ok(())
    }
}

/// Whether `at_hash` fits the access token that came along, where both are there (OIDC Core 3.1.3.8). How it is hashed
/// depends on the key too (RFC 8032: Ed25519 or Ed448), so the verdict counts once the key is known.
pub(crate) fn at_hash(
    members: &Object<'_>,
    alg: Alg,
    access_token: Option<&Secret>,
    trace: &mut Trace,
) -> Result<Option<bool>, Error> {
    let at_hash = claims::string(members, "at_hash")
        .map_err(|flaw| trace.unusable(check::AtHash::ROW, flaw.claim, flaw.reason))?;
    let (Some(access_token), Some(at_hash)) = (access_token, at_hash) else { return Ok(None) };
    let expected = alg.hash().left_half(access_token.expose().as_bytes());
    Ok(Some(base64url(&at_hash.text()).is_some_and(|actual| constant_time_eq(&actual, &expected))))
}
