//! Text from outside, made fit to be kept and to be shown.

use alloc::borrow::ToOwned;
use alloc::string::String;

const REPLACEMENT: char = '\u{fffd}';

/// Text from outside as a detail or a decision keeps it: bounded, and without characters that could forge a line of a log
/// or the order of its characters.
pub(crate) fn printable(text: &str) -> String {
    const LONGEST: usize = 512;
    // Most text is plain, and needs no look at each character.
    if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars()
        .take(LONGEST)
        .map(|character| if is_invisible(character) { REPLACEMENT } else { character })
        .collect()
}

/// Text from outside as a message shows it: of all characters those alone that mean nothing in a page, a shell or a line of
/// a log, and none that a message puts around it.
pub(in crate::report) fn push_shown(into: &mut String, text: &str) {
    into.extend(text.chars().map(|character| if is_harmless(character) { character } else { REPLACEMENT }));
}

pub(in crate::report) fn is_harmless(character: char) -> bool {
    character.is_ascii_alphanumeric() || " ._~:/?#@!$()*+,;=-".contains(character)
}

/// Control characters, format characters (category Cf, with those that turn the direction), and the separators of lines and
/// paragraphs.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u4_what_is_kept_is_bounded_and_visible() {
        assert_eq!(printable("a <b> \"c\" \u{e9}"), "a <b> \"c\" \u{e9}");
        for hidden in ['\0', '\n', '\u{1b}', '\u{7f}', '\u{85}', '\u{ad}', '\u{200b}', '\u{200e}', '\u{2028}']
            .into_iter()
            .chain(['\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{feff}', '\u{e0041}'])
        {
            assert_eq!(printable(&String::from_iter(['a', hidden, 'b'])), "a\u{fffd}b", "{hidden:?}");
        }
        assert_eq!(printable(&"\u{e9}".repeat(600)).chars().count(), 512);
    }

    #[test]
    fn u4_what_is_shown_is_of_few_characters() {
        let shown = |text: &str| {
            let mut shown = String::new();
            push_shown(&mut shown, text);
            shown
        };
        let harmless = "AZaz09 ._~:/?#@!$()*+,;=-";
        assert_eq!(shown(harmless), harmless);
        for character in (0..=0x7f_u8).map(char::from).filter(|character| !harmless.contains(*character)) {
            let kept = character.is_ascii_alphanumeric();
            assert_eq!(shown(&String::from(character)) == "\u{fffd}", !kept, "{character:?}");
        }
        assert_eq!(shown("\u{e9}\u{202e}\u{1f600}"), "\u{fffd}\u{fffd}\u{fffd}");
    }
}
