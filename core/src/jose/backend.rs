//! The seam to the cryptography: RustCrypto, or nothing when every signature goes to the host.

pub(crate) use implementation::{AVAILABLE, Verifier};

#[cfg(feature = "rustcrypto")]
mod implementation {
    use ed25519_dalek::VerifyingKey as Ed25519Key;
    use p256::EncodedPoint;
    use p256::ecdsa::VerifyingKey as P256Key;
    use rsa::signature::Verifier as _;
    use rsa::{BigUint, RsaPublicKey};
    use sha2::{Sha256, Sha384, Sha512};

    use crate::jose::Alg;
    use crate::jose::jwk::Public;

    /// Signatures can be checked in the core.
    pub(crate) const AVAILABLE: bool = true;

    /// A parsed key.
    #[derive(Debug)]
    pub(crate) enum Verifier {
        Rsa(RsaPublicKey),
        P256(P256Key),
        Ed25519(Ed25519Key),
    }

    impl Verifier {
        pub(crate) fn new(public: &Public) -> Result<Verifier, &'static str> {
            match public {
                Public::Rsa { n, e } => RsaPublicKey::new_with_max_size(
                    BigUint::from_bytes_be(n),
                    BigUint::from_bytes_be(e),
                    8192,
                )
                .map(Verifier::Rsa)
                .map_err(|_| "is not a usable RSA key"),
                Public::P256 { x, y } => {
                    let point = EncodedPoint::from_affine_coordinates(&(*x).into(), &(*y).into(), false);
                    P256Key::from_encoded_point(&point)
                        .map(Verifier::P256)
                        .map_err(|_| "is not a point on the curve")
                }
                Public::Ed25519 { x } => {
                    let key = Ed25519Key::from_bytes(x).map_err(|_| "is not a point on the curve")?;
                    if key.is_weak() { Err("is a weak point") } else { Ok(Verifier::Ed25519(key)) }
                }
            }
        }

        /// Whether the signature is good; a key of another type than the algorithm's says no.
        pub(crate) fn verify(&self, alg: Alg, message: &[u8], signature: &[u8]) -> bool {
            match (alg, self) {
                (Alg::Rs256, Verifier::Rsa(key)) => pkcs1v15::<Sha256>(key, message, signature),
                (Alg::Rs384, Verifier::Rsa(key)) => pkcs1v15::<Sha384>(key, message, signature),
                (Alg::Rs512, Verifier::Rsa(key)) => pkcs1v15::<Sha512>(key, message, signature),
                (Alg::Ps256, Verifier::Rsa(key)) => pss::<Sha256>(key, message, signature),
                (Alg::Ps384, Verifier::Rsa(key)) => pss::<Sha384>(key, message, signature),
                (Alg::Ps512, Verifier::Rsa(key)) => pss::<Sha512>(key, message, signature),
                (Alg::Es256, Verifier::P256(key)) => p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
                (Alg::EdDsa | Alg::Ed25519, Verifier::Ed25519(key)) => {
                    ed25519_dalek::Signature::from_slice(signature)
                        .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
                }
                (_, Verifier::Rsa(_) | Verifier::P256(_) | Verifier::Ed25519(_)) => false,
            }
        }
    }

    fn pkcs1v15<D>(key: &RsaPublicKey, message: &[u8], signature: &[u8]) -> bool
    where
        D: sha2::Digest + rsa::pkcs8::AssociatedOid,
    {
        rsa::pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| {
            rsa::pkcs1v15::VerifyingKey::<D>::new(key.clone()).verify(message, &signature).is_ok()
        })
    }

    fn pss<D>(key: &RsaPublicKey, message: &[u8], signature: &[u8]) -> bool
    where
        D: sha2::Digest + sha2::digest::FixedOutputReset,
    {
        rsa::pss::Signature::try_from(signature).is_ok_and(|signature| {
            rsa::pss::VerifyingKey::<D>::new(key.clone()).verify(message, &signature).is_ok()
        })
    }
}

#[cfg(not(feature = "rustcrypto"))]
mod implementation {
    use crate::jose::Alg;
    use crate::jose::jwk::Public;

    /// Every signature goes to the host.
    pub(crate) const AVAILABLE: bool = false;

    /// Nothing: the host parses the key.
    #[derive(Debug)]
    pub(crate) struct Verifier;

    impl Verifier {
        #[allow(clippy::unnecessary_wraps)] // the seam's signature
        pub(crate) fn new(_: &Public) -> Result<Verifier, &'static str> {
            Ok(Verifier)
        }

        /// Never good: nothing here can tell.
        pub(crate) fn verify(&self, _: Alg, _: &[u8], _: &[u8]) -> bool {
            false
        }
    }
}
