//! aws-lc-rs: native speed, where there is a C compiler to build it with.

use std::sync::OnceLock;

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, EcdsaVerificationAlgorithm, ParsedPublicKey, RsaParameters};

use crate::jose::Alg;
use crate::jose::alg::KeyType;
use crate::jose::jwk::Public;

/// A parsed key.
#[derive(Debug)]
pub(crate) enum Verifier {
    Rsa(Box<RsaKey>),
    Ec(KeyType, ParsedPublicKey),
    Ed25519(ParsedPublicKey),
}

/// An RSA key, parsed for each algorithm that was used with it: the library binds a parsed key to one.
#[derive(Debug)]
pub(crate) struct RsaKey {
    components: PublicKeyComponents<Vec<u8>>,
    parsed: [OnceLock<Option<ParsedPublicKey>>; RSA.len()],
}

/// What the RSA algorithms are called in the library.
const RSA: [(Alg, &RsaParameters); 6] = [
    (Alg::Rs256, &signature::RSA_PKCS1_2048_8192_SHA256),
    (Alg::Rs384, &signature::RSA_PKCS1_2048_8192_SHA384),
    (Alg::Rs512, &signature::RSA_PKCS1_2048_8192_SHA512),
    (Alg::Ps256, &signature::RSA_PSS_2048_8192_SHA256),
    (Alg::Ps384, &signature::RSA_PSS_2048_8192_SHA384),
    (Alg::Ps512, &signature::RSA_PSS_2048_8192_SHA512),
];

impl RsaKey {
    fn parsed_for(&self, alg: Alg) -> Option<&ParsedPublicKey> {
        let position = RSA.iter().position(|(rsa, _)| *rsa == alg)?;
        let (_, parameters) = RSA.get(position)?;
        let parse = || self.components.to_parsed_public_key(parameters).ok();
        self.parsed.get(position)?.get_or_init(parse).as_ref()
    }
}

impl Verifier {
    pub(crate) fn new(public: &Public) -> Result<Verifier, &'static str> {
        const NO_POINT: &str = "is not a point on the curve";
        match public {
            Public::Rsa { n, e } => {
                let components = PublicKeyComponents { n: n.clone(), e: e.clone() };
                let key = RsaKey { components, parsed: Default::default() };
                // Whatever is wrong with it is wrong for every algorithm.
                key.parsed_for(Alg::Rs256).ok_or("is not a usable RSA key")?;
                Ok(Verifier::Rsa(Box::new(key)))
            }
            Public::Ec { curve, .. } => {
                let algorithm: &'static EcdsaVerificationAlgorithm = match curve {
                    KeyType::P256 => &signature::ECDSA_P256_SHA256_FIXED,
                    KeyType::P384 => &signature::ECDSA_P384_SHA384_FIXED,
                    KeyType::P521 => &signature::ECDSA_P521_SHA512_FIXED,
                    #[cfg(feature = "es256k")]
                    KeyType::Secp256k1 => &signature::ECDSA_P256K1_SHA256_FIXED,
                    KeyType::Rsa | KeyType::Ed25519 | KeyType::Secret => return Err(NO_POINT),
                };
                let key = ParsedPublicKey::new(algorithm, public.sec1()).map_err(|_| NO_POINT)?;
                Ok(Verifier::Ec(*curve, key))
            }
            Public::Ed25519 { x } => {
                ParsedPublicKey::new(&signature::ED25519, x).map(Verifier::Ed25519).map_err(|_| NO_POINT)
            }
        }
    }

    /// Whether the signature is good; a key of another type than the algorithm's says no.
    pub(crate) fn verify(&self, alg: Alg, message: &[u8], signature: &[u8]) -> bool {
        let key = match (self, alg.key_type()) {
            (Verifier::Rsa(key), KeyType::Rsa) => key.parsed_for(alg),
            (Verifier::Ec(curve, key), wanted) if *curve == wanted => Some(key),
            (Verifier::Ed25519(key), KeyType::Ed25519) => Some(key),
            _ => None,
        };
        key.is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }
}
