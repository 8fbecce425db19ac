//! The challenges of a response, taken apart (RFC 9110 11.6.1).

use alloc::string::String;
use alloc::vec::Vec;

use crate::machine::HttpResponse;

/// A parameter of a challenge.
pub(crate) type Parameter<'a> = (&'a str, String);

/// Bytes of a header that is looked at.
const LONGEST: usize = 16_384;
/// Headers that are looked at.
const MOST: usize = 32;

/// Those that are about access tokens, each with its scheme and parameters.
pub(crate) fn challenges(response: &HttpResponse) -> impl Iterator<Item = (&str, Vec<Parameter<'_>>)> {
    let headers = response.headers_named("www-authenticate").filter(|header| header.len() <= LONGEST);
    let wanted = |scheme: &str| ["dpop", "bearer"].iter().any(|own| scheme.eq_ignore_ascii_case(own));
    headers.take(MOST).flat_map(read).filter(move |(scheme, _)| wanted(scheme))
}

/// The parameter of this name, if there is one and no more.
pub(crate) fn parameter(parameters: &[Parameter<'_>], name: &str) -> Option<String> {
    let mut named = parameters.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
    let (_, value) = named.next()?;
    named.next().is_none().then(|| value.clone())
}

/// The challenges in a header, each with its scheme and parameters. What cannot be read ends it.
fn read(header: &str) -> Vec<(&str, Vec<Parameter<'_>>)> {
    let mut challenges: Vec<(&str, Vec<Parameter<'_>>)> = Vec::new();
    let mut rest = header.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let Some((word, after)) = token(rest) else { break };
        match after.trim_start().strip_prefix('=') {
            Some(value) if !challenges.is_empty() => {
                let Some((value, after)) = parameter_value(value.trim_start()) else { break };
                if let Some((_, parameters)) = challenges.last_mut() {
                    parameters.push((word, value));
                }
                rest = after;
            }
            Some(_) => break,
            None => {
                challenges.push((word, Vec::new()));
                rest = past_token68(after).unwrap_or(after);
            }
        }
        rest = rest.trim_start_matches([' ', '\t', ',']);
    }
    challenges
}

/// What follows the one value that some schemes have in place of parameters, as in `Negotiate YQ==` (RFC 9110 11.2).
fn past_token68(text: &str) -> Option<&str> {
    let is_token68 = |character: char| character.is_ascii_alphanumeric() || "-._~+/".contains(character);
    let text = text.trim_start();
    let after = text.trim_start_matches(is_token68);
    let rest = after.trim_start_matches('=').trim_start();
    (after.len() < text.len() && (rest.is_empty() || rest.starts_with(','))).then_some(rest)
}

fn token(text: &str) -> Option<(&str, &str)> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let length = text.bytes().take_while(|byte| is_token(*byte)).count();
    text.split_at_checked(length).filter(|(word, _)| !word.is_empty())
}

fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, rest) = token(text)?;
        return Some((word.into(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, quoted.get(place..)?.strip_prefix('"')?)),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}
