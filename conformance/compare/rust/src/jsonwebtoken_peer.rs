//! jsonwebtoken: `decode` with a key and a `Validation` that are kept. The key is at hand, not looked up.

use std::hint::black_box;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use crate::work::Work;

pub(crate) struct Peer {
    key: DecodingKey,
    validation: Validation,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "reading them is the work")]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    auth_time: i64,
    nonce: String,
    at_hash: String,
    acr: String,
    amr: Vec<String>,
    name: String,
    given_name: String,
    family_name: String,
    email: String,
    email_verified: bool,
}

impl Peer {
    pub(crate) fn new(work: &Work, alg: &str) -> Peer {
        let is_for_alg = |jwk: &&serde_json::Value| jwk["alg"] == alg;
        let jwk = work.jwks.keys.iter().find(is_for_alg).expect("a key for each algorithm");
        let jwk: Jwk = serde_json::from_value(jwk.clone()).unwrap();
        let mut validation = Validation::new(alg.parse::<Algorithm>().unwrap());
        validation.set_issuer(&[&work.issuer]);
        validation.set_audience(&[&work.client_id]);
        validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
        Peer { key: DecodingKey::from_jwk(&jwk).unwrap(), validation }
    }

    pub(crate) fn verify(&self, id_token: &str, nonce: &str) {
        let token = decode::<Claims>(id_token, &self.key, &self.validation).expect("the token is good");
        assert_eq!(token.claims.nonce, nonce);
        black_box(&token.claims.sub);
    }
}
