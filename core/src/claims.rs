//! The claims of an ID token that passed every check, and how each claim is read.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::decision::{Decision, Trace};
use crate::json::{self, Document, Json, Object, Quoted, Round};
use crate::time::Timestamp;

/// The claims of a verified ID token.
///
/// There is no way to make one but to verify a token: holding it is the proof that every check passed. Cheap to
/// clone.
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

    /// The issuer.
    pub fn iss(&self) -> &str {
        &self.0.iss
    }

    /// The end user at this issuer. Only `iss` and `sub` together name a person; an e-mail address does not.
    pub fn sub(&self) -> &str {
        &self.0.sub
    }

    /// Any claim.
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.as_map().get(claim)
    }

    /// The claims as a type of your own, which may borrow from them.
    ///
    /// # Errors
    /// serde_json's, when the claims are not of that shape.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_json())
    }

    /// Whether the provider vouches for `email`: only a JSON `true` counts.
    pub fn email_verified(&self) -> bool {
        email_verified(&self.0.claims)
    }

    /// Whether the provider vouches for `email`, for providers that write the text `"true"` (Apple, Cognito,
    /// LinkedIn). Anything else but `true` is false.
    pub fn email_verified_lenient(&self) -> bool {
        email_verified_lenient(&self.0.claims)
    }

    /// All claims as the JSON object that was signed.
    pub fn as_json(&self) -> &str {
        self.0.claims.as_json()
    }

    /// All claims, by name.
    pub fn as_map(&self) -> &Map<String, Value> {
        self.0.claims.as_map()
    }

    /// What was checked.
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

impl fmt::Debug for IdTokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdTokenClaims({} claims of {})", self.0.claims.object().members().len(), self.iss())
    }
}

pub(crate) fn email_verified(claims: &Document) -> bool {
    matches!(claims.object().get("email_verified"), Some(Json::Bool(true)))
}

pub(crate) fn email_verified_lenient(claims: &Document) -> bool {
    match claims.object().get("email_verified") {
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

/// `aud`: a string, or an array of strings that is not empty.
pub(crate) fn audiences(members: &Object<'_>) -> Result<Vec<String>, Flaw> {
    let audiences = match members.get("aud") {
        None => return Err(Flaw::missing("aud")),
        Some(Json::Text(audience)) => Some(vec![audience.text().into_owned()]),
        Some(audiences) => audiences.texts().filter(|audiences| !audiences.is_empty()),
    };
    audiences.ok_or(Flaw { claim: "aud", reason: "neither a string nor a list of strings" })
}

/// `sub`: 1 to 255 ASCII characters (OIDC Core 2).
pub(crate) fn subject(members: &Object<'_>, most: usize) -> Result<String, Flaw> {
    let sub = required("sub", string(members, "sub")?)?.text().into_owned();
    if sub.is_empty() || sub.len() > 255 || !sub.is_ascii() {
        return Err(Flaw { claim: "sub", reason: "not 1 to 255 ASCII characters" });
    }
    if sub.len() > most {
        return Err(Flaw { claim: "sub", reason: "longer than the policy allows" });
    }
    Ok(sub)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn email_verified_is_true_only_if_it_is_true() {
        for (value, strict, lenient) in [
            ("true", true, true),
            ("false", false, false),
            ("\"true\"", false, true),
            ("\"false\"", false, false),
            ("1", false, false),
            ("null", false, false),
        ] {
            let claims = Document::of(format!(r#"{{"email_verified":{value}}}"#));
            assert_eq!(
                (email_verified(&claims), email_verified_lenient(&claims)),
                (strict, lenient),
                "{value}"
            );
        }
    }
}
