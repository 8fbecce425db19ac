//! JWTs that this client makes: what is signed, and what it becomes (RFC 7515 7.1, RFC 7519 7.1).

use alloc::string::String;
use core::fmt;

use crate::jose::Alg;
use crate::text::base64::to_base64url;
use crate::text::json::Writer;

/// A JWT without its signature.
#[derive(Clone)]
pub(crate) struct Unsigned(String);

/// Who signs, as the header says it.
pub(crate) enum By<'a> {
    Kid(Option<&'a str>),
    /// By `kid` and by the SHA-256 thumbprint of a certificate (RFC 7515 4.1.8).
    Certificate(Option<&'a str>, &'a str),
    /// The public key itself, as JSON (RFC 9449 4.2).
    Jwk(&'a str),
}

impl Unsigned {
    /// `typ` says what the token is for: so that none serves for another (RFC 8725 3.11).
    pub(crate) fn new(typ: &str, alg: Alg, by: By<'_>, claims: &str) -> Unsigned {
        let mut header = Writer::new();
        header.text("typ", typ).text("alg", alg.as_str());
        let kid = match by {
            By::Kid(kid) | By::Certificate(kid, _) => kid,
            By::Jwk(_) => None,
        };
        if let Some(kid) = kid {
            header.text("kid", kid);
        }
        match by {
            By::Kid(_) => {}
            By::Certificate(_, thumbprint) => drop(header.text("x5t#S256", thumbprint)),
            By::Jwk(jwk) => drop(header.raw("jwk", jwk)),
        }
        Unsigned([&*to_base64url(header.end().as_bytes()), ".", &to_base64url(claims.as_bytes())].concat())
    }

    /// What is signed.
    pub(crate) fn signing_input(&self) -> &str {
        &self.0
    }

    pub(crate) fn signed(self, signature: &[u8]) -> String {
        [&*self.0, ".", &to_base64url(signature)].concat()
    }
}

impl fmt::Debug for Unsigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[unsigned]")
    }
}
