//! The claims of an ID token that passed every check, and how each claim is read.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::report::{Decision, Trace};
use crate::text::json::{self, Document, Json, Object, Quoted, Round, Writer};
use crate::text::order::repeats;
use crate::text::time::Timestamp;
use crate::token::standard::{standard_accessors, standard_claims};

/// The claims of a verified ID token.
///
/// They exist only if every check passed: a token was verified, or a session was opened that this application sealed.
/// Cheap to clone.
#[derive(Clone)]
pub struct IdTokenClaims(Arc<Verified>);

/// What a signed token says, once it is believed.
pub(crate) struct Verified {
    pub(crate) claims: Document,
    pub(crate) iss: Arc<str>,
    pub(crate) sub: String,
    pub(crate) trace: Trace,
}

impl IdTokenClaims {
    /// For the verifier alone.
    pub(crate) fn new(verified: Verified) -> IdTokenClaims {
        IdTokenClaims(Arc::new(verified))
    }

    /// For an ID token that was verified before the application sealed it: read again, not verified again.
    #[cfg(feature = "sealed")]
    pub(crate) fn read_again(
        id_token: &str,
        issuer: Arc<str>,
        tenant: impl FnOnce(&str, &str) -> bool,
        trace: Trace,
    ) -> Option<IdTokenClaims> {
        let payload = id_token.split('.').nth(1)?;
        let claims = String::from_utf8(crate::text::base64::base64url(payload)?).ok()?;
        let members = Object::parse_own(claims.as_bytes()).ok()?;
        let sub = subject(&members, usize::MAX).ok()?;
        let text = |claim| string(&members, claim).ok().flatten().map(Quoted::text);
        let iss = match (text("iss"), text("tid")) {
            (Some(iss), Some(tid)) if tenant(&iss, &tid) => iss.into(),
            _ => issuer,
        };
        let claims = under_its_name(&members, &iss).unwrap_or(claims);
        Some(IdTokenClaims::new(Verified { claims: Document::of(claims), iss, sub, trace }))
    }

    /// The issuer.
    pub fn iss(&self) -> &str {
        &self.0.iss
    }

    /// The end user's identifier at this issuer. Only `iss` and `sub` together identify a user; an e-mail address does
    /// not.
    pub fn sub(&self) -> &str {
        &self.0.sub
    }

    /// Any claim, of whatever type it is. A standard claim has an accessor that checks its type.
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.as_map().get(claim)
    }

    /// The claims as a type of your own.
    ///
    /// # Errors
    /// serde_json's, when the claims are not of that shape.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_json())
    }

    /// Whether the provider vouches for `email`, for providers that send the string `"true"` (Apple, Cognito,
    /// LinkedIn).
    pub fn email_verified_lenient(&self) -> bool {
        email_verified_lenient(&self.object())
    }

    /// All claims as the JSON object that was signed. If the token has an alias of the issuer, `iss` is the configured
    /// issuer here, and the [decision](IdTokenClaims::decisions) `iss` shows the alias.
    pub fn as_json(&self) -> &str {
        self.0.claims.as_json()
    }

    /// All claims, by name.
    pub fn as_map(&self) -> &Map<String, Value> {
        self.0.claims.as_map()
    }

    /// What was checked, in order.
    pub fn decisions(&self) -> Vec<Decision> {
        self.0.trace.decisions()
    }

    pub(crate) fn object(&self) -> Object<'_> {
        self.0.claims.object()
    }

    pub(crate) fn trace(&self) -> &Trace {
        &self.0.trace
    }
}

standard_claims!(standard_accessors, IdTokenClaims);

impl fmt::Debug for IdTokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdTokenClaims({} claims of {})", self.0.claims.object().members().len(), self.iss())
    }
}

/// Claims with the issuer by its configured name, where they spell it otherwise.
pub(crate) fn under_its_name(members: &Object<'_>, issuer: &str) -> Option<String> {
    if matches!(members.get("iss")?, Json::Text(iss) if iss.is(issuer)) {
        return None;
    }
    let mut claims = Writer::new();
    for member in members.members() {
        match &*member.name {
            "iss" => claims.text("iss", issuer),
            name => claims.raw(name, member.raw),
        };
    }
    Some(claims.end())
}

pub(crate) fn email_verified_lenient(claims: &Object<'_>) -> bool {
    match claims.get("email_verified") {
        Some(Json::Bool(verified)) => verified,
        Some(Json::Text(text)) => text.is("true"),
        _ => false,
    }
}

/// Why a claim cannot be used: it is missing if there is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) claim: &'static str,
    pub(crate) reason: &'static str,
}

impl Flaw {
    const fn missing(claim: &'static str) -> Flaw {
        Flaw { claim, reason: "" }
    }
}

/// A claim is absent, of the wrong type (null is one), or present.
pub(crate) fn string<'a>(members: &Object<'a>, claim: &'static str) -> Result<Option<Quoted<'a>>, Flaw> {
    match members.get(claim) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(Flaw { claim, reason: "not a string" }),
    }
}

/// A claim that has to be there.
pub(crate) fn required<T>(claim: &'static str, value: Option<T>) -> Result<T, Flaw> {
    value.ok_or(Flaw::missing(claim))
}

