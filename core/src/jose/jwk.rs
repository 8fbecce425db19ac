//! A public key of a provider (RFC 7517 4): parsed once, when it enters the cache.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::jose::alg::KeyType;
use crate::jose::backend::Verifier;
use crate::jose::jws::MAX_KID;
use crate::jose::{Alg, roca};
use crate::text::base64::{any_base64, to_base64url};
use crate::text::json::{Object, Text, Writer};

/// The public members of a key, decoded and checked for size.
pub(crate) enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ec { curve: KeyType, x: Vec<u8>, y: Vec<u8> },
    Ed25519 { x: [u8; 32] },
}

/// The curves of EC keys: `crv`, and octets of a coordinate (RFC 7518 6.2.1, RFC 8812 3.1).
const CURVES: &[(&str, KeyType, usize)] = &[
    ("P-256", KeyType::P256, 32),
    ("P-384", KeyType::P384, 48),
    ("P-521", KeyType::P521, 66),
    #[cfg(feature = "es256k")]
    ("secp256k1", KeyType::Secp256k1, 32),
];

/// A key that may check signatures, and which.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) kid: Option<String>,
    /// What the key is declared for; without, everything its type can do.
    pub(super) alg: Option<Alg>,
    pub(super) key_type: KeyType,
    /// Whose tokens it signs, where a set has the keys of many tenants (Entra): an issuer, or a template.
    pub(crate) issuer: Option<String>,
    verifier: Verifier,
    /// Octets of a signature made with it.
    signature_length: usize,
    /// `kty` and the public members, for a host that verifies: in the form that RFC 7638 3 hashes.
    pub(crate) jwk: String,
}

impl Key {
    /// Whether it is the same key, whatever it is called: two of one thumbprint (RFC 7638 3).
    pub(super) fn is(&self, other: &Key) -> bool {
        self.jwk == other.jwk
    }

    /// Whether the key may check a signature made with `alg`.
    pub(crate) fn serves(&self, alg: Alg) -> bool {
        self.key_type == alg.key_type() && self.alg.is_none_or(|own| own.same_as(alg))
    }

    /// Whether a signature has the form of one made with this key, whoever checks it: as long as it has to be
    /// (RFC 7518 3.3 to 3.5, RFC 8032 5.1.6), and an Ed25519 signature's point not one of the few that are
    /// good under many keys.
    pub(crate) fn fits(&self, signature: &[u8]) -> bool {
        let strict = self.key_type != KeyType::Ed25519
            || signature.first_chunk::<32>().is_some_and(|point| !is_small_order(*point));
        signature.len() == self.signature_length && strict
    }

    /// Checks a signature with the compiled-in cryptography.
    pub(crate) fn verify(&self, alg: Alg, signing_input: &[u8], signature: &[u8]) -> bool {
        self.serves(alg) && self.fits(signature) && self.verifier.verify(alg, signing_input, signature)
    }

    /// The key as it is kept: what was understood of it, and nothing else.
    pub(super) fn to_json(&self) -> String {
        let mut jwk = Writer::new();
        // What was written a moment ago can be read.
        jwk.members(&Object::parse(self.jwk.as_bytes()).unwrap_or_default());
        if let Some(kid) = &self.kid {
            jwk.text("kid", kid);
        }
        if let Some(alg) = self.alg {
            jwk.text("alg", alg.as_str());
        }
        if let Some(issuer) = &self.issuer {
            jwk.text("issuer", issuer);
        }
        jwk.end()
    }

    /// The SHA-256 thumbprint (RFC 7638 3), in base64url.
    pub(super) fn thumbprint(&self) -> String {
        thumbprint(&self.jwk)
    }

    pub(crate) fn parse(jwk: &Object<'_>) -> Result<Key, &'static str> {
        const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
        if PRIVATE.iter().any(|member| jwk.has(member)) {
            return Err("has a private or symmetric member");
        }
        let kid = member(jwk, "kid")?;
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID) {
            return Err("kid is too long");
        }
        if member(jwk, "use")?.is_some_and(|usage| usage != "sig") {
            return Err("is not for signatures");
        }
        let operations = jwk.texts("key_ops").map_err(|()| "key_ops is not a list of strings")?;
        if operations.is_some_and(|operations| !operations.iter().any(|operation| operation == "verify")) {
            return Err("is not for signatures");
        }
        // Its type and curve first: they say more than the name of an algorithm that goes with them.
        let public = Public::parse(jwk)?;
        let alg = match member(jwk, "alg")? {
            Some(name) => Some(Alg::from_name(&name).ok_or("is for an unsupported algorithm")?),
            None => None,
        };
        let key_type = public.key_type();
        if alg.is_some_and(|alg| alg.key_type() != key_type) {
            return Err("alg does not fit the key type");
        }
        Ok(Key {
            kid: kid.map(Cow::into_owned),
            alg,
            key_type,
            issuer: member(jwk, "issuer")?.map(Cow::into_owned),
            verifier: Verifier::new(&public)?,
            signature_length: public.signature_length(),
            jwk: public.to_jwk(),
        })
    }
}

