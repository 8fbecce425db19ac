//! base64url as JOSE writes it (RFC 7515 2), and base64 as HTTP does (RFC 7617 2).
//!
//! What is secret is written and read in time that depends on its length alone; so is whatever is written. The parts of a
//! token that is verified, and what is sealed, are read by a faster decoder: who sends them knows them.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// Decodes base64url without padding, canonical form only, of what is no secret.
pub(crate) fn base64url(text: &str) -> Option<Vec<u8>> {
    decode(text.as_bytes())
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes base64url or base64, padded or not, as some key sets have it: the octets are the same in each spelling.
pub(crate) fn any_base64(text: &str) -> Option<Vec<u8>> {
    let unpadded = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let mut octets = unpadded.as_bytes().to_vec();
    for octet in &mut octets {
        match *octet {
            b'+' => *octet = b'-',
            b'/' => *octet = b'_',
            _ => {}
        }
    }
    decode(&octets)
}

/// The same of a secret.
#[cfg(feature = "private-keys")]
pub(crate) fn secret_base64url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Encodes base64url without padding.
pub(crate) fn to_base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Encodes base64 with padding.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

#[cfg(all(test, feature = "private-keys"))]
mod tests {
    use super::*;

    #[test]
    fn a15_both_decoders_take_the_same_spellings() {
        let mut octets = Vec::new();
        for length in 0..70_u8 {
            let text = to_base64url(&octets);
            assert_eq!(base64url(&text).as_ref(), Some(&octets));
            for place in 0..text.len() {
                for other in (0..=127_u8).map(char::from) {
                    let mut spelled = text.clone();
                    spelled.replace_range(place..=place, &other.to_string());
                    assert_eq!(base64url(&spelled), secret_base64url(&spelled), "{spelled:?}");
                }
            }
            for more in ["=", "==", "A", "AA", "\n", " "] {
                let spelled = [&text, more].concat();
                assert_eq!(base64url(&spelled), secret_base64url(&spelled), "{spelled:?}");
            }
            octets.push(length.wrapping_mul(37));
        }
    }
}