/// A NumericDate (RFC 7519 2): a JSON number of seconds, up to the year 9999.
pub(crate) fn numeric_date(
    members: &Object<'_>,
    claim: &'static str,
    round: Round,
) -> Result<Option<Timestamp>, Flaw> {
    let seconds = match members.get(claim) {
        None => return Ok(None),
        Some(Json::Number(number)) => json::seconds(number, round),
        Some(_) => return Err(Flaw { claim, reason: "not a number" }),
    };
    let seconds = seconds.ok_or(Flaw { claim, reason: "not a time in seconds" })?;
    Ok(Some(Timestamp::from_unix(seconds)))
}

/// `aud`: a string, or an array of strings that is not empty. One that is named twice is one.
pub(crate) fn audiences(members: &Object<'_>) -> Result<Vec<String>, Flaw> {
    let audiences = match members.get("aud") {
        None => return Err(Flaw::missing("aud")),
        Some(Json::Text(audience)) => Some(vec![audience.text().into_owned()]),
        Some(audiences) => audiences.texts().filter(|audiences| !audiences.is_empty()).map(distinct),
    };
    audiences.ok_or(Flaw { claim: "aud", reason: "neither a string nor a list of strings" })
}

/// Each text once, in the order of its first.
fn distinct(texts: Vec<String>) -> Vec<String> {
    let repeats = repeats(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    texts.into_iter().zip(repeats).filter(|(_, repeated)| !repeated).map(|(text, _)| text).collect()
}

/// `sub`: ASCII (OIDC Core 2) that can be printed, at most so many characters.
pub(crate) fn subject(members: &Object<'_>, most: usize) -> Result<String, Flaw> {
    let sub = required("sub", string(members, "sub")?)?.text().into_owned();
    if sub.is_empty() {
        return Err(Flaw { claim: "sub", reason: "empty" });
    }
    if !sub.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Flaw { claim: "sub", reason: "not printable ASCII" });
    }
    if sub.len() > most {
        return Err(Flaw { claim: "sub", reason: "too long (raise max_sub_bytes)" });
    }
    Ok(sub)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::standard;

    fn with<T>(claim: &str, value: &str, read: impl FnOnce(&Object<'_>) -> T) -> T {
        read(&Object::parse(format!(r#"{{"{claim}":{value}}}"#).as_bytes()).unwrap())
    }

    #[test]
    fn dates_are_seconds_with_an_optional_fraction() {
        let date = |value: &str, round| {
            with("exp", value, |members| numeric_date(members, "exp", round))
                .map(|date| date.map(Timestamp::as_unix))
                .map_err(|flaw| flaw.claim)
        };
        assert_eq!(date("1800000000", Round::Down), Ok(Some(1_800_000_000)));
        assert_eq!(date("1800000000.5", Round::Down), Ok(Some(1_800_000_000)));
        assert_eq!(date("1800000000.5", Round::Up), Ok(Some(1_800_000_001)));
        assert_eq!(date("1.8e9", Round::Down), Ok(Some(1_800_000_000)));
        assert_eq!(date("253402300799", Round::Up), Ok(Some(253_402_300_799)));
        for bad in [
            "-1",
            "1e300",
            "253402300800",
            "1800000000000",
            "\"1800000000\"",
            "true",
            "null",
            "[]",
            "{}",
            "9223372036854775808",
        ] {
            assert_eq!(date(bad, Round::Down), Err("exp"), "{bad}");
        }
    }

    #[test]
    fn audiences_are_strings() {
        let read = |value: &str| with("aud", value, |members| audiences(members).map_err(|flaw| flaw.reason));
        assert_eq!(read("\"a\"").unwrap(), ["a"]);
        assert_eq!(read("[\"a\",\"b\"]").unwrap(), ["a", "b"]);
        for bad in ["[]", "[null]", "[[\"a\"]]", "1", "null", "{}", "true"] {
            assert_eq!(read(bad), Err("neither a string nor a list of strings"), "{bad}");
        }
        assert_eq!(audiences(&Object::default()), Err(Flaw::missing("aud")));
    }

    #[test]
    fn an_audience_that_is_named_twice_is_one() {
        let read = |value: &str| with("aud", value, |members| audiences(members).unwrap());
        assert_eq!(read(r#"["a","a"]"#), ["a"]);
        assert_eq!(read(r#"["b","a","b","\u0061","c"]"#), ["b", "a", "c"]);
    }

    #[test]
    fn a_subject_is_printable_ascii_of_the_policys_length() {
        let read = |sub: &str, most| {
            let quoted = serde_json::Value::from(sub).to_string();
            with("sub", &quoted, |members| subject(members, most).map_err(|flaw| flaw.reason))
        };
        assert_eq!(read("auth0|a b", 255).as_deref(), Ok("auth0|a b"));
        assert_eq!(read(&"s".repeat(300), 1_024).map(|sub| sub.len()), Ok(300));
        assert_eq!(read(&"s".repeat(256), 255), Err("too long (raise max_sub_bytes)"));
        assert_eq!(read("", 255), Err("empty"));
        for bad in ["a\0", "a\r\nX: y", "\n", "a\u{7f}", "\u{e4}", "\u{202e}a"] {
            assert_eq!(read(bad, 255), Err("not printable ASCII"), "{bad:?}");
        }
    }

    #[test]
    fn email_verified_is_true_only_if_it_is_true() {
        for (value, strict, lenient) in [
            ("true", true, true),
            ("false", false, false),
            ("\"true\"", false, true),
            ("\"false\"", false, false),
            ("1", false, false),
            ("null", false, false),
        ] {
            let read = with("email_verified", value, |claims| {
                (standard::is_true(claims, "email_verified"), email_verified_lenient(claims))
            });
            assert_eq!(read, (strict, lenient), "{value}");
        }
    }
}
