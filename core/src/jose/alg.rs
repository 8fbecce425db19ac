//! The signature algorithms there are: one table.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::report::Error;
use crate::text::config::invalid;

/// The kinds of key a signature can be checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyType {
    Rsa,
    P256,
    P384,
    P521,
    #[cfg(feature = "es256k")]
    Secp256k1,
    Ed25519,
    /// The client secret.
    Secret,
}

/// The hash behind an algorithm, which `at_hash` uses too (OIDC Core 3.1.3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Octets of a digest.
    pub(crate) const fn length(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        }
    }

    /// The left half of the digest of `text`.
    pub(crate) fn left_half(self, text: &[u8]) -> Vec<u8> {
        let mut digest = match self {
            Hash::Sha256 => Sha256::digest(text).to_vec(),
            Hash::Sha384 => Sha384::digest(text).to_vec(),
            Hash::Sha512 => Sha512::digest(text).to_vec(),
        };
        digest.truncate(self.length() / 2);
        digest
    }
}

macro_rules! algs {
    ($($(#[doc = $doc:literal])* $(@$cfg:meta)? $alg:ident = $name:literal, $key:ident, $hash:ident;)+) => {
        /// A signature algorithm (RFC 7518 3.1, RFC 8037, RFC 8812, RFC 9864). There is no `none`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Alg {
            $($(#[doc = $doc])* $(#[cfg($cfg)])? $alg,)+
        }

        impl Alg {
            /// Every algorithm that is supported.
            pub const ALL: &'static [Alg] = &[$($(#[cfg($cfg)])? Alg::$alg),+];

            /// The algorithm's registered name.
            pub const fn as_str(self) -> &'static str {
                match self { $($(#[cfg($cfg)])? Alg::$alg => $name),+ }
            }

            pub(crate) const fn key_type(self) -> KeyType {
                match self { $($(#[cfg($cfg)])? Alg::$alg => KeyType::$key),+ }
            }

            pub(crate) const fn hash(self) -> Hash {
                match self { $($(#[cfg($cfg)])? Alg::$alg => Hash::$hash),+ }
            }
        }
    };
}

algs! {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 = "RS256", Rsa, Sha256;
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384 = "RS384", Rsa, Sha384;
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512 = "RS512", Rsa, Sha512;
    /// RSASSA-PSS with SHA-256, the salt as long as the hash.
    Ps256 = "PS256", Rsa, Sha256;
    /// RSASSA-PSS with SHA-384, the salt as long as the hash.
    Ps384 = "PS384", Rsa, Sha384;
    /// RSASSA-PSS with SHA-512, the salt as long as the hash.
    Ps512 = "PS512", Rsa, Sha512;
    /// ECDSA on P-256 with SHA-256.
    Es256 = "ES256", P256, Sha256;
    /// ECDSA on P-384 with SHA-384.
    Es384 = "ES384", P384, Sha384;
    /// ECDSA on P-521 with SHA-512.
    Es512 = "ES512", P521, Sha512;
    /// ECDSA on secp256k1 with SHA-256.
    @feature = "es256k" Es256k = "ES256K", Secp256k1, Sha256;
    /// EdDSA, here on Ed25519 only.
    EdDsa = "EdDSA", Ed25519, Sha512;
    /// EdDSA on Ed25519 by its own name (RFC 9864).
    Ed25519 = "Ed25519", Ed25519, Sha512;
    /// HMAC with SHA-256 and the client secret: only where the registration asks for it.
    Hs256 = "HS256", Secret, Sha256;
    /// HMAC with SHA-384 and the client secret: only where the registration asks for it.
    Hs384 = "HS384", Secret, Sha384;
    /// HMAC with SHA-512 and the client secret: only where the registration asks for it.
    Hs512 = "HS512", Secret, Sha512;
}

impl Alg {
    /// The algorithm of this exact name.
    pub fn from_name(name: &str) -> Option<Alg> {
        Alg::ALL.iter().copied().find(|alg| alg.as_str() == name)
    }

    /// Whether the key is the client secret.
    pub fn is_symmetric(self) -> bool {
        self.key_type() == KeyType::Secret
    }
}

impl fmt::Display for Alg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Alg {
    type Err = Error;

    /// The algorithm of this exact name.
    ///
    /// # Errors
    /// `invalid_configuration`
    fn from_str(name: &str) -> Result<Alg, Error> {
        Alg::from_name(name).ok_or_else(|| invalid("alg", "is no supported signature algorithm"))
    }
}

impl Serialize for Alg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Alg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Alg::from_name(&name).ok_or_else(|| de::Error::custom("not a supported signature algorithm"))
    }
}

impl Alg {
    /// Whether a key declared for `self` may check a token that says `other`: the same algorithm, if
    /// under its other name.
    pub(crate) fn same_as(self, other: Alg) -> bool {
        self == other || (self.key_type() == KeyType::Ed25519 && other.key_type() == KeyType::Ed25519)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        for alg in Alg::ALL {
            assert_eq!(Alg::from_name(alg.as_str()), Some(*alg));
            assert_eq!(Alg::from_name(&alg.as_str().to_lowercase()), None);
        }
        for never in ["none", "None", "NONE", "nOnE", "ES521", "RSA1_5", "", " RS256", "RS256 ", "hs256"] {
            assert_eq!(Alg::from_name(never), None, "{never}");
        }
    }

    #[test]
    fn left_halves_fit_the_specifications_examples() {
        // OpenID Connect Core 1.0, appendix A.3
        let half = Alg::Rs256.hash().left_half(b"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        assert_eq!(crate::text::base64::to_base64url(&half), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(Alg::EdDsa.hash().left_half(b"").len(), 32);
    }
}
