//! A compact JWS taken apart (RFC 7515 7.1), before anything in it is believed.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::error::{Error, ErrorKind};
use crate::jose::{Alg, base64url};
use crate::json::{Json, Object};
use crate::policy::{Policy, size};

/// Bytes of a key's `kid`.
pub(crate) const MAX_KID: usize = 256;

/// Header members that would let the token choose its key or its meaning, or that we do not implement.
const REFUSED: [&str; 5] = ["crit", "b64", "jwk", "jku", "x5u"];

/// A token's parts: the header's words, and the bytes to verify. Nothing in it has been verified.
pub(crate) struct Jws<'a> {
    /// The algorithm the header names, in its own spelling.
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
    pub(crate) signing_input: &'a str,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    pub(crate) fn parse(token: &'a str, policy: &Policy) -> Result<Jws<'a>, Error> {
        if token.len() > size(policy.max_token_bytes) {
            return Err(ErrorKind::TokenTooLarge.with([&policy.max_token_bytes.to_string()]));
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed("not three parts"));
        };
        if signature.is_empty() {
            return Err(malformed("no signature"));
        }
        let length = token.len().saturating_sub(signature.len()).saturating_sub(1);
        let signing_input = token.get(..length).unwrap_or_default();
        let header = base64url(header).ok_or_else(|| malformed("header is not base64url"))?;
        if header.len() > size(policy.max_header_bytes) {
            return Err(malformed("header is too large"));
        }
        let header = Object::parse_within(&header, policy.json())
            .map_err(|reason| malformed(&["header: ", &reason].concat()))?;
        if let Some(member) = REFUSED.into_iter().find(|member| header.has(member)) {
            return Err(ErrorKind::HeaderRefused.with([member]));
        }
        let kid = optional(&header, "kid")?;
        if kid.as_ref().is_some_and(|kid| kid.len() > size(policy.max_kid_bytes)) {
            return Err(malformed("kid is too long"));
        }
        Ok(Jws {
            alg: optional(&header, "alg")?.ok_or_else(|| malformed("no alg"))?,
            kid,
            typ: optional(&header, "typ")?,
            signing_input,
            payload: base64url(payload).ok_or_else(|| malformed("payload is not base64url"))?,
            signature: base64url(signature).ok_or_else(|| malformed("signature is not base64url"))?,
        })
    }

    /// The header's algorithm if it is one of `allowed`.
    pub(crate) fn alg(&self, allowed: &[Alg]) -> Option<Alg> {
        allowed.iter().copied().find(|alg| alg.as_str() == self.alg)
    }
}

fn optional(header: &Object<'_>, member: &str) -> Result<Option<String>, Error> {
    match header.get(member) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.text().into_owned())),
        Some(_) => Err(malformed(&[member, " is not a string"].concat())),
    }
}

fn malformed(reason: &str) -> Error {
    ErrorKind::MalformedToken.with([reason])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::to_base64url;

    fn token(header: &str) -> String {
        format!("{}.{}.{}", to_base64url(header.as_bytes()), to_base64url(b"{}"), to_base64url(b"signature"))
    }

    fn code(token: &str) -> &'static str {
        Jws::parse(token, &Policy::default()).map(|_| "accepted").unwrap_or_else(|error| error.code())
    }

    #[test]
    fn a_plain_token_is_taken_apart() {
        let token = token(r#"{"alg":"RS256","kid":"k","typ":"JWT","x5t":"ignored"}"#);
        let policy = Policy::default();
        let jws = Jws::parse(&token, &policy).unwrap();
        assert_eq!(
            (jws.alg.as_str(), jws.kid.as_deref(), jws.typ.as_deref()),
            ("RS256", Some("k"), Some("JWT"))
        );
        assert_eq!(
            (jws.payload.as_slice(), jws.signature.as_slice()),
            (b"{}".as_slice(), b"signature".as_slice())
        );
        assert_eq!(jws.alg(&[Alg::Es256, Alg::Rs256]), Some(Alg::Rs256));
        assert_eq!(jws.alg(&[Alg::Es256]), None);
    }

    #[test]
    fn members_that_could_steer_verification_are_refused() {
        for member in [
            "\"crit\":[]",
            "\"crit\":[\"exp\"]",
            "\"b64\":false",
            "\"b64\":true",
            "\"jwk\":{}",
            "\"jku\":\"x\"",
            "\"x5u\":null",
        ] {
            assert_eq!(code(&token(&format!(r#"{{"alg":"RS256",{member}}}"#))), "header_refused", "{member}");
        }
    }

    #[test]
    fn malformed_tokens_are_refused() {
        let good = token(r#"{"alg":"RS256"}"#);
        let (input, _) = good.rsplit_once('.').unwrap();
        for bad in [
            "",
            ".",
            "..",
            "...",
            "a.b",
            &format!("{good}."),
            &format!("{input}."),
            &format!("{good}="),
            &format!(" {good}"),
            &good.replace('.', ".."),
        ] {
            assert_eq!(code(bad), "malformed_token", "{bad}");
        }
        for header in [
            "{}",
            "[]",
            r#"{"alg":1}"#,
            r#"{"alg":null}"#,
            r#"{"alg":"RS256","kid":1}"#,
            r#"{"alg":"RS256","kid":null}"#,
            r#"{"alg":"a","alg":"b"}"#,
        ] {
            assert_eq!(code(&token(header)), "malformed_token", "{header}");
        }
        assert_eq!(
            code(&token(&format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(257)))),
            "malformed_token"
        );
        assert_eq!(code(&".".repeat(10 << 20)), "token_too_large");
    }

    #[test]
    fn a15_non_canonical_base64url_is_refused() {
        let good = token(r#"{"alg":"RS256"}"#);
        // The last character of a part carries unused bits: setting them gives another spelling of the same bytes.
        let spelled = format!("{}.e31.{}", good.split('.').next().unwrap(), to_base64url(b"x"));
        assert_eq!(code(&spelled), "malformed_token");
    }
}
