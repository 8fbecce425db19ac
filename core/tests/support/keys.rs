//! Signing keys of the test provider, and a host's own signature check.

use std::sync::OnceLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use relyingparty::{Alg, VerifyRequest};
use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::signature::{RandomizedSigner, SignatureEncoding, Signer, Verifier};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey, pkcs1v15, pss};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

pub(crate) fn unb64(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

/// A private key with its place in the key set.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) alg: Alg,
    private: Private,
}

#[derive(Clone)]
enum Private {
    Ed25519(ed25519_dalek::SigningKey),
    P256(p256::ecdsa::SigningKey),
    Rsa(&'static RsaPrivateKey),
}

/// The one RSA key: generating one takes longer than all tests together.
fn rsa_key() -> &'static RsaPrivateKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        RsaPrivateKey::from_pkcs8_pem(include_str!("../data/rsa_2048_for_tests_only.pem")).unwrap()
    })
}

/// The salts of PSS, the same in every run.
struct Salt;

impl RngCore for Salt {
    fn next_u32(&mut self) -> u32 {
        7
    }
    fn next_u64(&mut self) -> u64 {
        7
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        bytes.fill(7);
        Ok(())
    }
}

impl CryptoRng for Salt {}

impl Key {
    /// A key that is derived from its `kid`: another name, another key (but for RSA, of which there is one).
    pub(crate) fn new(alg: Alg, kid: &str) -> Key {
        Key::seeded(alg, kid, kid)
    }

    /// Another key under the same name.
    pub(crate) fn seeded(alg: Alg, kid: &str, seed: &str) -> Key {
        let seed: [u8; 32] = Sha256::digest(seed).into();
        let private = match alg {
            Alg::EdDsa | Alg::Ed25519 => Private::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)),
            Alg::Es256 => Private::P256(p256::ecdsa::SigningKey::from_slice(&seed).unwrap()),
            _ => Private::Rsa(rsa_key()),
        };
        Key { kid: kid.into(), alg, private }
    }

    /// The public key as the provider publishes it.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.private {
            Private::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(key.verifying_key().as_bytes()) })
            }
            Private::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                json!({ "kty": "EC", "crv": "P-256", "x": b64(point.x().unwrap()), "y": b64(point.y().unwrap()) })
            }
            Private::Rsa(key) => {
                json!({ "kty": "RSA", "n": b64(key.n().to_bytes_be()), "e": b64(key.e().to_bytes_be()) })
            }
        };
        for (name, value) in [("kid", self.kid.as_str()), ("alg", self.alg.as_str()), ("use", "sig")] {
            jwk[name] = value.into();
        }
        jwk
    }

    /// Signs, with the algorithm that `alg` names.
    pub(crate) fn sign(&self, alg: Alg, message: &[u8]) -> Vec<u8> {
        match (&self.private, alg) {
            (Private::Ed25519(key), _) => key.sign(message).to_vec(),
            (Private::P256(key), _) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_vec()
            }
            (Private::Rsa(key), Alg::Rs256) => pkcs1::<Sha256>(key, message),
            (Private::Rsa(key), Alg::Rs384) => pkcs1::<Sha384>(key, message),
            (Private::Rsa(key), Alg::Rs512) => pkcs1::<Sha512>(key, message),
            (Private::Rsa(key), Alg::Ps256) => {
                pss::SigningKey::<Sha256>::new((*key).clone()).sign_with_rng(&mut Salt, message).to_vec()
            }
            (Private::Rsa(key), Alg::Ps384) => {
                pss::SigningKey::<Sha384>::new((*key).clone()).sign_with_rng(&mut Salt, message).to_vec()
            }
            (Private::Rsa(key), _) => {
                pss::SigningKey::<Sha512>::new((*key).clone()).sign_with_rng(&mut Salt, message).to_vec()
            }
        }
    }

    /// An ID token with the usual header.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.alg.as_str(), "kid": self.kid, "typ": "JWT" });
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// A token of any header and payload, truly signed.
    pub(crate) fn token_of(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", b64(header), b64(payload));
        let signature = self.sign(self.alg, input.as_bytes());
        format!("{input}.{}", b64(signature))
    }

    /// `at_hash` as this key's algorithm makes it, of full length: the left half is the claim.
    pub(crate) fn hash(&self, access_token: &str) -> Vec<u8> {
        match self.alg {
            Alg::Rs384 | Alg::Ps384 => Sha384::digest(access_token).to_vec(),
            Alg::Rs512 | Alg::Ps512 | Alg::EdDsa | Alg::Ed25519 => Sha512::digest(access_token).to_vec(),
            _ => Sha256::digest(access_token).to_vec(),
        }
    }

    /// The right `at_hash` claim.
    pub(crate) fn at_hash(&self, access_token: &str) -> String {
        let hash = self.hash(access_token);
        b64(&hash[..hash.len() / 2])
    }
}

fn pkcs1<D: Digest + rsa::pkcs8::AssociatedOid>(key: &RsaPrivateKey, message: &[u8]) -> Vec<u8> {
    pkcs1v15::SigningKey::<D>::new(key.clone()).sign(message).to_vec()
}

/// What a host with its own cryptography answers to [`relyingparty::Request::Verify`].
pub(crate) fn host_verifies(request: &VerifyRequest) -> bool {
    let jwk: Value = serde_json::from_str(&request.jwk).unwrap();
    let member = |name: &str| unb64(jwk[name].as_str().unwrap());
    let (message, signature) = (request.signing_input.as_slice(), request.signature.as_slice());
    match jwk["kty"].as_str().unwrap() {
        "OKP" => {
            let key =
                ed25519_dalek::VerifyingKey::from_bytes(&member("x").as_slice().try_into().unwrap()).unwrap();
            ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|good| key.verify(message, &good).is_ok())
        }
        "EC" => {
            let point = [vec![4], member("x"), member("y")].concat();
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
            p256::ecdsa::Signature::from_slice(signature).is_ok_and(|good| key.verify(message, &good).is_ok())
        }
        _ => {
            let integer = |name: &str| BigUint::from_bytes_be(&member(name));
            let key = RsaPublicKey::new(integer("n"), integer("e")).unwrap();
            match request.alg {
                Alg::Rs256 => verify_pkcs1::<Sha256>(key, message, signature),
                Alg::Rs384 => verify_pkcs1::<Sha384>(key, message, signature),
                Alg::Rs512 => verify_pkcs1::<Sha512>(key, message, signature),
                Alg::Ps256 => verify_pss(pss::VerifyingKey::<Sha256>::new(key), message, signature),
                Alg::Ps384 => verify_pss(pss::VerifyingKey::<Sha384>::new(key), message, signature),
                Alg::Ps512 => verify_pss(pss::VerifyingKey::<Sha512>::new(key), message, signature),
                other => panic!("an RSA key for {other:?}"),
            }
        }
    }
}

fn verify_pkcs1<D: Digest + rsa::pkcs8::AssociatedOid>(
    key: RsaPublicKey,
    message: &[u8],
    signature: &[u8],
) -> bool {
    pkcs1v15::Signature::try_from(signature)
        .is_ok_and(|good| pkcs1v15::VerifyingKey::<D>::new(key).verify(message, &good).is_ok())
}

fn verify_pss(key: impl Verifier<pss::Signature>, message: &[u8], signature: &[u8]) -> bool {
    pss::Signature::try_from(signature).is_ok_and(|good| key.verify(message, &good).is_ok())
}
