//! What clients sign: read, and its signature checked with the key that is registered or comes with it.

use ed25519_dalek::Verifier as _;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::encoding::{base64url, from_base64url};

/// A compact JWS, taken apart.
pub(super) struct Jws<'a> {
    pub(super) header: Value,
    pub(super) claims: Value,
    input: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (input, signature) = text.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        let read = |part: &str| serde_json::from_slice(&from_base64url(part)?).ok();
        Some(Self {
            header: read(header)?,
            claims: read(claims)?,
            input,
            signature: from_base64url(signature)?,
        })
    }

    pub(super) fn is_of_type(&self, typ: &str) -> bool {
        self.header["typ"] == typ
    }

    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims[claim].as_str()
    }

    /// Whether it was made within so many seconds of now, and has not expired if it does.
    pub(super) fn is_fresh(&self, now: i64, within: i64) -> bool {
        let made = self.claims["iat"].as_i64().is_some_and(|iat| (now - iat).abs() <= within);
        made && (self.claims["exp"].is_null() || self.claims["exp"].as_i64().is_some_and(|exp| exp > now))
    }

    /// Whether one of these keys made it: the one that its header names, if it names one.
    pub(super) fn is_by_one_of(&self, keys: &[Value]) -> bool {
        let named = &self.header["kid"];
        keys.iter().any(|key| (named.is_null() || key["kid"] == *named) && self.is_by(key))
    }

    /// Whether an HMAC with this secret made it.
    pub(super) fn is_by_secret(&self, secret: &str) -> bool {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok();
        let mac = mac.filter(|_| self.header["alg"] == "HS256").map(|mac| mac.chain_update(self.input));
        mac.is_some_and(|mac| mac.verify_slice(&self.signature).is_ok())
    }

    /// Whether the key of this public JWK made it.
    pub(super) fn is_by(&self, jwk: &Value) -> bool {
        let member = |name: &str| from_base64url(jwk[name].as_str()?);
        let (alg, kind) = (self.header["alg"].as_str(), jwk["crv"].as_str());
        match (alg, kind) {
            (Some("ES256"), Some("P-256")) => (|| {
                let point = [&[4][..], &member("x")?, &member("y")?].concat();
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
                let signature = p256::ecdsa::Signature::from_slice(&self.signature).ok()?;
                key.verify(self.input.as_bytes(), &signature).ok()
            })()
            .is_some(),
            (Some("EdDSA" | "Ed25519"), Some("Ed25519")) => (|| {
                let point = member("x")?.try_into().ok()?;
                let key = ed25519_dalek::VerifyingKey::from_bytes(&point).ok()?;
                let signature = ed25519_dalek::Signature::from_slice(&self.signature).ok()?;
                key.verify(self.input.as_bytes(), &signature).ok()
            })()
            .is_some(),
            _ => false,
        }
    }
}

/// The thumbprint of a public key (RFC 7638 3), for the kinds that clients have here.
pub(super) fn thumbprint(jwk: &Value) -> Option<String> {
    let names: &[&str] = match jwk["kty"].as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let members: Option<Vec<String>> =
        names.iter().map(|name| jwk[*name].as_str().map(|value| format!("\"{name}\":\"{value}\""))).collect();
    Some(base64url(Sha256::digest(format!("{{{}}}", members?.join(",")))))
}

/// What is left of a JWK when what is private is taken away.
pub(super) fn public(jwk: &Value) -> Value {
    let mut jwk = jwk.clone();
    if let Some(members) = jwk.as_object_mut() {
        members.retain(|name, _| name != "d");
    }
    jwk
}
