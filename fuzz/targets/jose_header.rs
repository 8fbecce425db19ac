//! A truly signed token with any header is accepted exactly when a strict reader finds a plain header that names the one
//! key it was signed with.

#![no_main]

use fuzz::keys::{JWKS, token};
use fuzz::world::{CACHE, CLIENT, NOW, claims};
use fuzz::{reference, rules, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Expectations, Step};

/// Within these bounds a header has to be accepted (SECURITY.md, limits).
const MAX_HEADER: usize = 4_096;
const MAX_KID: usize = 256;

fuzz_target!(|header: &[u8]| {
    let read = reference::object(header);
    let named = read.as_ref().and_then(|read| read.get("alg")?.as_str());
    let alg = named.filter(|alg| *alg == "ES256").unwrap_or("EdDSA");
    let token = token(alg, header, claims().to_string().as_bytes());
    let expected = read.is_some_and(|read| {
        let kid = read.get("kid").map_or("", |kid| kid.as_str().unwrap_or_default());
        rules::header_is_usable(&read)
            && header.len() <= MAX_HEADER
            && kid.len() <= MAX_KID
            && reference::verify(&token, &JWKS).is_some()
    });
    match CLIENT.verify(&token, Expectations::none(), &CACHE, NOW) {
        Ok(Step::Done(_)) => assert!(expected, "a header that nobody else accepts"),
        Ok(Step::Pending(_)) => panic!("the keys were fetched a moment ago"),
        Err(error) => {
            // What only the strictest of readers refuses: nesting, width, numbers beyond a double.
            let bounds = error.code() == "malformed_token";
            assert!(!expected || bounds, "{error}");
            silence::keeps(&error, &[token.rsplit('.').next().unwrap_or_default()], &[]);
        }
    }
});
