//! RustCrypto: pure Rust, the same on every platform.

use alloc::boxed::Box;

use ed25519_dalek::VerifyingKey as Ed25519Key;
use p256::ecdsa::VerifyingKey as P256Key;
use p256::ecdsa::signature::Verifier as _;
use p384::ecdsa::VerifyingKey as P384Key;
use p521::ecdsa::VerifyingKey as P521Key;
use rsa::BoxedUint;
use sha2::{Sha256, Sha384, Sha512};

use crate::jose::Alg;
use crate::jose::alg::KeyType;
use crate::jose::jwk::Public;

/// A parsed key.
#[derive(Debug)]
pub(crate) enum Verifier {
    Rsa(Box<rsa::PublicKey>),
    P256(Box<P256Key>),
    P384(Box<P384Key>),
    P521(Box<P521Key>),
    #[cfg(feature = "es256k")]
    Secp256k1(Box<k256::ecdsa::VerifyingKey>),
    Ed25519(Box<Ed25519Key>),
}

impl Verifier {
    pub(crate) fn new(public: &Public) -> Result<Verifier, &'static str> {
        const NO_POINT: &str = "is not a point on the curve";
        match public {
            Public::Rsa { n, e } => {
                const NO_KEY: &str = "is not a usable RSA key";
                let integer = |octets: &[u8]| BoxedUint::from_be_slice_vartime(octets);
                rsa::PublicKey::new_with_size_limits(integer(n), integer(e), 2_048..=8_192)
                    .map(|key| Verifier::Rsa(Box::new(key)))
                    .map_err(|_| NO_KEY)
            }
            Public::Ec { curve, .. } => {
                let point = public.sec1();
                match curve {
                    KeyType::P256 => {
                        P256Key::from_sec1_bytes(&point).map(|key| Verifier::P256(Box::new(key)))
                    }
                    KeyType::P384 => {
                        P384Key::from_sec1_bytes(&point).map(|key| Verifier::P384(Box::new(key)))
                    }
                    KeyType::P521 => {
                        P521Key::from_sec1_bytes(&point).map(|key| Verifier::P521(Box::new(key)))
                    }
                    #[cfg(feature = "es256k")]
                    KeyType::Secp256k1 => k256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
                        .map(|key| Verifier::Secp256k1(Box::new(key))),
                    KeyType::Rsa | KeyType::Ed25519 | KeyType::Secret => return Err(NO_POINT),
                }
                .map_err(|_| NO_POINT)
            }
            Public::Ed25519 { x } => {
                let key = Ed25519Key::from_bytes(x).map_err(|_| NO_POINT)?;
                if key.is_weak() { Err("is a weak point") } else { Ok(Verifier::Ed25519(Box::new(key))) }
            }
        }
    }

    /// Whether the signature is good; a key of another type than the algorithm's says no.
    pub(crate) fn verify(&self, alg: Alg, message: &[u8], signature: &[u8]) -> bool {
        match (self, alg) {
            (Verifier::Rsa(key), Alg::Rs256) => key.pkcs1v15_verify::<Sha256>(message, signature).is_ok(),
            (Verifier::Rsa(key), Alg::Rs384) => key.pkcs1v15_verify::<Sha384>(message, signature).is_ok(),
            (Verifier::Rsa(key), Alg::Rs512) => key.pkcs1v15_verify::<Sha512>(message, signature).is_ok(),
            (Verifier::Rsa(key), Alg::Ps256) => key.pss_verify::<Sha256>(message, signature).is_ok(),
            (Verifier::Rsa(key), Alg::Ps384) => key.pss_verify::<Sha384>(message, signature).is_ok(),
            (Verifier::Rsa(key), Alg::Ps512) => key.pss_verify::<Sha512>(message, signature).is_ok(),
            (Verifier::P256(key), Alg::Es256) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (Verifier::P384(key), Alg::Es384) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            (Verifier::P521(key), Alg::Es512) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            // k256 refuses the larger of the two s that every signature has, which JOSE does not (RFC 8812 3.2).
            #[cfg(feature = "es256k")]
            (Verifier::Secp256k1(key), Alg::Es256k) => k256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature.normalize_s()).is_ok()),
            (Verifier::Ed25519(key), Alg::EdDsa | Alg::Ed25519) => {
                ed25519_dalek::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
            }
            _ => false,
        }
    }
}
