//! Texts that nobody but the application can read or make: XChaCha20-Poly1305 (RFC 8439 2.8, draft-irtf-cfrg-xchacha-03 2) with
//! keys of the host's.
//!
//! ```text
//! key of the host's ── HKDF-Expand, "seal/" purpose ──▶ key of the cipher
//! draw of entropy   ── HKDF-Expand, "seal/nonce" ─────▶ nonce, its first 24 octets
//! version, purpose, what the text is bound to ────────▶ associated data, each with its length before it
//! text: "v1." base64url(nonce, ciphertext, tag)
//! ```

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::report::Error;
use crate::text::base64::{base64url, to_base64url};
use crate::text::config::invalid;
use crate::text::entropy::{BLOCK, Entropy, expand, visible_pattern};

/// The keys for stored sessions: 1 to 8 keys of 32 random bytes each, used for nothing else. The first key seals, all
/// of them open. To change keys, put the new one first, and keep an old one as long as texts that it sealed are in use.
///
/// Whoever has a key can read and make sessions: keep it where the client secret is. Cheap to clone, zeroed on drop.
#[derive(Clone)]
pub struct SealingKeys(Arc<Vec<Zeroizing<[u8; BLOCK]>>>);

const KEY: usize = 32;
const MOST_KEYS: usize = 8;
const NONCE: usize = 24;
const TAG: usize = 16;

/// What a sealed text begins with. It is bound into the text, so that no later version is taken for this one.
const VERSION: &str = "v1.";

impl SealingKeys {
    /// Takes 1 to 8 keys of 32 bytes each from a cryptographically secure source. Passwords are not keys.
    ///
    /// # Errors
    /// `invalid_configuration`, member `sealing_keys`: no key or more than 8, one of another length, or one that visibly is
    /// not random (one byte or one half repeated).
    pub fn new(keys: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Result<SealingKeys, Error> {
        // One that does not move: no copy of a key stays behind.
        let mut taken = Vec::with_capacity(MOST_KEYS);
        for key in keys {
            let key = Zeroizing::new(key.into());
            if taken.len() == MOST_KEYS {
                return Err(refused("are more than 8"));
            }
            if key.len() != KEY {
                return Err(refused("are not 32 bytes each"));
            }
            if visible_pattern(&key).is_some() {
                return Err(refused("are not random"));
            }
            let mut block = Zeroizing::new([0; BLOCK]);
            block.iter_mut().zip(key.iter()).for_each(|(block, byte)| *block = *byte);
            taken.push(block);
        }
        if taken.is_empty() {
            return Err(refused("are none"));
        }
        Ok(SealingKeys(Arc::new(taken)))
    }
}

fn refused(reason: &str) -> Error {
    invalid("sealing_keys", reason)
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[sealing keys]")
    }
}

/// Seals a text for one purpose, bound to what has to be the same when it is opened. `None` if it is longer than the
/// cipher goes, which is 256 GiB.
pub(crate) fn seal(
    keys: &SealingKeys,
    purpose: &str,
    associated: &[&str],
    plaintext: &str,
    entropy: Entropy,
) -> Option<String> {
    let draw = entropy.stretch("seal/nonce");
    let nonce: &[u8; NONCE] = draw.first_chunk()?;
    let mut sealed = Zeroizing::new(Vec::with_capacity(plaintext.len().checked_add(NONCE + TAG)?));
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(plaintext.as_bytes());
    let (_, text) = sealed.split_at_mut_checked(NONCE)?;
    let cipher = cipher(keys.0.first()?, purpose)?;
    let tag = cipher
        .encrypt_inout_detached(&XNonce::from(*nonce), &bound(purpose, associated), text.into())
        .ok()?;
    sealed.extend_from_slice(&tag);
    Some([VERSION, &to_base64url(&sealed)].concat())
}

/// Opens what [`seal`] made with one of the keys for the same purpose and the same associated texts; nothing else.
pub(crate) fn open(
    keys: &SealingKeys,
    purpose: &str,
    associated: &[&str],
    text: &str,
) -> Option<Zeroizing<Vec<u8>>> {
    // The cipher's text is no secret: who sends it knows it.
    let sealed = base64url(text.strip_prefix(VERSION)?)?;
    let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG>()?;
    let (nonce, tag, bound) = (XNonce::from(*nonce), Tag::from(*tag), bound(purpose, associated));
    keys.0.iter().find_map(|key| {
        let mut opened = Zeroizing::new(ciphertext.to_vec());
        let cipher = cipher(key, purpose)?;
        cipher.decrypt_inout_detached(&nonce, &bound, opened.as_mut_slice().into(), &tag).ok()?;
        Some(opened)
    })
}

/// Whether a text says that it is sealed. What is stored in the clear is JSON, which begins otherwise.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(VERSION)
}

fn cipher(key: &[u8; BLOCK], purpose: &str) -> Option<XChaCha20Poly1305> {
    XChaCha20Poly1305::new_from_slice(expand(key, &["seal/", purpose]).as_slice()).ok()
}