/// The SHA-256 thumbprint of public members in the form that RFC 7638 3 hashes, in base64url.
pub(super) fn thumbprint(jwk: &str) -> String {
    to_base64url(&Sha256::digest(jwk))
}

/// Types and curves that are known, and that nothing here checks a signature with: what each is called when a key is left
/// out for it. Names that are not known are nobody's.
const UNSUPPORTED: [(&str, &str); 14] = [
    ("Ed448", "curve Ed448 is not supported"),
    ("X25519", "curve X25519 is not supported"),
    ("X448", "curve X448 is not supported"),
    ("secp256k1", "curve secp256k1 is not supported"),
    ("P-256K", "curve P-256K is not supported"),
    ("P-192", "curve P-192 is not supported"),
    ("P-224", "curve P-224 is not supported"),
    ("brainpoolP256r1", "curve brainpoolP256r1 is not supported"),
    ("brainpoolP384r1", "curve brainpoolP384r1 is not supported"),
    ("brainpoolP512r1", "curve brainpoolP512r1 is not supported"),
    ("AKP", "key type AKP is not supported"),
    ("oct", "key type oct is not supported"),
    ("P-256", "curve P-256 does not go with the key type"),
    ("Ed25519", "curve Ed25519 does not go with the key type"),
];

fn unsupported(name: &str) -> &'static str {
    let known = UNSUPPORTED.iter().find(|(known, _)| *known == name);
    known.map_or("is of an unsupported type or curve", |(_, reason)| reason)
}

impl Public {
    pub(super) fn parse(jwk: &Object<'_>) -> Result<Public, &'static str> {
        let kty = member(jwk, "kty")?.ok_or("has no kty")?;
        match (&*kty, member(jwk, "crv")?.as_deref()) {
            ("RSA", _) => {
                let public = Public::Rsa { n: unsigned(octets(jwk, "n")?), e: unsigned(octets(jwk, "e")?) };
                public.check().map(|()| public)
            }
            ("EC", Some(crv)) => {
                let (_, curve, length) =
                    CURVES.iter().find(|(name, ..)| *name == crv).ok_or_else(|| unsupported(crv))?;
                let (x, y) = (coordinate(jwk, "x", *length)?, coordinate(jwk, "y", *length)?);
                Ok(Public::Ec { curve: *curve, x, y })
            }
            ("OKP", Some("Ed25519")) => {
                let x = coordinate(jwk, "x", 32)?
                    .try_into()
                    .map_err(|_| "has a coordinate of the wrong length")?;
                let public = Public::Ed25519 { x };
                public.check().map(|()| public)
            }
            ("EC" | "OKP", None) => Err("has no crv"),
            ("OKP", Some(crv)) => Err(unsupported(crv)),
            (kty, _) => Err(unsupported(kty)),
        }
    }

    /// What is demanded of a key wherever it comes from.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self {
            Public::Rsa { n, e } => check_rsa(n, e),
            Public::Ed25519 { x } if is_small_order(*x) => Err("is a weak point"),
            Public::Ed25519 { x } if !is_reduced(*x) => Err("is not a point on the curve"),
            Public::Ec { .. } | Public::Ed25519 { .. } => Ok(()),
        }
    }

    pub(super) fn key_type(&self) -> KeyType {
        match self {
            Public::Rsa { .. } => KeyType::Rsa,
            Public::Ec { curve, .. } => *curve,
            Public::Ed25519 { .. } => KeyType::Ed25519,
        }
    }

    /// Octets of a signature made with it.
    pub(super) fn signature_length(&self) -> usize {
        match self {
            Public::Rsa { n, .. } => n.len(),
            Public::Ec { x, .. } => x.len().saturating_mul(2),
            Public::Ed25519 { .. } => 64,
        }
    }

    /// An elliptic curve's point as SEC 1 2.3.3 writes it, uncompressed.
    #[cfg(any(feature = "rustcrypto", feature = "aws-lc-rs"))]
    pub(super) fn sec1(&self) -> Vec<u8> {
        match self {
            Public::Ec { x, y, .. } => [&[4], x.as_slice(), y].concat(),
            Public::Rsa { .. } | Public::Ed25519 { .. } => Vec::new(),
        }
    }

    /// An elliptic curve's point from where SEC 1 2.3.3 wrote it, uncompressed.
    #[cfg(feature = "private-keys")]
    pub(super) fn of_sec1(curve: KeyType, point: &[u8]) -> Result<Public, &'static str> {
        const NO_POINT: &str = "is not a point on the curve";
        let (tag, coordinates) = point.split_first().ok_or(NO_POINT)?;
        let (x, y) = coordinates.split_at_checked(coordinates.len() / 2).ok_or(NO_POINT)?;
        if *tag != 4 || x.len() != y.len() {
            return Err(NO_POINT);
        }
        Ok(Public::Ec { curve, x: x.to_vec(), y: y.to_vec() })
    }

    /// The required members in the order of their names (RFC 7638 3.2).
    pub(super) fn to_jwk(&self) -> String {
        let mut jwk = Writer::new();
        match self {
            Public::Rsa { n, e } => {
                jwk.text("e", &to_base64url(e)).text("kty", "RSA").text("n", &to_base64url(n));
            }
            Public::Ec { curve, x, y } => {
                let crv = CURVES.iter().find(|(_, own, _)| own == curve).map_or("", |(name, ..)| name);
                jwk.text("crv", crv)
                    .text("kty", "EC")
                    .text("x", &to_base64url(x))
                    .text("y", &to_base64url(y));
            }
            Public::Ed25519 { x } => {
                jwk.text("crv", "Ed25519").text("kty", "OKP").text("x", &to_base64url(x));
            }
        }
        jwk.end()
    }
}

