//! The provider's keys, and its signature.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};

use crate::reference::{base64url, to_base64url};

static ED25519: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("any seed is a key"));

/// The key of RFC 7515 A.3.1.
static P256: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let octets = |text| base64url(text).expect("it is base64url");
    let x = octets("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    let y = octets("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let d = octets("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    let public = [vec![4], x, y].concat();
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &d, &public)
        .expect("it is a key pair")
});

static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| {
    let pem = include_str!("../../core/tests/data/rsa_2048_for_tests_only.pem");
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    RsaKeyPair::from_pkcs8(&base64url(&text).expect("it is base64")).expect("it is a key")
});

/// What the provider publishes.
pub static JWKS: LazyLock<Value> = LazyLock::new(|| {
    let (x, y) = P256.public_key().as_ref()[1..].split_at(32);
    // RSAPublicKey (RFC 8017 A.1.1): headers and a zero octet, the modulus, the exponent 65537.
    let n = &RSA.public_key().as_ref()[9..][..RSA.public_modulus_len()];
    let rsa = |alg: &str| {
        json!({ "kty": "RSA", "kid": alg, "alg": alg, "use": "sig",
                "n": to_base64url(n), "e": "AQAB" })
    };
    json!({ "keys": [
        { "kty": "OKP", "crv": "Ed25519", "kid": "EdDSA", "alg": "EdDSA", "use": "sig",
          "x": to_base64url(ED25519.public_key().as_ref()) },
        { "kty": "EC", "crv": "P-256", "kid": "ES256", "alg": "ES256", "use": "sig",
          "x": to_base64url(x), "y": to_base64url(y) },
        rsa("RS256"),
        rsa("PS256"),
    ] })
});

/// The algorithms that the provider signs with; each has a key of its name.
pub const ALGS: [&str; 4] = ["EdDSA", "ES256", "RS256", "PS256"];

/// A token of this header and payload, truly signed.
pub fn token(alg: &str, header: &[u8], payload: &[u8]) -> String {
    signed(alg, &format!("{}.{}", to_base64url(header), to_base64url(payload)))
}

/// A token with a usual header.
pub fn id_token(claims: &Value) -> String {
    token("EdDSA", br#"{"alg":"EdDSA","kid":"EdDSA"}"#, claims.to_string().as_bytes())
}

/// A signing input with its signature.
pub fn signed(alg: &str, signing_input: &str) -> String {
    let message = signing_input.as_bytes();
    let rsa = |padding| {
        let mut signature = vec![0; RSA.public_modulus_len()];
        RSA.sign(padding, &SystemRandom::new(), message, &mut signature).expect("a signature");
        signature
    };
    let signature = match alg {
        "ES256" => P256.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec(),
        "RS256" => rsa(&RSA_PKCS1_SHA256),
        "PS256" => rsa(&RSA_PSS_SHA256),
        _ => ED25519.sign(message).as_ref().to_vec(),
    };
    format!("{signing_input}.{}", to_base64url(&signature))
}
