//! The nonces that servers gave for the next DPoP proof (RFC 9449 8), by origin.

use alloc::sync::Arc;
use alloc::vec::Vec;

/// Origins whose nonce is remembered: the one that was heard of longest ago gives way.
const MOST: usize = 64;
/// Bytes of a nonce. A longer one is not remembered.
const LONGEST: usize = 1_024;

/// Nonces by origin, the newest last. Losing them costs a round trip.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nonces(Arc<Vec<(Arc<str>, Arc<str>)>>);

impl Nonces {
    pub(crate) fn get(&self, origin: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| **own == *origin).map(|(_, nonce)| &**nonce)
    }

    /// Remembers a nonce if it is one (RFC 9449 8.1).
    pub(crate) fn set(&mut self, origin: &str, nonce: &str) {
        if !is_nonce(nonce) || self.get(origin) == Some(nonce) {
            return;
        }
        let nonces = Arc::make_mut(&mut self.0);
        nonces.retain(|(own, _)| **own != *origin);
        if nonces.len() >= MOST {
            nonces.remove(0);
        }
        nonces.push((origin.into(), nonce.into()));
    }
}

/// NQCHAR of RFC 6749: nothing that ends a JSON string or a header.
pub(crate) fn is_nonce(text: &str) -> bool {
    let harmless = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_nonces_of_64_origins_are_remembered() {
        let mut nonces = Nonces::default();
        for number in 0..100 {
            nonces.set(&format!("https://op{number}.example"), "first");
        }
        assert_eq!(nonces.get("https://op35.example"), None);
        assert_eq!(nonces.get("https://op36.example"), Some("first"));
        nonces.set("https://op36.example", "second");
        nonces.set("https://new.example", "first");
        assert_eq!(nonces.get("https://op36.example"), Some("second"), "it was heard of a moment ago");
        assert_eq!(nonces.get("https://op37.example"), None);
        assert_eq!(nonces.0.len(), MOST);
    }

    #[test]
    fn what_is_no_nonce_is_not_remembered() {
        let mut nonces = Nonces::default();
        for odd in ["", "a b", "a\"b", "a\\b", "a\nb", "\u{e4}", &"n".repeat(1_025)] {
            nonces.set("https://op.example", odd);
            assert_eq!(nonces.get("https://op.example"), None, "{odd:?}");
        }
    }
}
