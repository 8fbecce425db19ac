//! Names that somebody may have meant.

use alloc::string::String;
use alloc::vec::Vec;

/// What to say of a name that is none of the `known` ones: the one that it may stand for, else all of them.
pub(crate) fn hint(unknown: &str, known: &[&str]) -> String {
    match nearest(unknown, known) {
        Some(name) => ["did you mean ", name, "?"].concat(),
        None => ["known are ", &known.join(", ")].concat(),
    }
}

/// The name that differs the least in its letters, however it is spelled (`clientId`, `Client-ID`); else the one that has all of
/// them in it (`skew`).
fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    let letters = letters_of(unknown);
    let by_distance =
        known.iter().map(|name| (distance(&letters, &letters_of(name)), *name)).min_by_key(|(away, _)| *away);
    match by_distance {
        // One in four letters, but one of a short name too.
        Some((away, name)) if away <= (letters.len() / 4).max(1) && away < letters.len() => Some(name),
        _ if letters.len() < 4 => None,
        _ => known
            .iter()
            .copied()
            .find(|name| letters_of(name).windows(letters.len()).any(|part| part == letters)),
    }
}

fn letters_of(name: &str) -> Vec<u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// How many letters have to be added, left out or changed to make the one of the other.
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.iter().enumerate() {
        let (mut diagonal, mut left) = (place, place.saturating_add(1));
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, wanted) in row.iter_mut().skip(1).zip(other) {
            let changed = diagonal.saturating_add(usize::from(letter != wanted));
            diagonal = *cell;
            left = changed.min(left.min(diagonal).saturating_add(1));
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 6] =
        ["client_id", "client_secret", "allowed_skew_secs", "policy", "redirect_uri", "acr_values"];

    #[test]
    fn first_use_a_misspelt_name_leads_to_the_one_that_was_meant() {
        for (unknown, meant) in [
            ("clientId", "client_id"),
            ("client-secret", "client_secret"),
            ("clientsecret", "client_secret"),
            ("redirect_url", "redirect_uri"),
            ("redirectUri", "redirect_uri"),
            ("polcy", "policy"),
            ("skew", "allowed_skew_secs"),
            ("allowed_skew", "allowed_skew_secs"),
            ("acr_value", "acr_values"),
        ] {
            assert_eq!(hint(unknown, &KNOWN), format!("did you mean {meant}?"), "{unknown}");
        }
    }

    #[test]
    fn first_use_a_name_that_is_like_none_is_answered_with_all() {
        for unknown in
            ["", "x", "id", "leeway", "zzzzzz", "\u{e9}\u{e9}\u{e9}", "a_very_long_name_that_nobody_knows"]
        {
            let all =
                "known are client_id, client_secret, allowed_skew_secs, policy, redirect_uri, acr_values";
            assert_eq!(hint(unknown, &KNOWN), all, "{unknown}");
        }
    }

    #[test]
    fn distances_count_letters() {
        for (one, other, away) in
            [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("abc", "abd", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(one.as_bytes(), other.as_bytes()), away, "{one} {other}");
        }
    }
}
