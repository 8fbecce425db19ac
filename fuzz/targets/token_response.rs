//! A token response becomes a session only if a strict reader finds the same tokens in it and an ID token that the
//! provider signed for this login, and an error shows none of its tokens.

#![no_main]

use std::str;

use fuzz::keys::{JWKS, id_token};
use fuzz::world::{CACHE, CLIENT, NOW, SECRETS, answer, claims, exchange, json_reply};
use fuzz::{reference, rules, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Session, Step};

/// In a seed stands for the login's own ID token.
const PLACEHOLDER: &str = "ID_TOKEN";
const SECRET: [&str; 3] = ["access_token", "refresh_token", "id_token"];

fuzz_target!(|data: &[u8]| {
    let body = match str::from_utf8(data) {
        Ok(text) if text.contains(PLACEHOLDER) => {
            text.replacen(PLACEHOLDER, &id_token(&claims()), 1).into_bytes()
        }
        _ => data.to_vec(),
    };
    match answer(exchange(), json_reply(200, body.clone())) {
        Ok(session) => assert_honest(&session, &body),
        Err(error) => assert_silent(&error, &body),
    }
    let refused = answer(exchange(), json_reply(400, body.clone()));
    let error = refused.expect_err("a refusal is no session");
    assert!(["provider_error", "provider_status"].contains(&error.code()), "{error}");
    assert_silent(&error, &body);
});

fn assert_honest(session: &Session, body: &[u8]) {
    let read = reference::object(body).expect("a response that nobody else can read");
    assert_eq!(read["access_token"].as_str(), session.access_token());
    assert_eq!(read["id_token"], session.id_token());
    let refresh_token = read.get("refresh_token").and_then(|token| token.as_str());
    match session.refresh_token() {
        Some(kept) => assert_eq!(refresh_token, Some(kept)),
        // It is left out when it could not be sent.
        None => {
            assert!(refresh_token.is_none_or(
                |token| !token.bytes().all(|byte| matches!(byte, b'!'..=b'~')) || token.is_empty()
            ))
        }
    }
    assert!(session.token_type().eq_ignore_ascii_case("bearer"));
    let jws = reference::verify(session.id_token(), &JWKS).expect("an ID token that nobody else accepts");
    let claims = reference::object(&jws.payload).expect("claims that nobody else can read");
    assert_eq!(rules::broken(&claims, Some(&SECRETS.nonce)), None);

    let stored = session.encode();
    match CLIENT.restore(&stored, &CACHE, NOW) {
        Ok(Step::Done(restored)) => assert_eq!(restored.encode(), stored),
        other => panic!("what was encoded is not restored: {other:?}"),
    }
}

fn assert_silent(error: &relyingparty::Error, body: &[u8]) {
    let Some(read) = reference::object(body) else { return silence::echoes_nothing(error, body) };
    let secrets = SECRET.map(|name| read.get(name).and_then(|token| token.as_str()).unwrap_or_default());
    let mut public = silence::public(&read, &SECRET);
    // What an ID token says of its issuer and the like is no secret, even when its text is another token too.
    public.extend(secrets.iter().flat_map(|token| silence::words_of(token)));
    silence::keeps(error, &[&secrets[..], &SECRETS.all()].concat(), &public);
}