/// The associated data. With its length before each part, no two lists of parts give the same.
fn bound(purpose: &str, associated: &[&str]) -> Vec<u8> {
    let mut data = Vec::new();
    for part in [VERSION, purpose].iter().chain(associated) {
        data.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        data.extend(part.as_bytes());
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\"a\":\"text\"}";

    fn keys(of: &[u8]) -> SealingKeys {
        SealingKeys::new(of.iter().map(|key| (0..32).map(|byte| byte ^ key).collect::<Vec<u8>>())).unwrap()
    }

    fn entropy(draw: u8) -> Entropy {
        Entropy::new((0..40).map(|byte| byte ^ draw).collect::<Vec<u8>>()).unwrap()
    }

    fn sealed(key: u8) -> String {
        seal(&keys(&[key]), "session", &["issuer", "client"], TEXT, entropy(1)).unwrap()
    }

    fn opened(keys: &SealingKeys, purpose: &str, associated: &[&str], text: &str) -> Option<String> {
        open(keys, purpose, associated, text).map(|text| String::from_utf8(text.to_vec()).unwrap())
    }

    #[test]
    fn what_was_sealed_is_opened_by_any_of_the_keys() {
        let text = sealed(3);
        for of in [&[3][..], &[4, 3], &[1, 2, 3, 4, 5, 6, 7, 8]] {
            assert_eq!(opened(&keys(of), "session", &["issuer", "client"], &text).unwrap(), TEXT);
        }
        assert_eq!(opened(&keys(&[4, 5]), "session", &["issuer", "client"], &text), None);
        assert_eq!(sealed(3), text, "the same of the same");
        assert!(text.starts_with("v1.") && !text.contains("text"));
        assert_eq!(seal(&keys(&[3, 9]), "session", &["issuer", "client"], TEXT, entropy(1)).unwrap(), text);
    }

    #[test]
    fn what_it_is_bound_to_is_told_apart_wherever_one_part_ends() {
        let text = sealed(3);
        for (purpose, associated) in [
            ("session", &["issuer", "client"][..]),
            ("session", &["issuer", "client", ""]),
            ("session", &["", "issuer", "client"]),
            ("session", &["issue", "rclient"]),
            ("session", &["issuerclient"]),
            ("session", &["client", "issuer"]),
            ("session", &["Issuer", "client"]),
            ("session", &[]),
            ("pending_login", &["issuer", "client"]),
            ("sessio", &["nissuer", "client"]),
            ("", &["session", "issuer", "client"]),
        ] {
            let good = purpose == "session" && associated == ["issuer", "client"];
            let outcome = opened(&keys(&[3]), purpose, associated, &text);
            assert_eq!(outcome.is_some(), good, "{purpose} {associated:?}");
        }
    }

    /// The key of a purpose opens nothing of another, though a forger had its associated data.
    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let [one, other] = ["session", "cookie"].map(|purpose| expand(&keys(&[3]).0[0], &["seal/", purpose]));
        assert_ne!(*one, *other);
    }

    #[test]
    fn two_draws_give_two_texts() {
        let keys = keys(&[3]);
        let [one, other] = [1, 2].map(|draw| seal(&keys, "session", &[], TEXT, entropy(draw)).unwrap());
        let nonce = |text: &str| base64url(&text[3..]).unwrap()[..NONCE].to_vec();
        assert_ne!(nonce(&one), nonce(&other));
        assert_ne!(one[35..], other[35..], "and two streams of key");
    }

    #[test]
    fn texts_of_any_length_come_back() {
        for length in [0, 1, 63, 64, 65, 1_000, 70_000] {
            let plaintext = "x".repeat(length);
            let text = seal(&keys(&[3]), "p", &[], &plaintext, entropy(1)).unwrap();
            assert_eq!(opened(&keys(&[3]), "p", &[], &text).unwrap(), plaintext);
        }
        for short in ["", "v1.", "v1.AAAA", &format!("v1.{}", "A".repeat(53))] {
            assert_eq!(opened(&keys(&[3]), "p", &[], short), None, "{short:?}");
        }
    }

    #[test]
    fn e14_keys_that_are_no_keys_are_refused() {
        let good: Vec<u8> = (0..32).collect();
        let half: Vec<u8> = (0..16).collect();
        for (bad, reason) in [
            (vec![], "are none"),
            (vec![vec![]], "are not 32 bytes each"),
            (vec![good[..31].to_vec()], "are not 32 bytes each"),
            (vec![(0..33).collect()], "are not 32 bytes each"),
            (vec![good.clone(), vec![0; 32]], "are not random"),
            (vec![vec![7; 32]], "are not random"),
            (vec![[half.clone(), half].concat()], "are not random"),
            (vec![good.clone(); 9], "are more than 8"),
        ] {
            let error = SealingKeys::new(bad).unwrap_err();
            assert_eq!(error.code(), "invalid_configuration");
            assert_eq!(error.details(), [("member", "sealing_keys"), ("reason", reason)]);
        }
        assert_eq!(format!("{:?}", SealingKeys::new([good]).unwrap()), "[sealing keys]");
    }

    /// draft-irtf-cfrg-xchacha-03 A.3.1: the cipher is the published one.
    #[test]
    fn the_cipher_is_that_of_the_drafts_example() {
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let key: Vec<u8> = (0x80..=0x9f).collect();
        let nonce: [u8; NONCE] = core::array::from_fn(|place| 0x40 + place as u8);
        let data = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let mut buffer = text.to_vec();
        let tag = XChaCha20Poly1305::new_from_slice(&key)
            .unwrap()
            .encrypt_inout_detached(&nonce.into(), &data, buffer.as_mut_slice().into())
            .unwrap();
        assert_eq!(buffer[..4], [0xbd, 0x6d, 0x17, 0x9d]);
        let expected =
            [0xc0, 0x87, 0x59, 0x24, 0xc1, 0xc7, 0x98, 0x79, 0x47, 0xde, 0xaf, 0xd8, 0x78, 0x0a, 0xcf, 0x49];
        assert_eq!(tag[..], expected);
    }
}
