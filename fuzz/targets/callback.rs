//! A callback goes on to a code only if it carries the waiting login's own state, once, in a query that a second reader
//! reads the same, from this issuer, without an error or a token; and an error shows neither code nor state.

#![no_main]

use std::str;

use fuzz::silence;
use fuzz::world::{CLIENT, ISSUER, NOW, SECRETS, pending};
use libfuzzer_sys::fuzz_target;
use relyingparty::CallbackParams;

/// In a seed stands for the login's state.
const PLACEHOLDER: &str = "STATE";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let text = text.replacen(PLACEHOLDER, &SECRETS.state, 1);
    match CallbackParams::parse_form_post(&text) {
        Ok(form) => {
            same_as_read(&form, &text);
            let refused = CLIENT.callback(pending(), &form, NOW).expect_err("a query was asked for");
            assert_eq!(refused.code(), "response_mode_mismatch");
        }
        Err(error) => silence::keeps(&error, &SECRETS.all(), &names(&text)),
    }
    let Ok(params) = CallbackParams::parse(&text) else { return };
    match CLIENT.callback(pending(), &params, NOW) {
        Ok(_) => {
            assert_eq!(params.get("state"), Some(&*SECRETS.state));
            assert!(params.get("code").is_some_and(|code| !code.is_empty()));
            assert!(params.get("iss").is_none_or(|iss| iss == ISSUER));
            for parameter in ["error", "access_token", "id_token", "token_type"] {
                assert_eq!(params.get(parameter), None);
            }
        }
        Err(error) => {
            let public = ["iss", "error"].map(|name| params.get(name).unwrap_or_default().to_owned());
            let secrets = [&SECRETS.all()[..], &[params.get("state").unwrap_or_default()]].concat();
            silence::keeps(&error, &secrets, &public);
            assert!(error.server_error().is_none() || params.get("state") == Some(&*SECRETS.state));
        }
    }
});

/// Asserts that a second reader finds these parameters too, each once.
fn same_as_read(params: &CallbackParams, form: &str) {
    let mut names = Vec::new();
    for pair in form.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name).expect("a stray %"), decoded(value).expect("a stray %"));
        assert_eq!(params.get(&name), Some(&*value), "{name}");
        assert!(!names.contains(&name), "{name} twice");
        names.push(name);
    }
}

/// The names of the parameters, which are nobody's secret, as errors show them.
fn names(form: &str) -> Vec<String> {
    let names = form.split('&').filter_map(|pair| decoded(pair.split('=').next()?));
    names.map(|name| name.chars().filter(char::is_ascii_graphic).collect()).collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        octets.push(match first {
            b'+' => b' ',
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                // A sign is no digit, although it parses.
                digits[0].is_ascii_hexdigit().then_some(())?;
                u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?
            }
            other => *other,
        });
    }
    String::from_utf8(octets).ok()
}
