//! Whatever text our verifier takes for a token, aws-lc-rs and a strict reader of its parts accept too, and a refusal
//! shows neither payload nor signature.

#![no_main]

use std::str;

use fuzz::keys::{JWKS, signed};
use fuzz::world::{CACHE, CLIENT, NOW};
use fuzz::{reference, rules, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Expectations, Step};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    verify(text);
    // Signed truly, to get past the signature.
    if let Some((signing_input, _)) = text.rsplit_once('.') {
        verify(&signed("EdDSA", signing_input));
    }
});

fn verify(token: &str) {
    match CLIENT.verify(token, Expectations::none(), &CACHE, NOW) {
        Ok(Step::Done(claims)) => {
            let jws = reference::verify(token, &JWKS).expect("a token that nobody else accepts");
            let read = reference::object(&jws.payload).expect("claims that nobody else can read");
            assert!(rules::header_is_usable(&jws.header));
            assert_eq!(rules::broken(&read, None), None);
            assert_eq!(claims.as_json().as_bytes(), jws.payload, "claims are the bytes that were signed");
        }
        // An unknown key is asked for once, and only that.
        Ok(Step::Pending(_)) => panic!("the keys were fetched a moment ago"),
        Err(error) => {
            let parts: Vec<&str> = token.split('.').skip(1).collect();
            silence::keeps(&error, &parts, &silence::words_of(token));
        }
    }
}
