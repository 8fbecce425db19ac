//! A compact JWS taken apart (RFC 7515 7.1), before anything in it is believed.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::jose::Alg;
use crate::report::{Error, ErrorKind};
use crate::text::base64::base64url;
use crate::text::json::{Bounds, Json, Object};
use crate::text::limits::size;

/// Bytes of a key's `kid`: as many as any policy allows.
pub(crate) const MAX_KID: usize = 1_024;

/// Header members that change what a token means, none of which is implemented.
const REFUSED: [&str; 2] = ["crit", "b64"];

/// Header members that name a key of the token's own. They are never looked into: keys come from the provider's metadata
/// alone. Some providers write them (Cloud Foundry UAA, SAP).
const IGNORED: [&str; 3] = ["jku", "x5u", "jwk"];

/// How far a token may go, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct TokenLimits {
    pub(crate) token: u32,
    pub(crate) header: u32,
    pub(crate) kid: u32,
    pub(crate) json: Bounds,
}

/// A token's parts: the header's words, and the bytes to verify. Nothing in it has been verified.
pub(crate) struct Jws<'a> {
    /// The algorithm the header names, in its own spelling.
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
    /// Members of the header that name a key of its own, and lead nowhere.
    pub(crate) ignored: [Option<&'static str>; 3],
    pub(crate) signing_input: &'a str,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    pub(crate) fn parse(token: &'a str, limits: TokenLimits) -> Result<Jws<'a>, Error> {
        if token.len() > size(limits.token) {
            return Err(ErrorKind::TokenTooLarge.with([&limits.token.to_string(), "max_token_bytes"]));
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed(if is_encrypted(token, limits) { ENCRYPTED } else { "not three parts" }));
        };
        if signature.is_empty() {
            return Err(malformed("no signature"));
        }
        let length = token.len().saturating_sub(signature.len()).saturating_sub(1);
        let signing_input = token.get(..length).unwrap_or_default();
        let header = base64url(header).ok_or_else(|| malformed("header is not base64url"))?;
        if header.len() > size(limits.header) {
            return Err(malformed("header is too large (raise max_header_bytes)"));
        }
        let header = Object::parse_within(&header, limits.json)
            .map_err(|reason| malformed(&["header: ", &reason].concat()))?;
        if let Some(member) = REFUSED.into_iter().find(|member| header.has(member)) {
            return Err(ErrorKind::HeaderRefused.with([member]));
        }
        let kid = optional(&header, "kid")?;
        if kid.as_ref().is_some_and(|kid| kid.len() > size(limits.kid)) {
            return Err(malformed("kid is too long (raise max_kid_bytes)"));
        }
        Ok(Jws {
            alg: optional(&header, "alg")?.ok_or_else(|| malformed("no alg"))?,
            kid,
            typ: optional(&header, "typ")?,
            ignored: IGNORED.map(|member| header.has(member).then_some(member)),
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

const ENCRYPTED: &str = "is encrypted (JWE): encrypted tokens are not supported";

/// Whether it is a compact JWE: five parts, and a header that names an `enc` (RFC 7516 3.1, 4.1.2).
fn is_encrypted(token: &str, limits: TokenLimits) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    if token.bytes().filter(|byte| *byte == b'.').count() != 4
        || header.len() > size(limits.header).saturating_mul(2)
    {
        return false;
    }
    base64url(header).is_some_and(|header| {
        Object::parse_within(&header, limits.json).is_ok_and(|header| header.has("enc"))
    })
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
    use crate::text::base64::to_base64url;

    const LIMITS: TokenLimits = TokenLimits { token: 16_384, header: 4_096, kid: 256, json: Bounds::USUAL };

    fn token(header: &str) -> String {
        format!("{}.{}.{}", to_base64url(header.as_bytes()), to_base64url(b"{}"), to_base64url(b"signature"))
    }

    fn code(token: &str) -> &'static str {
        Jws::parse(token, LIMITS).map(|_| "accepted").unwrap_or_else(|error| error.code())
    }

    #[test]
    fn a_plain_token_is_taken_apart() {
        let token = token(r#"{"alg":"RS256","kid":"k","typ":"JWT","x5t":"ignored"}"#);
        let jws = Jws::parse(&token, LIMITS).unwrap();
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
        for member in ["\"crit\":[]", "\"crit\":[\"exp\"]", "\"b64\":false", "\"b64\":true"] {
            assert_eq!(code(&token(&format!(r#"{{"alg":"RS256",{member}}}"#))), "header_refused", "{member}");
        }
    }

    #[test]
    fn members_that_name_a_key_are_noted_and_not_looked_into() {
        for value in ["{}", "\"https://op.example/jwks\"", "null", "[1]", r#"{"kty":"oct","k":"AAAA"}"#] {
            for member in IGNORED {
                let token = token(&format!(r#"{{"alg":"RS256","{member}":{value}}}"#));
                let ignored = Jws::parse(&token, LIMITS).unwrap().ignored;
                assert_eq!(ignored.into_iter().flatten().collect::<Vec<_>>(), [member], "{value}");
            }
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
    fn encrypted_tokens_are_named_as_such() {
        let reason = |token: &str| {
            let error = Jws::parse(token, LIMITS).map(|_| ()).unwrap_err();
            (error.code(), error.detail("reason").unwrap().to_owned())
        };
        let header = |header: &str| to_base64url(header.as_bytes());
        let jwe = header(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"JWT"}"#);
        let encrypted = ("malformed_token", ENCRYPTED.to_owned());
        assert_eq!(reason(&format!("{jwe}.key.iv.text.tag")), encrypted);
        assert_eq!(reason(&format!("{jwe}..iv.text.tag")), encrypted, "dir has no encrypted key");
        let plain = header(r#"{"alg":"RS256"}"#);
        for other in [
            format!("{plain}.a.b.c.d"),
            format!("{jwe}.a.b.c"),
            format!("{jwe}.a.b.c.d.e"),
            "....".into(),
            "!.a.b.c.d".into(),
            format!("{}.a.b.c.d", header(&format!(r#"{{"enc":"{}"}}"#, "a".repeat(9_000)))),
        ] {
            assert_eq!(reason(&other), ("malformed_token", "not three parts".into()), "{other}");
        }
    }

    #[test]
    fn a15_non_canonical_base64url_is_refused() {
        let good = token(r#"{"alg":"RS256"}"#);
        // The last character of a part carries unused bits: setting them gives another spelling of the same bytes.
        let spelled = format!("{}.e31.{}", good.split('.').next().unwrap(), to_base64url(b"x"));
        assert_eq!(code(&spelled), "malformed_token");
    }
}
