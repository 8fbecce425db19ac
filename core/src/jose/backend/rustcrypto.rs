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

/// A private key. RSA is not among them: the operation with a private key leaks through its timing (RUSTSEC-2023-0071).
#[cfg(feature = "private-keys")]
pub(crate) enum Signer {
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
    P521(Box<p521::ecdsa::SigningKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

#[cfg(feature = "private-keys")]
mod signer {
    use alloc::vec::Vec;

    use ed25519_dalek::pkcs8::DecodePrivateKey as _;
    use p256::ecdsa::signature::Signer as _;

    use super::*;
    use crate::jose::signing::Private;

    const NO_RSA: &str = "is an RSA key, which this build does not sign with (RUSTSEC-2023-0071): build with aws-lc-rs, or let the \
        host hold it";
    const WRONG: &str = "its private and public members do not belong together";

    impl Signer {
        pub(crate) fn from_pkcs8(der: &[u8]) -> Result<(Signer, Public), &'static str> {
            if let Ok(key) = p256::SecretKey::from_pkcs8_der(der) {
                return Signer::P256(Box::new(key.into())).with_public();
            }
            if let Ok(key) = p384::SecretKey::from_pkcs8_der(der) {
                return Signer::P384(Box::new(key.into())).with_public();
            }
            if let Ok(key) = p521::SecretKey::from_pkcs8_der(der) {
                return Signer::P521(Box::new(key.into())).with_public();
            }
            if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_der(der) {
                return Signer::Ed25519(Box::new(key)).with_public();
            }
            match ed25519_dalek::pkcs8::PrivateKeyInfoRef::try_from(der) {
                Ok(info) if info.algorithm.oid == RSA => Err(NO_RSA),
                _ => Err("is not PKCS#8 of a P-256, P-384, P-521 or Ed25519 key"),
            }
        }

        fn with_public(self) -> Result<(Signer, Public), &'static str> {
            let public = match &self {
                Signer::P256(key) => {
                    Public::of_sec1(KeyType::P256, key.verifying_key().to_sec1_point(false).as_bytes())
                }
                Signer::P384(key) => {
                    Public::of_sec1(KeyType::P384, key.verifying_key().to_sec1_point(false).as_bytes())
                }
                Signer::P521(key) => {
                    Public::of_sec1(KeyType::P521, key.verifying_key().to_sec1_point(false).as_bytes())
                }
                Signer::Ed25519(key) => Ok(Public::Ed25519 { x: key.verifying_key().to_bytes() }),
            }?;
            Ok((self, public))
        }

        pub(crate) fn from_private(private: &Private, public: &Public) -> Result<Signer, &'static str> {
            let Private::Scalar(d) = private else { return Err(NO_RSA) };
            let signer = match public {
                Public::Ec { curve: KeyType::P256, .. } => {
                    p256::ecdsa::SigningKey::from_slice(d).map(|key| Signer::P256(Box::new(key)))
                }
                Public::Ec { curve: KeyType::P384, .. } => {
                    p384::ecdsa::SigningKey::from_slice(d).map(|key| Signer::P384(Box::new(key)))
                }
                Public::Ec { curve: KeyType::P521, .. } => {
                    p521::ecdsa::SigningKey::from_slice(d).map(|key| Signer::P521(Box::new(key)))
                }
                Public::Ed25519 { .. } => ed25519_dalek::SigningKey::try_from(d.as_slice())
                    .map(|key| Signer::Ed25519(Box::new(key))),
                Public::Ec { .. } | Public::Rsa { .. } => {
                    return Err("is of a curve that nothing is signed with here");
                }
            };
            let (signer, own) = signer.map_err(|_| WRONG)?.with_public()?;
            if own.to_jwk() == public.to_jwk() { Ok(signer) } else { Err(WRONG) }
        }

        /// A signature as JWS has it: ECDSA with the nonce of RFC 6979.
        pub(crate) fn sign(&self, alg: Alg, message: &[u8]) -> Option<Vec<u8>> {
            Some(match (self, alg) {
                (Signer::P256(key), Alg::Es256) => {
                    let signature: p256::ecdsa::Signature = key.try_sign(message).ok()?;
                    signature.to_bytes().to_vec()
                }
                (Signer::P384(key), Alg::Es384) => {
                    let signature: p384::ecdsa::Signature = key.try_sign(message).ok()?;
                    signature.to_bytes().to_vec()
                }
                (Signer::P521(key), Alg::Es512) => {
                    let signature: p521::ecdsa::Signature = key.try_sign(message).ok()?;
                    signature.to_bytes().to_vec()
                }
                (Signer::Ed25519(key), Alg::EdDsa | Alg::Ed25519) => {
                    key.try_sign(message).ok()?.to_bytes().to_vec()
                }
                _ => return None,
            })
        }
    }

    /// RSA in PKCS#8 (RFC 8017 A.1).
    const RSA: ed25519_dalek::pkcs8::ObjectIdentifier =
        ed25519_dalek::pkcs8::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
}
