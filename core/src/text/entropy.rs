//! Randomness is an argument, drawn by the host and used up by one login.

use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::report::{Error, ErrorKind};
use crate::text::base64::to_base64url;
use crate::text::secret::Secret;

/// One draw of at least 32 random bytes, good for one login or one sealed text.
///
/// It is consumed by value and cannot be cloned, so that no draw serves twice. Every value that is
/// needed (state, nonce, PKCE verifier, id) is split from it by HMAC-SHA-256 under its own label
/// (the expand step of RFC 5869), 256 bits each: 43 characters of base64url.
pub struct Entropy(Zeroizing<[u8; BLOCK]>);

/// A key of HMAC-SHA-256 fills a block (RFC 2104 2).
pub(crate) const BLOCK: usize = 64;

impl Entropy {
    const MINIMUM: usize = 32;

    /// Takes bytes from a cryptographically secure source.
    ///
    /// # Errors
    /// `weak_entropy`: fewer than 32 bytes, or one byte or one half repeated.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Entropy, Error> {
        let bytes = Zeroizing::new(bytes.into());
        let weak = |reason: &str| Err(ErrorKind::WeakEntropy.with([reason]));
        if bytes.len() < Self::MINIMUM {
            return weak("fewer than 32 bytes");
        }
        if let Some(reason) = visible_pattern(&bytes) {
            return weak(reason);
        }
        let mut key = Zeroizing::new([0; BLOCK]);
        if bytes.len() > BLOCK {
            let digest = Sha256::digest(&bytes);
            key.iter_mut().zip(digest).for_each(|(key, byte)| *key = byte);
        } else {
            key.iter_mut().zip(bytes.iter()).for_each(|(key, byte)| *key = *byte);
        }
        Ok(Entropy(key))
    }

    /// What values are split from. The key alone is half of the work of a split: it is done once for all.
    pub(crate) fn keyed(&self) -> Keyed {
        keyed(&self.0)
    }

    /// A draw of its own for one part of what this one is for. No two parts have the same label.
    #[cfg(feature = "site")]
    pub(crate) fn part(&self, label: &str) -> Entropy {
        let mut key = Zeroizing::new([0; BLOCK]);
        key.iter_mut().zip(expand(&self.0, &["part/", label]).iter()).for_each(|(key, byte)| *key = *byte);
        Entropy(key)
    }

    /// The value for one purpose, as octets.
    #[cfg(feature = "sealed")]
    pub(crate) fn stretch(&self, label: &str) -> Zeroizing<[u8; 32]> {
        expand(&self.0, &[label])
    }
}

/// The expand step of HKDF with SHA-256 (RFC 5869 2.3): one block under a label of ours. The parts of a label are joined.
#[cfg(feature = "sealed")]
pub(crate) fn expand(key: &[u8; BLOCK], label: &[&str]) -> Zeroizing<[u8; 32]> {
    keyed(key).expand(label)
}

fn keyed(key: &[u8; BLOCK]) -> Keyed {
    Keyed(Hmac::new(&(*key).into()))
}

/// HMAC-SHA-256 with its key taken in.
pub(crate) struct Keyed(Hmac<Sha256>);

impl Keyed {
    /// The value for one purpose, in 43 URL-safe characters.
    pub(crate) fn split(&self, label: &str) -> Secret {
        Secret::new(to_base64url(self.expand(&[label]).as_slice()))
    }

    fn expand(&self, label: &[&str]) -> Zeroizing<[u8; 32]> {
        let mut mac = self.0.clone();
        mac.update(b"relyingparty/1/");
        label.iter().for_each(|part| mac.update(part.as_bytes()));
        mac.update(&[1]);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// Why bytes cannot be random, if anybody can see it.
pub(crate) fn visible_pattern(bytes: &[u8]) -> Option<&'static str> {
    if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
        return Some("one byte repeated");
    }
    let (left, right) = bytes.split_at(bytes.len() / 2);
    (left == right).then_some("one half repeated")
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[entropy]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes() -> Vec<u8> {
        (0..32).collect()
    }

    #[test]
    fn e14_weak_draws_are_refused() {
        for weak in [vec![], vec![1; 31], vec![0; 32], vec![7; 64], [bytes(), bytes()].concat()] {
            assert_eq!(Entropy::new(weak).unwrap_err().code(), "weak_entropy");
        }
    }

    /// HMAC itself, whatever the length of its key.
    #[test]
    fn e14_values_are_those_of_hkdf_expand() {
        for length in [32, 63, 64, 65, 200] {
            let bytes: Vec<u8> = (0..length).collect();
            let mut mac = Hmac::<Sha256>::new_from_slice(&bytes).unwrap();
            mac.update(b"relyingparty/1/id\x01");
            let expected = to_base64url(&mac.finalize().into_bytes());
            let keyed = Entropy::new(bytes).unwrap().keyed();
            keyed.split("state");
            assert_eq!(keyed.split("id").expose(), expected, "{length}");
        }
    }

    #[test]
    fn labels_give_independent_values_of_43_characters() {
        let entropy = Entropy::new(bytes()).unwrap().keyed();
        let (state, nonce) = (entropy.split("state"), entropy.split("nonce"));
        assert_eq!(state.expose().len(), 43);
        assert!(!state.matches(nonce.expose()));
        assert!(state.matches(entropy.split("state").expose()));
    }
}
