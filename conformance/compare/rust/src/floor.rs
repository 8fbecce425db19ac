//! The floor: as little as verifying an ID token can be. A parsed key, three times base64, the claims borrowed by serde,
//! and only those checks that every library makes.

use std::borrow::Cow;
use std::collections::HashMap;

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

pub(crate) struct Floor {
    keys: HashMap<String, (&'static str, ParsedPublicKey)>,
    issuer: String,
    client_id: String,
}

#[derive(Deserialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "reading them is the work")]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    nonce: &'a str,
    at_hash: &'a str,
    acr: &'a str,
    #[serde(borrow)]
    amr: Vec<&'a str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    given_name: &'a str,
    family_name: &'a str,
    email: &'a str,
    email_verified: bool,
}

impl Floor {
    pub(crate) fn new(keys: &[Value], issuer: &str, client_id: &str) -> Floor {
        let keys = keys.iter().map(|jwk| (text(jwk, "kid").to_owned(), parse(jwk))).collect();
        Floor { keys, issuer: issuer.into(), client_id: client_id.into() }
    }

    /// The length of the subject's name, if the token is good.
    pub(crate) fn verify(&self, id_token: &str, nonce: &str, now: i64) -> Option<usize> {
        let (input, signature) = id_token.rsplit_once('.')?;
        let (header, payload) = input.split_once('.')?;
        let header = URL_SAFE_NO_PAD.decode(header).ok()?;
        let header: Header = serde_json::from_slice(&header).ok()?;
        let (alg, key) = self.keys.get(header.kid)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if header.alg != *alg || key.verify_sig(input.as_bytes(), &signature).is_err() {
            return None;
        }
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let claims: Claims = serde_json::from_slice(&payload).ok()?;
        let good = claims.iss == self.issuer
            && claims.aud == self.client_id
            && claims.exp > now
            && claims.iat <= now
            && claims.nonce == nonce;
        good.then_some(claims.sub.len())
    }
}

fn parse(jwk: &Value) -> (&'static str, ParsedPublicKey) {
    let bytes = |name| URL_SAFE_NO_PAD.decode(text(jwk, name)).unwrap();
    match text(jwk, "kty") {
        "RSA" => {
            let components = PublicKeyComponents { n: bytes("n"), e: bytes("e") };
            ("RS256", components.to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256).unwrap())
        }
        "EC" => {
            let point = [vec![4], bytes("x"), bytes("y")].concat();
            ("ES256", ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).unwrap())
        }
        "OKP" => ("EdDSA", ParsedPublicKey::new(&signature::ED25519, bytes("x")).unwrap()),
        other => panic!("{other} is not a type of key"),
    }
}

fn text<'a>(jwk: &'a Value, member: &str) -> &'a str {
    jwk[member].as_str().unwrap_or_else(|| panic!("the key has no {member}"))
}
