//! DPoP proofs (RFC 9449 4).

use sha2::{Digest, Sha256};

use crate::jose::SigningKey;
use crate::jose::jwt::{By, Unsigned};
use crate::machine::Method;
use crate::text::Timestamp;
use crate::text::base64::to_base64url;
use crate::text::json::Writer;
use crate::text::origin;

/// What a proof says: of one request, at one time.
pub(crate) struct Proof<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a str,
    /// The access token that is sent along (`ath`).
    pub(crate) access_token: Option<&'a str>,
    /// What the server gave for its next proof.
    pub(crate) nonce: Option<&'a str>,
    /// Unique to this proof.
    pub(crate) jti: &'a str,
    pub(crate) now: Timestamp,
}

impl Proof<'_> {
    /// The proof, to be signed with this key; none where its public half is not known.
    pub(crate) fn unsigned(&self, key: &SigningKey) -> Option<Unsigned> {
        let mut claims = Writer::new();
        claims
            .text("jti", self.jti)
            .text("htm", self.method.as_str())
            .text("htu", &origin::target(self.url))
            .number("iat", self.now.as_unix());
        if let Some(access_token) = self.access_token {
            claims.text("ath", &to_base64url(&Sha256::digest(access_token)));
        }
        if let Some(nonce) = self.nonce {
            claims.text("nonce", nonce);
        }
        Some(Unsigned::new("dpop+jwt", key.alg(), By::Jwk(key.bare_jwk()?), &claims.end()))
    }
}
