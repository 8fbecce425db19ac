//! Signing keys, made from a seed so that a run can be repeated.

use std::sync::OnceLock;

use crate::encoding::base64url;
use p256::ecdsa::signature::{SignatureEncoding, Signer};
use rsa::pkcs1v15;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// 2048-bit RSA keys in PKCS#8 that everybody can read here: for tests, and for nothing else.
const TEST_RSA_KEYS: [&[u8]; 4] = [
    include_bytes!("test_rsa_key_1.der"),
    include_bytes!("test_rsa_key_2.der"),
    include_bytes!("test_rsa_key_3.der"),
    include_bytes!("test_rsa_key_4.der"),
];

/// A private key with the name it is published under.
#[derive(Clone, Debug)]
pub struct SigningKey {
    kid: String,
    private: Private,
}

#[derive(Clone, Debug)]
enum Private {
    P256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    Rsa(Box<pkcs1v15::SigningKey<Sha256>>),
}

impl SigningKey {
    /// A P-256 key, which signs with ES256.
    pub fn es256(kid: &str, seed: [u8; 32]) -> Self {
        let mut candidate = seed;
        loop {
            match p256::ecdsa::SigningKey::from_bytes(&candidate.into()) {
                Ok(key) => return Self { kid: kid.into(), private: Private::P256(key) },
                // Zero or not below the group order: once in 2^32 seeds.
                Err(_) => candidate = Sha256::digest(candidate).into(),
            }
        }
    }

    /// An Ed25519 key, which signs with EdDSA.
    pub fn eddsa(kid: &str, seed: [u8; 32]) -> Self {
        Self { kid: kid.into(), private: Private::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)) }
    }

    /// The first of the committed RSA test keys, which signs with RS256.
    pub fn rs256_test_key(kid: &str) -> Self {
        Self::rs256(kid, 0)
    }

    /// One of the committed RSA test keys, which signs with RS256. There are four.
    pub fn rs256(kid: &str, number: usize) -> Self {
        // Reading one takes longer than anything else here.
        static READ: [OnceLock<pkcs1v15::SigningKey<Sha256>>; 4] = [const { OnceLock::new() }; 4];
        let number = number % TEST_RSA_KEYS.len();
        let key = READ[number].get_or_init(|| {
            let key = rsa::PrivateKey::from_pkcs8_der(TEST_RSA_KEYS[number]);
            pkcs1v15::SigningKey::new(key.expect("the committed keys are PKCS#8"))
        });
        Self { kid: kid.into(), private: Private::Rsa(Box::new(key.clone())) }
    }

    /// The name in the JWKS and in the header of each token.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The JWS algorithm this key serves.
    pub fn alg(&self) -> &'static str {
        match self.private {
            Private::P256(_) => "ES256",
            Private::Ed25519(_) => "EdDSA",
            Private::Rsa(_) => "RS256",
        }
    }

    /// The public half as a JWK.
    pub fn jwk(&self) -> Value {
        let mut jwk = match &self.private {
            Private::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                json!({ "kty": "EC", "crv": "P-256", "x": base64url(&point.as_bytes()[1..33]), "y": base64url(&point.as_bytes()[33..]) })
            }
            Private::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(key.verifying_key().as_bytes()) })
            }
            Private::Rsa(key) => {
                let public: &rsa::PrivateKey = key.as_ref().as_ref();
                json!({ "kty": "RSA", "n": base64url(public.n_bytes()), "e": base64url(public.e_bytes()) })
            }
        };
        jwk["kid"] = self.kid.as_str().into();
        jwk["alg"] = self.alg().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// The key itself as a JWK, for whoever is to sign with it.
    pub fn private_jwk(&self) -> Value {
        let mut jwk = self.jwk();
        match &self.private {
            Private::P256(key) => jwk["d"] = base64url(key.to_bytes()).into(),
            Private::Ed25519(key) => jwk["d"] = base64url(key.as_bytes()).into(),
            Private::Rsa(key) => {
                let private: &rsa::PrivateKey = key.as_ref().as_ref();
                let [p, q] = private.primes() else { panic!("the committed keys have two primes") };
                let coefficient = private.crt_coefficient();
                let members = [
                    ("d", Some(private.d())),
                    ("p", Some(p)),
                    ("q", Some(q)),
                    ("dp", private.dp()),
                    ("dq", private.dq()),
                    ("qi", coefficient.as_ref()),
                ];
                for (member, number) in members {
                    let octets = number.expect("a key that was read has them all").to_be_bytes();
                    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
                    jwk[member] = base64url(&octets[zeros..]).into();
                }
            }
        }
        jwk
    }

    /// A compact JWS over `claims`.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.alg(), "kid": self.kid });
        compact(&header, claims, |input| self.signature(input))
    }

    /// Whether this key made that compact JWS. Each of the three algorithms is deterministic as used here, so
    /// signing again tells.
    pub(super) fn made(&self, jws: &str) -> bool {
        jws.rsplit_once('.')
            .is_some_and(|(input, signature)| signature == base64url(self.signature(input.as_bytes())))
    }

    /// The signature by this key.
    pub(crate) fn signature(&self, input: &[u8]) -> Vec<u8> {
        match &self.private {
            Private::P256(key) => Signer::<p256::ecdsa::Signature>::sign(key, input).to_vec(),
            Private::Ed25519(key) => key.sign(input).to_vec(),
            Private::Rsa(key) => key.sign(input).to_vec(),
        }
    }
}

/// A compact JWS: `sign` makes the signature of what is to be signed.
pub(super) fn compact(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| base64url(value.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    let signature = base64url(sign(input.as_bytes()));
    format!("{input}.{signature}")
}
