//! What a provider is about to say of a person, before it is signed: what a mutation may change.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};

use super::keys::{SigningKey, compact};
use super::mutation::{Object, append};
use crate::encoding::base64url;

/// A signed token to be.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Members of the header beside `alg` and `kid`.
    pub header: Object,
    /// The claims.
    pub claims: Object,
    /// The algorithm: that of one of the provider's keys, `HS256` with the client's secret, or `none`.
    pub alg: String,
    /// Whether the header names the key.
    pub with_kid: bool,
    /// Whether the signature is spoiled.
    pub damaged: bool,
    /// When it is made.
    pub now: i64,
}

impl Draft {
    pub(crate) fn new(claims: Object, alg: &str, now: i64) -> Self {
        Self { header: Object::new(), claims, alg: alg.into(), with_kid: true, damaged: false, now }
    }

    /// Sets a claim.
    pub fn set(&mut self, claim: &str, value: impl Into<Value>) {
        self.claims.insert(claim.into(), value.into());
    }

    /// Leaves a claim out.
    pub fn remove(&mut self, claim: &str) {
        self.claims.remove(claim);
    }

    /// Adds a suffix to a claim that is a text.
    pub fn append(&mut self, claim: &str, suffix: &str) {
        append(&mut self.claims, claim, suffix);
    }

    /// The compact JWS, or `None` when no key serves the algorithm.
    pub(crate) fn sign(self, keys: &[SigningKey], client_secret: Option<&str>) -> Option<String> {
        let key = keys.iter().find(|key| key.alg() == self.alg);
        let mac = client_secret.and_then(|secret| Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok());
        let mut header = json!({ "alg": self.alg });
        for (member, value) in self.header {
            header[member] = value;
        }
        if let (true, Some(key)) = (self.with_kid, key) {
            header["kid"] = key.kid().into();
        }
        let claims = Value::Object(self.claims);
        match (self.alg.as_str(), key, mac) {
            ("none", _, _) => Some(compact(&header, &claims, |_| Vec::new())),
            ("HS256", _, Some(mac)) => Some(compact(&header, &claims, |input| {
                damage(mac.chain_update(input).finalize().into_bytes().to_vec(), self.damaged)
            })),
            (_, Some(key), _) => {
                Some(compact(&header, &claims, |input| damage(key.signature(input), self.damaged)))
            }
            _ => None,
        }
    }
}

/// The same bytes but for one bit.
fn damage(mut signature: Vec<u8>, damaged: bool) -> Vec<u8> {
    if let (true, Some(first)) = (damaged, signature.first_mut()) {
        *first ^= 4;
    }
    signature
}

/// A UserInfo response to be.
#[derive(Clone, Debug)]
pub struct Person {
    /// The claims.
    pub claims: Object,
    /// The algorithm of a signed response; plain JSON when there is none.
    pub signed: Option<&'static str>,
    /// The provider that speaks; a signed response does not say when this is empty.
    pub issuer: String,
    /// The client that it speaks to; the same.
    pub client_id: String,
}

/// The left half of the hash that goes with the algorithm (OIDC Core 3.1.3.6).
pub(super) fn at_hash(alg: &str, access_token: &str) -> String {
    match alg {
        "EdDSA" => base64url(&Sha512::digest(access_token)[..32]),
        _ => base64url(&Sha256::digest(access_token)[..16]),
    }
}
