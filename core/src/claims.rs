//! The claims of an ID token that passed every check, and how each claim is read.

use std::fmt;

use serde_json::Value;

use crate::decision::{Decision, Trace};
use crate::error::ErrorKind;
use crate::json::Object;
use crate::time::Timestamp;

/// The claims of a verified ID token.
///
/// There is no way to make one but to verify a token: holding it is the proof that every check passed.
#[derive(Clone)]
pub struct IdTokenClaims {
    members: Object,
    iss: String,
    sub: String,
    trace: Trace,
}

impl IdTokenClaims {
    /// For the verifier alone.
    pub(crate) fn verified(members: Object, iss: String, sub: String, trace: Trace) -> IdTokenClaims {
        IdTokenClaims { members, iss, sub, trace }
    }

    /// The issuer.
    pub fn iss(&self) -> &str {
        &self.iss
    }

    /// The end user at this issuer. Only `iss` and `sub` together name a person; an e-mail address does not.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// Any claim.
    pub fn get(&self, claim: &str) -> Option<&Value> {
        self.members.get(claim)
    }

    /// Whether the provider vouches for `email`: only a JSON `true` counts.
    pub fn email_verified(&self) -> bool {
        email_verified(&self.members)
    }

    /// Whether the provider vouches for `email`, for providers that write the text `"true"` (Apple, Cognito,
    /// LinkedIn). Anything else but `true` is false.
    pub fn email_verified_lenient(&self) -> bool {
        email_verified_lenient(&self.members)
    }

    /// All claims as a JSON object.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.members).unwrap_or_default()
    }

    /// All claims, by name.
    pub fn as_map(&self) -> &serde_json::Map<String, Value> {
        &self.members
    }

    /// What was checked.
    pub fn decisions(&self) -> &[Decision] {
        self.trace.decisions()
    }
}

impl IdTokenClaims {
    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }
}

impl fmt::Debug for IdTokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdTokenClaims({} claims of {})", self.members.len(), self.iss)
    }
}

pub(crate) fn email_verified(members: &Object) -> bool {
    members.get("email_verified") == Some(&Value::Bool(true))
}

pub(crate) fn email_verified_lenient(members: &Object) -> bool {
    email_verified(members) || members.get("email_verified").and_then(Value::as_str) == Some("true")
}

/// A claim is absent, of the wrong type (null is one), or present.
pub(crate) fn string<'a>(members: &'a Object, claim: &str) -> Result<Option<&'a str>, ErrorKind> {
    match members.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(claim, "not a string")),
    }
}

/// A claim that has to be there.
pub(crate) fn required<T>(claim: &str, value: Option<T>) -> Result<T, ErrorKind> {
    value.ok_or_else(|| missing(claim))
}

/// Which way a fraction of a second goes: always the stricter.
#[derive(Clone, Copy)]
pub(crate) enum Round {
    Down,
    Up,
}

/// A NumericDate (RFC 7519 2): a JSON number of seconds, up to the year 9999.
pub(crate) fn numeric_date(
    members: &Object,
    claim: &str,
    round: Round,
) -> Result<Option<Timestamp>, ErrorKind> {
    const LAST: f64 = 253_402_300_799.0;
    let number = match members.get(claim) {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(_) => return Err(invalid(claim, "not a number")),
    };
    let seconds = number
        .filter(|seconds| (0.0..=LAST).contains(seconds))
        .ok_or_else(|| invalid(claim, "not a time in seconds"))?;
    let whole = match round {
        Round::Down => seconds.floor(),
        Round::Up => seconds.ceil(),
    };
    // In range by the check above, so the cast is exact.
    #[allow(clippy::cast_possible_truncation)]
    Ok(Some(Timestamp::from_unix(whole as i64)))
}

/// `aud`: a string, or an array of strings that is not empty.
pub(crate) fn audiences(members: &Object) -> Result<Vec<&str>, ErrorKind> {
    let unusable = || invalid("aud", "neither a string nor a list of strings");
    match members.get("aud") {
        None => Err(missing("aud")),
        Some(Value::String(audience)) => Ok(vec![audience]),
        Some(Value::Array(audiences)) if !audiences.is_empty() => {
            audiences.iter().map(|audience| audience.as_str().ok_or_else(unusable)).collect()
        }
        Some(_) => Err(unusable()),
    }
}

/// `sub`: 1 to 255 ASCII characters (OIDC Core 2).
pub(crate) fn subject(members: &Object) -> Result<&str, ErrorKind> {
    let sub = required("sub", string(members, "sub")?)?;
    if sub.is_empty() || sub.len() > 255 || !sub.is_ascii() {
        return Err(invalid("sub", "not 1 to 255 ASCII characters"));
    }
    Ok(sub)
}

pub(crate) fn missing(claim: &str) -> ErrorKind {
    ErrorKind::ClaimMissing { claim: claim.into() }
}

pub(crate) fn invalid(claim: &str, reason: &str) -> ErrorKind {
    ErrorKind::ClaimInvalid { claim: claim.into(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn members(claim: &str, value: &str) -> Object {
        json::object(format!(r#"{{"{claim}":{value}}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn dates_are_seconds_with_an_optional_fraction() {
        let date = |value: &str, round| {
            numeric_date(&members("exp", value), "exp", round).map(|date| date.map(Timestamp::as_unix))
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
            assert_eq!(date(bad, Round::Down).unwrap_err().code(), "claim_invalid", "{bad}");
        }
    }

    #[test]
    fn audiences_are_strings() {
        assert_eq!(audiences(&members("aud", "\"a\"")).unwrap(), ["a"]);
        assert_eq!(audiences(&members("aud", "[\"a\",\"b\"]")).unwrap(), ["a", "b"]);
        for bad in ["[]", "[null]", "[[\"a\"]]", "1", "null", "{}", "true"] {
            assert_eq!(audiences(&members("aud", bad)).unwrap_err().code(), "claim_invalid", "{bad}");
        }
        assert_eq!(audiences(&Object::new()).unwrap_err().code(), "claim_missing");
    }

    #[test]
    fn email_verified_is_true_only_if_it_is_true() {
        for (value, strict, lenient) in [
            ("true", true, true),
            ("\"true\"", false, true),
            ("\"false\"", false, false),
            ("1", false, false),
            ("null", false, false),
        ] {
            let members = members("email_verified", value);
            assert_eq!(
                (email_verified(&members), email_verified_lenient(&members)),
                (strict, lenient),
                "{value}"
            );
        }
    }
}
