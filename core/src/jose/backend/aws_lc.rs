//! aws-lc-rs: native speed, where there is a C compiler to build it with.

use std::sync::OnceLock;

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, EcdsaVerificationAlgorithm, ParsedPublicKey, RsaParameters};
#[cfg(feature = "private-keys")]
use aws_lc_rs::{
    rsa,
    signature::{EcdsaKeyPair, Ed25519KeyPair},
};

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

/// A private key.
#[cfg(feature = "private-keys")]
pub(crate) enum Signer {
    Rsa(Box<rsa::KeyPair>),
    Ec(KeyType, Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

#[cfg(feature = "private-keys")]
mod signer {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeyPairComponents;
    use aws_lc_rs::signature::{EcdsaSigningAlgorithm, KeyPair, RsaEncoding};

    use super::*;
    use crate::jose::signing::Private;

    const CURVES: [(KeyType, &EcdsaSigningAlgorithm); 3] = [
        (KeyType::P256, &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        (KeyType::P384, &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        (KeyType::P521, &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
    ];

    const WRONG: &str = "its private and public members do not belong together";

    impl Signer {
        pub(crate) fn from_pkcs8(der: &[u8]) -> Result<(Signer, Public), &'static str> {
            for (curve, algorithm) in CURVES {
                if let Ok(pair) = EcdsaKeyPair::from_pkcs8(algorithm, der) {
                    let public = Public::of_sec1(curve, pair.public_key().as_ref())?;
                    return Ok((Signer::Ec(curve, Box::new(pair)), public));
                }
            }
            if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                let x = pair.public_key().as_ref().try_into().map_err(|_| WRONG)?;
                return Ok((Signer::Ed25519(Box::new(pair)), Public::Ed25519 { x }));
            }
            let pair = rsa::KeyPair::from_pkcs8(der)
                .map_err(|_| "is not PKCS#8 of an RSA, P-256, P-384, P-521 or Ed25519 key")?;
            let number = |octets: &[u8]| octets.iter().copied().skip_while(|octet| *octet == 0).collect();
            let public = pair.public_key();
            let (n, e) = (public.modulus(), public.exponent());
            let public = Public::Rsa {
                n: number(n.big_endian_without_leading_zero()),
                e: number(e.big_endian_without_leading_zero()),
            };
            Ok((Signer::Rsa(Box::new(pair)), public))
        }

        pub(crate) fn from_private(private: &Private, public: &Public) -> Result<Signer, &'static str> {
            match (private, public) {
                (Private::Scalar(d), Public::Ec { curve, .. }) => {
                    let (_, algorithm) = CURVES
                        .into_iter()
                        .find(|(own, _)| own == curve)
                        .ok_or("is of a curve that nothing is signed with here")?;
                    EcdsaKeyPair::from_private_key_and_public_key(algorithm, d, &public.sec1())
                        .map(|pair| Signer::Ec(*curve, Box::new(pair)))
                        .map_err(|_| WRONG)
                }
                (Private::Scalar(d), Public::Ed25519 { x }) => Ed25519KeyPair::from_seed_and_public_key(d, x)
                    .map(|pair| Signer::Ed25519(Box::new(pair)))
                    .map_err(|_| WRONG),
                (Private::Rsa(private), Public::Rsa { n, e }) => {
                    rsa::KeyPair::from_components(&KeyPairComponents {
                        public_key: PublicKeyComponents { n: n.as_slice(), e: e.as_slice() },
                        d: private.d.as_slice(),
                        p: private.p.as_slice(),
                        q: private.q.as_slice(),
                        dP: private.dp.as_slice(),
                        dQ: private.dq.as_slice(),
                        qInv: private.qi.as_slice(),
                    })
                    .map(|pair| Signer::Rsa(Box::new(pair)))
                    .map_err(|_| WRONG)
                }
                _ => Err(WRONG),
            }
        }

        /// A signature as JWS has it. The library mixes the key and the message into an ECDSA nonce.
        pub(crate) fn sign(&self, alg: Alg, message: &[u8]) -> Option<Vec<u8>> {
            let random = SystemRandom::new();
            match self {
                Signer::Rsa(pair) => {
                    let mut signature = vec![0; pair.public_modulus_len()];
                    pair.sign(padding(alg)?, &random, message, &mut signature).ok()?;
                    Some(signature)
                }
                Signer::Ec(curve, pair) if *curve == alg.key_type() => {
                    pair.sign(&random, message).ok().map(|signature| signature.as_ref().to_vec())
                }
                Signer::Ed25519(pair) if alg.key_type() == KeyType::Ed25519 => {
                    Some(pair.sign(message).as_ref().to_vec())
                }
                Signer::Ec(..) | Signer::Ed25519(_) => None,
            }
        }
    }

    fn padding(alg: Alg) -> Option<&'static dyn RsaEncoding> {
        Some(match alg {
            Alg::Rs256 => &signature::RSA_PKCS1_SHA256,
            Alg::Rs384 => &signature::RSA_PKCS1_SHA384,
            Alg::Rs512 => &signature::RSA_PKCS1_SHA512,
            Alg::Ps256 => &signature::RSA_PSS_SHA256,
            Alg::Ps384 => &signature::RSA_PSS_SHA384,
            Alg::Ps512 => &signature::RSA_PSS_SHA512,
            _ => return None,
        })
    }
}
