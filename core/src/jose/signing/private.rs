//! Private keys as files and configurations have them: JWK, PEM, PKCS#8.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Inner, SigningKey, unusable, usual};
use crate::jose::Alg;
use crate::jose::backend::Signer;
use crate::jose::jwk::Public;
use crate::report::Error;
use crate::text::base64::secret_base64url;
use crate::text::json::{Json, Object};

/// A secret number or seed.
pub(crate) type Octets = Zeroizing<Vec<u8>>;

/// The private members of a JWK beside its public ones (RFC 7518 6.2.2, 6.3.2, RFC 8037 2).
pub(crate) enum Private {
    /// Of an elliptic curve or of Ed25519.
    Scalar(Octets),
    /// With both primes and what follows from them: a key without takes long to use, and nobody makes one.
    #[cfg_attr(not(feature = "aws-lc-rs"), allow(dead_code))]
    Rsa(Box<Rsa>),
}

/// The private members of an RSA key.
#[cfg_attr(not(feature = "aws-lc-rs"), allow(dead_code))]
pub(crate) struct Rsa {
    pub(crate) d: Octets,
    pub(crate) p: Octets,
    pub(crate) q: Octets,
    pub(crate) dp: Octets,
    pub(crate) dq: Octets,
    pub(crate) qi: Octets,
}

/// Bytes of a key as text: one of 8192 bits has 12 thousand.
const LONGEST: usize = 32_768;

impl SigningKey {
    /// Reads a private JWK (RFC 7517): RSA, P-256, P-384, P-521 or Ed25519. Its `kid` and `alg` are taken over; without `alg`
    /// it signs with RS256, ES256, ES384, ES512 or EdDSA.
    ///
    /// # Errors
    /// `invalid_configuration`, with the reason and never the text.
    pub fn from_jwk(jwk: &str) -> Result<SigningKey, Error> {
        if jwk.len() > LONGEST {
            return Err(unusable("is longer than 32768 bytes"));
        }
        let jwk = Object::parse(jwk.as_bytes()).map_err(|_| unusable("is not JSON"))?;
        if jwk.has("keys") {
            return Err(unusable("is a key set: give one of its keys"));
        }
        let text = |name: &str| jwk.get(name).and_then(Json::as_text);
        if text("use").is_some_and(|usage| usage != "sig") {
            return Err(unusable("is not for signatures"));
        }
        let public = Public::parse(&jwk).map_err(unusable)?;
        let private = Private::parse(&jwk, &public)?;
        let signer = Signer::from_private(&private, &public).map_err(unusable)?;
        let key = SigningKey::held(signer, &public)?;
        let key = match text("alg") {
            Some(name) => {
                let alg = Alg::from_name(&name).ok_or_else(|| unusable("is for an unsupported algorithm"))?;
                key.with_alg(alg)?
            }
            None => key,
        };
        match text("kid") {
            Some(kid) => key.with_kid(kid),
            None => Ok(key),
        }
    }

    /// Reads a private key from PEM text (`-----BEGIN PRIVATE KEY-----`, PKCS#8, RFC 7468 10), not encrypted.
    ///
    /// # Errors
    /// `invalid_configuration`, with the reason and never the text.
    pub fn from_pem(pem: &str) -> Result<SigningKey, Error> {
        if pem.len() > LONGEST {
            return Err(unusable("is longer than 32768 bytes"));
        }
        let (label, der) = pem_rfc7468::decode_vec(pem.trim_ascii().as_bytes())
            .map_err(|_| unusable("is not PEM: -----BEGIN PRIVATE KEY----- and base64 in lines"))?;
        let der = Zeroizing::new(der);
        match label {
            "PRIVATE KEY" => SigningKey::from_pkcs8_der(&der),
            "ENCRYPTED PRIVATE KEY" => Err(unusable("is encrypted: decrypt it with openssl pkcs8")),
            "EC PRIVATE KEY" | "RSA PRIVATE KEY" => {
                Err(unusable("is not PKCS#8: convert it with openssl pkcs8 -topk8 -nocrypt"))
            }
            "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => {
                Err(unusable("is public: a private key is wanted"))
            }
            _ => Err(unusable("is PEM of something else than a private key")),
        }
    }

    /// Reads a private key from PKCS#8 (RFC 5958), not encrypted.
    ///
    /// # Errors
    /// `invalid_configuration`, with the reason and never the octets.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<SigningKey, Error> {
        let (signer, public) = Signer::from_pkcs8(der).map_err(unusable)?;
        SigningKey::held(signer, &public)
    }

    fn held(signer: Signer, public: &Public) -> Result<SigningKey, Error> {
        // The same demands as of a provider's keys: sizes, and a modulus that cannot be factored.
        public.check().map_err(unusable)?;
        let key_type = public.key_type();
        Ok(SigningKey(Arc::new(Inner {
            alg: usual(key_type).ok_or_else(|| unusable("is of an unsupported type"))?,
            kid: None,
            x5t_s256: None,
            key_type,
            name: String::new(),
            public: Some(public.to_jwk()),
            signature_length: Some(public.signature_length()),
            signer: Some(Arc::new(signer)),
        })))
    }
}

impl Private {
    fn parse(jwk: &Object<'_>, public: &Public) -> Result<Private, Error> {
        let octets = |name: &str| match jwk.get(name).and_then(Json::as_text) {
            Some(text) => secret_base64url(&text)
                .map(Zeroizing::new)
                .ok_or_else(|| unusable("has a private member that is not base64url")),
            None if name == "d" => Err(unusable("is public: a private key is wanted")),
            None => Err(unusable("lacks p, q, dp, dq or qi")),
        };
        if jwk.has("oth") {
            return Err(unusable("has more than two primes"));
        }
        let d = octets("d")?;
        Ok(match public {
            Public::Rsa { .. } => Private::Rsa(Box::new(Rsa {
                d,
                p: octets("p")?,
                q: octets("q")?,
                dp: octets("dp")?,
                dq: octets("dq")?,
                qi: octets("qi")?,
            })),
            Public::Ec { .. } | Public::Ed25519 { .. } => Private::Scalar(d),
        })
    }
}
