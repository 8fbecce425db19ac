//! Signing keys of the test provider, and a host's own signature check.

use std::convert::Infallible;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use relyingparty::{Alg, VerifyRequest};
use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::signature::{SignatureEncoding, Signer, Verifier};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey, PublicKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// What clients sign with that share a secret with their provider: long enough for every hash.
pub(crate) const CLIENT_SECRET: &str = "a client secret of sixty-four octets or more, to be a key to HS512";

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
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
    #[cfg(feature = "es256k")]
    Secp256k1(k256::ecdsa::SigningKey),
    Rsa(&'static PrivateKey),
    Secret,
}

/// The one RSA key: generating one takes longer than all tests together.
fn rsa_key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        PrivateKey::from_pkcs8_pem(include_str!("../data/rsa_2048_for_tests_only.pem")).unwrap()
    })
}

/// Salts and blinding that are the same in every run.
struct Predictable(u8);

impl TryRng for Predictable {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0 = self.0.wrapping_add(1);
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Predictable {}

impl Key {
    /// A key that is derived from its `kid`: another name, another key (but for RSA, of which there is one).
    pub(crate) fn new(alg: Alg, kid: &str) -> Key {
        Key::seeded(alg, kid, kid)
    }

    /// Another key under the same name.
    pub(crate) fn seeded(alg: Alg, kid: &str, seed: &str) -> Key {
        // Below the order of each curve, whose first octets are 0xff (P-521: 0x01).
        let mut seed: [u8; 66] =
            std::array::from_fn(|place| seed.bytes().fold(place as u8, u8::wrapping_add));
        let digest: [u8; 32] = Sha256::digest(seed).into();
        seed[..2].fill(0);
        seed[34..].copy_from_slice(&digest);
        let private = match alg {
            Alg::EdDsa | Alg::Ed25519 => Private::Ed25519(ed25519_dalek::SigningKey::from_bytes(&digest)),
            Alg::Es256 => Private::P256(p256::ecdsa::SigningKey::from_slice(&digest).unwrap()),
            Alg::Es384 => Private::P384(p384::ecdsa::SigningKey::from_slice(&seed[18..]).unwrap()),
            Alg::Es512 => Private::P521(p521::ecdsa::SigningKey::from_slice(&seed).unwrap()),
            #[cfg(feature = "es256k")]
            Alg::Es256k => Private::Secp256k1(k256::ecdsa::SigningKey::from_slice(&digest).unwrap()),
            Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => Private::Secret,
            _ => Private::Rsa(rsa_key()),
        };
        Key { kid: kid.into(), alg, private }
    }