/// Whether an Ed25519 point has an order of at most 8: anybody can sign for such a key. These are the y
/// coordinates 0, 1, p - 1, p, p + 1 and the two of order 8, whatever the sign of x.
fn is_small_order(mut point: [u8; 32]) -> bool {
    const ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let [first, middle @ .., last] = &mut point;
    *last &= 0x7f;
    let small = matches!(first, 0 | 1) && middle.iter().all(|byte| *byte == 0) && *last == 0;
    let around_p = matches!(first, 0xec..=0xee) && middle.iter().all(|byte| *byte == 0xff) && *last == 0x7f;
    small || around_p || ORDER_8.contains(&point)
}

/// Whether the y coordinate of an Ed25519 point is below p = 2^255 - 19 (RFC 8032 5.1.3), whatever the sign of x.
fn is_reduced(mut point: [u8; 32]) -> bool {
    let [first, middle @ .., last] = &mut point;
    *last &= 0x7f;
    *first < 0xed || *last != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

/// RSA keys from 2048 to 8192 bits with an odd exponent, 65537 <= e < 2^33.
fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), &'static str> {
    let leading = n.first().map_or(8, |byte| byte.leading_zeros() as usize);
    let bits = n.len().saturating_mul(8).saturating_sub(leading);
    if bits < 2048 {
        return Err("modulus is shorter than 2048 bits");
    }
    if bits > 8192 {
        return Err("modulus is longer than 8192 bits");
    }
    if n.last().is_none_or(|byte| byte % 2 == 0) {
        return Err("modulus is even");
    }
    let exponent = match e {
        [] => 0,
        bytes if bytes.len() <= 5 => bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte)),
        _ => u64::MAX,
    };
    if exponent % 2 == 0 || !(65_537..1 << 33).contains(&exponent) {
        return Err("exponent is not an odd number from 65537 to 2^33");
    }
    if roca::has_fingerprint(n) {
        return Err("modulus is one that can be factored (CVE-2017-15361)");
    }
    Ok(())
}

fn member<'a>(jwk: &Object<'a>, name: &str) -> Result<Option<Cow<'a, str>>, &'static str> {
    match jwk.text(name) {
        Text::Absent => Ok(None),
        Text::Present(text) => Ok(Some(text)),
        Text::WrongType => Err("has a member of the wrong type"),
    }
}

fn octets(jwk: &Object<'_>, name: &str) -> Result<Vec<u8>, &'static str> {
    any_base64(&member(jwk, name)?.ok_or("lacks a member")?).ok_or("has a member that is not base64url")
}

/// Leading zero octets do not count: some providers send one (RFC 7518 6.3.1.1 says not to).
fn unsigned(mut octets: Vec<u8>) -> Vec<u8> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.drain(..zeros);
    octets
}

fn coordinate(jwk: &Object<'_>, name: &str, length: usize) -> Result<Vec<u8>, &'static str> {
    let octets = octets(jwk, name)?;
    if octets.len() == length { Ok(octets) } else { Err("has a coordinate of the wrong length") }
}

#[cfg(test)]
pub(super) mod tests;
