//! Where a string that is read or written needs a closer look: most of it does not, so eight bytes are looked at in one go.

/// How much of a string comes before a quote, a backslash or a control character; nothing if none of them comes.
pub(super) fn plain(string: &[u8]) -> Option<usize> {
    let mut long = 0_usize;
    while let Some(eight) = string.get(long..)?.first_chunk()
        && !has_special(u64::from_ne_bytes(*eight))
    {
        long = long.saturating_add(8);
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    let rest = string.get(long..)?.iter().position(special)?;
    Some(long.saturating_add(rest))
}

/// Whether one of eight bytes means something in a string, asked of all in one go: less than a byte is taken from each, and
/// the highest bit shows where that did not do.
fn has_special(eight: u64) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);
    let below = |bytes: u64, limit: u64| bytes.wrapping_sub(limit.wrapping_mul(ONES)) & !bytes;
    let is = |byte: u8| below(eight ^ u64::from(byte).wrapping_mul(ONES), 1);
    (below(eight, 0x20) | is(b'"') | is(b'\\')) & HIGHEST != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_wherever_it_stands() {
        for length in 0..40 {
            for special in (0..0x20).chain([b'"', b'\\']) {
                for place in 0..length {
                    for filler in [b' ', b'!', b'#', b'[', b']', b'a', 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
                        let mut string = vec![filler; length];
                        assert_eq!(plain(&string), None);
                        string[place] = special;
                        assert_eq!(plain(&string), Some(place), "{special} among {filler}");
                        string[place..].fill(special);
                        assert_eq!(plain(&string), Some(place), "from {place} on {special}");
                    }
                }
            }
        }
    }
}
