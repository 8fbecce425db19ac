//! Errors tell no secret.

use relyingparty::Error;
use serde_json::{Map, Value};

use crate::reference::{base64url, object};
use crate::world::{ISSUER, REDIRECT_URI};

/// What errors may always say.
const PUBLIC: [&str; 2] = [ISSUER, REDIRECT_URI];

/// Everything a host could log of an error.
fn shown(error: &Error) -> String {
    format!("{error} {error:?} {:?} {:?}", error.details(), error.decisions())
}

/// Asserts that an error shows none of the secrets, but for one that the input holds in a public place too, and that nothing
/// of its message means anything in a page or a line of a log.
pub fn keeps(error: &Error, secrets: &[&str], public: &[String]) {
    let message = error.to_string();
    let harmless = |letter: char| letter == '\u{fffd}' || letter.is_ascii() && !letter.is_ascii_control();
    assert!(message.chars().all(harmless) && !message.contains(['<', '>', '&', '`', '\\']), "{message:?}");
    let shown = shown(error);
    for secret in secrets.iter().filter(|secret| is_recognisable(secret)) {
        let mut public = PUBLIC.into_iter().chain(public.iter().map(String::as_str));
        let told = shown.contains(secret) && !public.any(|text| text.contains(secret));
        assert!(!told, "{} tells a secret", error.code());
    }
}

/// Whether a text is none that errors have of their own: the fuzzer learns those.
fn is_recognisable(secret: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| secret.as_bytes().iter().any(kind);
    let random = secret.len() >= 16 && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase);
    secret.starts_with("canary-") || random && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Asserts that what is said of a text that cannot be read is nothing of the text.
pub fn echoes_nothing(error: &Error, text: &[u8]) {
    let shown = shown(error);
    let canary = "canary-";
    let planted = text.windows(canary.len()).any(|window| window == canary.as_bytes());
    assert!(!planted || !shown.contains(canary), "{} tells of the text", error.code());
}

/// All names and texts of a document but the values of these members of its top level.
pub fn public(document: &Map<String, Value>, secret: &[&str]) -> Vec<String> {
    let mut texts = Vec::new();
    for (name, value) in document {
        texts.push(name.clone());
        if !secret.contains(&name.as_str()) {
            gather(value, &mut texts);
        }
    }
    texts
}

/// The words of a token's header and claims, the nonce left out: what a token says of its issuer and the like is public.
pub fn words_of(token: &str) -> Vec<String> {
    let parts = token.split('.').filter_map(base64url).filter_map(|part| object(&part));
    parts.flat_map(|part| public(&part, &["nonce"])).collect()
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(elements) => elements.iter().for_each(|element| gather(element, texts)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            texts.push(name.clone());
            gather(value, texts);
        }),
        _ => {}
    }
}
