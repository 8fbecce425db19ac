//! A signed authorization response becomes a code only if the provider signed these very claims for this client and login;
//! before that, nothing in it is believed but the name of its login.

#![no_main]

use std::str;

use fuzz::keys::{JWKS, token};
use fuzz::proving::{PROVING, pushing};
use fuzz::world::{CACHE, CLIENT_ID, ISSUER, NOW, SECRETS, json_reply};
use fuzz::{reference, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{CallbackParams, Flow, ResponseMode, Step};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let claims = text.replacen("STATE", &SECRETS.state, 1);
    check(&token("EdDSA", br#"{"alg":"EdDSA","kid":"EdDSA"}"#, claims.as_bytes()), claims.as_bytes(), true);
    check(text, text.as_bytes(), false);
});

fn check(response: &str, claims: &[u8], is_signed: bool) {
    let Ok(params) = CallbackParams::parse(&format!("response={response}")) else { return };
    let mut cache = CACHE.clone();
    let pushed = json_reply(201, r#"{"request_uri":"urn:x","expires_in":60}"#);
    let step = pushing(&cache, Some(ResponseMode::QueryJwt)).resume(pushed, &mut cache, NOW);
    let Ok(Step::Done(login)) = step else { panic!("{step:?}") };
    match PROVING.signed_callback(login.pending, params, &cache, NOW) {
        Ok(Step::Done(_)) => {
            let jws = reference::verify(response, &JWKS).expect("a response that nobody else accepts");
            let read = reference::object(&jws.payload).expect("claims that nobody else can read");
            assert_eq!((read["iss"].as_str(), read["state"].as_str()), (Some(ISSUER), Some(&*SECRETS.state)));
            assert!(read["aud"] == CLIENT_ID || read["aud"] == serde_json::json!([CLIENT_ID]));
            assert!(read["exp"].as_f64().is_some_and(|exp| exp > (NOW.as_unix() - 61) as f64));
            assert!(
                read["code"].as_str().is_some_and(|code| !code.is_empty()) && !read.contains_key("error")
            );
        }
        // Another key, or a signature that is none: keys are asked for once.
        Ok(Step::Pending(_)) => assert!(!is_signed, "the key is at hand"),
        Err(error) => match reference::object(claims) {
            Some(read) => silence::keeps(&error, &SECRETS.all(), &silence::public(&read, &[])),
            None => silence::echoes_nothing(&error, b""),
        },
    }
}
