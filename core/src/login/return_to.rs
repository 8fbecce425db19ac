//! Where a login leads afterwards: a URL of the application's own, from wherever the application had it.

use alloc::vec::Vec;

/// Whether a browser that follows `url` stays on the application's origin, whatever is done to it on the way: decoded
/// any number of times, resolved, or taken apart with the path followed alone. The error says why not.
///
/// What leaves an origin is a path that begins with two slashes (or backslashes, which browsers take for slashes). A path
/// gets there by decoding `%2F`, by losing its dot segments (`/.//evil.example`), and by losing tabs and line ends, which
/// a URL parser drops. So the path is looked at with everything decoded and dropped that can be: it must not
/// begin with two slashes, nor have an empty segment behind a dot segment. A query and a fragment lead nowhere.
pub(crate) fn usable_return_to(url: &str, longest: usize) -> Result<(), &'static str> {
    if url.len() > longest {
        return Err("is longer than max_return_to_bytes allows");
    }
    if !url.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err("has a character that is not printable ASCII");
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let decoded = decoded(path);
    let Some(rooted) = path.strip_prefix('/').and_then(|_| decoded.strip_prefix(b"/")) else {
        return Err("is not a path of the application");
    };
    if rooted.starts_with(b"/") {
        return Err("begins with two slashes");
    }
    let mut dots = false;
    let mut segments = rooted.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        if dots && segment.is_empty() && segments.peek().is_some() {
            return Err("has an empty segment behind a dot segment");
        }
        dots |= segment == b"." || segment == b"..";
    }
    Ok(())
}

/// A path as it is when nothing in it can be decoded any more, without control characters, backslashes as slashes. One
/// pass: what a decoded byte completes is decoded at once.
fn decoded(path: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    for byte in path.bytes() {
        decoded.push(byte);
        while let Some(byte) = decoded.last_chunk().and_then(escaped) {
            decoded.truncate(decoded.len().saturating_sub(3));
            match byte {
                0..0x20 | 0x7f => {}
                b'\\' => decoded.push(b'/'),
                byte => decoded.push(byte),
            }
        }
        if decoded.last() == Some(&b'\\') {
            decoded.pop();
            decoded.push(b'/');
        }
    }
    decoded
}

fn escaped(escape: &[u8; 3]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match *escape {
        [b'%', high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(url: &str) -> &'static str {
        usable_return_to(url, 4_096).err().unwrap_or("usable")
    }

    #[test]
    fn u10_urls_of_the_application_are_usable() {
        for url in [
            "/",
            "/a/b?c=d&e=//f#g",
            "/a%20b",
            "/a b",
            "/new?title=bug&body=line1%0Aline2",
            "/search?q=a%5Cb",
            "/search?q=100%",
            "/100%/of",
            "/r%E9sum%E9",
            "/?next=https://elsewhere.example//x",
            "/?next=%2F%2Felsewhere.example",
            "/#//elsewhere",
            "/a//b",
            "/a/../b",
            "/a/..",
            "/./",
            "/line%0Aend",
            "/back%5Cslash",
            "/..hidden//x",
        ] {
            assert_eq!(verdict(url), "usable", "{url}");
        }
        assert_eq!(verdict(&format!("/?{}", "a".repeat(4_094))), "usable");
    }

    #[test]
    fn u10_what_leads_elsewhere_in_any_form_is_not() {
        for url in [
            "",
            "a",
            "?a",
            "#a",
            "https:e",
            "https://e.example",
            "//e",
            "///",
            "/\\e",
            "\\/e",
            " /e",
            "%2Fe",
            "/\te",
            "/\n/e",
            "/a\r\nb",
            "/\u{7f}",
            "/\u{85}e",
            "/ä",
            "/\u{12f}evil.example",
            "/%2fevil.example",
            "/%252fevil.example",
            "/%252f%252fevil.example",
            "/%255cevil.example",
            "/%25%32%66evil.example",
            "/%25252fevil.example",
            "/%2%66evil.example",
            "/%2%09fevil.example",
            "/%09/evil.example",
            "/%0d%0a/evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/a/..//evil.example",
            "/a/../..//evil.example",
            "/%2e//evil.example",
            "/%2E%2e//evil.example",
            "/.%2e/%5cevil.example",
            "/a%2Fb/../%2Fevil.example",
            "/a/../%09/evil.example",
            "/.\\\\evil.example",
            "/.//?",
        ] {
            assert_ne!(verdict(url), "usable", "{url}");
        }
        assert_ne!(verdict(&format!("/{}", "a".repeat(4_096))), "usable");
    }
}