    /// The public key as the provider publishes it.
    pub(crate) fn jwk(&self) -> Value {
        let ec = |crv: &str, point: &[u8]| {
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({ "kty": "EC", "crv": crv, "x": b64(x), "y": b64(y) })
        };
        let mut jwk = match &self.private {
            Private::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(key.verifying_key().as_bytes()) })
            }
            Private::P256(key) => ec("P-256", &key.verifying_key().to_sec1_point(false).to_bytes()),
            Private::P384(key) => ec("P-384", &key.verifying_key().to_sec1_point(false).to_bytes()),
            Private::P521(key) => ec("P-521", &key.verifying_key().to_sec1_point(false).to_bytes()),
            #[cfg(feature = "es256k")]
            Private::Secp256k1(key) => ec("secp256k1", &key.verifying_key().to_sec1_point(false).to_bytes()),
            Private::Rsa(key) => {
                json!({ "kty": "RSA", "n": b64(key.n_bytes()), "e": b64(key.e_bytes()) })
            }
            Private::Secret => json!({ "kty": "oct", "k": b64("never published") }),
        };
        for (name, value) in [("kid", self.kid.as_str()), ("alg", self.alg.as_str()), ("use", "sig")] {
            jwk[name] = value.into();
        }
        jwk
    }

    /// Signs, with the algorithm that `alg` names.
    pub(crate) fn sign(&self, alg: Alg, message: &[u8]) -> Vec<u8> {
        let random = &mut Predictable(0);
        match (&self.private, alg) {
            (Private::Ed25519(key), _) => key.sign(message).to_vec(),
            (Private::P256(key), _) => Signer::<p256::ecdsa::Signature>::sign(key, message).to_vec(),
            (Private::P384(key), _) => Signer::<p384::ecdsa::Signature>::sign(key, message).to_vec(),
            (Private::P521(key), _) => Signer::<p521::ecdsa::Signature>::sign(key, message).to_vec(),
            #[cfg(feature = "es256k")]
            (Private::Secp256k1(key), _) => Signer::<k256::ecdsa::Signature>::sign(key, message).to_vec(),
            (Private::Rsa(key), Alg::Rs256) => key.pkcs1v15_sign::<Sha256>(message).unwrap(),
            (Private::Rsa(key), Alg::Rs384) => key.pkcs1v15_sign::<Sha384>(message).unwrap(),
            (Private::Rsa(key), Alg::Rs512) => key.pkcs1v15_sign::<Sha512>(message).unwrap(),
            (Private::Rsa(key), Alg::Ps256) => key.pss_sign_with_rng::<Sha256, _>(random, message).unwrap(),
            (Private::Rsa(key), Alg::Ps384) => key.pss_sign_with_rng::<Sha384, _>(random, message).unwrap(),
            (Private::Rsa(key), _) => key.pss_sign_with_rng::<Sha512, _>(random, message).unwrap(),
            (Private::Secret, Alg::Hs256) => mac::<Hmac<Sha256>>(message),
            (Private::Secret, Alg::Hs384) => mac::<Hmac<Sha384>>(message),
            (Private::Secret, _) => mac::<Hmac<Sha512>>(message),
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
        match self.alg.as_str() {
            "RS384" | "PS384" | "ES384" | "HS384" => Sha384::digest(access_token).to_vec(),
            "RS512" | "PS512" | "ES512" | "HS512" | "EdDSA" | "Ed25519" => {
                Sha512::digest(access_token).to_vec()
            }
            _ => Sha256::digest(access_token).to_vec(),
        }
    }

    /// The right `at_hash` claim.
    pub(crate) fn at_hash(&self, access_token: &str) -> String {
        let hash = self.hash(access_token);
        b64(&hash[..hash.len() / 2])
    }
}

fn mac<M: Mac + KeyInit>(message: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(CLIENT_SECRET.as_bytes()).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// What a host with its own cryptography answers to [`relyingparty::Request::Verify`].
pub(crate) fn host_verifies(request: &VerifyRequest) -> bool {
    let jwk: Value = serde_json::from_str(request.jwk()).unwrap();
    let member = |name: &str| unb64(jwk[name].as_str().unwrap());
    let point = || [vec![4], member("x"), member("y")].concat();
    let rsa = || {
        let integer = |name: &str| BoxedUint::from_be_slice_vartime(&member(name));
        PublicKey::new(integer("n"), integer("e")).unwrap()
    };
    let (message, signature) = (request.signing_input(), request.signature());
    match request.alg() {
        Alg::EdDsa | Alg::Ed25519 => {
            // Without cryptography of its own, the core cannot tell whether a point is on the curve.
            let Ok(key) = ed25519_dalek::VerifyingKey::try_from(member("x").as_slice()) else { return false };
            ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|good| key.verify(message, &good).is_ok())
        }
        Alg::Es256 => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap();
            p256::ecdsa::Signature::from_slice(signature).is_ok_and(|good| key.verify(message, &good).is_ok())
        }
        Alg::Es384 => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap();
            p384::ecdsa::Signature::from_slice(signature).is_ok_and(|good| key.verify(message, &good).is_ok())
        }
        Alg::Es512 => {
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap();
            p521::ecdsa::Signature::from_slice(signature).is_ok_and(|good| key.verify(message, &good).is_ok())
        }
        #[cfg(feature = "es256k")]
        Alg::Es256k => {
            let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(&point()).unwrap();
            k256::ecdsa::Signature::from_slice(signature).is_ok_and(|good| key.verify(message, &good).is_ok())
        }
        Alg::Rs256 => rsa().pkcs1v15_verify::<Sha256>(message, signature).is_ok(),
        Alg::Rs384 => rsa().pkcs1v15_verify::<Sha384>(message, signature).is_ok(),
        Alg::Rs512 => rsa().pkcs1v15_verify::<Sha512>(message, signature).is_ok(),
        Alg::Ps256 => rsa().pss_verify::<Sha256>(message, signature).is_ok(),
        Alg::Ps384 => rsa().pss_verify::<Sha384>(message, signature).is_ok(),
        Alg::Ps512 => rsa().pss_verify::<Sha512>(message, signature).is_ok(),
        other => panic!("{other:?} is not asked of a host"),
    }
}
