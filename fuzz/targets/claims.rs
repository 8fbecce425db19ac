//! A truly signed token with any payload is accepted only if its claims keep every rule of OIDC Core 3.1.3.7 as a second
//! implementation reads them, and an error shows neither nonce nor payload.

#![no_main]

use fuzz::keys::token;
use fuzz::world::{CACHE, CLIENT, NOW, SECRETS};
use fuzz::{reference, rules, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Expectations, Step};

fuzz_target!(|payload: &[u8]| {
    let token = token("EdDSA", br#"{"alg":"EdDSA"}"#, payload);
    verify(&token, payload, None);
    verify(&token, payload, Some(&SECRETS.nonce));
});

fn verify(token: &str, payload: &[u8], nonce: Option<&str>) {
    let expectations = nonce.map_or_else(Expectations::none, |nonce| Expectations::none().nonce(nonce));
    match CLIENT.verify(token, expectations, &CACHE, NOW) {
        Ok(Step::Done(claims)) => {
            let read = reference::object(payload).expect("claims that nobody else can read");
            assert_eq!(rules::broken(&read, nonce), None);
            assert_eq!(read.get("sub").and_then(|sub| sub.as_str()), Some(claims.sub()));
            assert_eq!(read.get("iss").and_then(|iss| iss.as_str()), Some(claims.iss()));
            assert_eq!(claims.as_map(), &read, "every claim reads the same");
        }
        Ok(Step::Pending(_)) => panic!("the key is at hand"),
        Err(error) => match reference::object(payload) {
            Some(read) => {
                let public = silence::public(&read, &["nonce"]);
                silence::keeps(&error, &[&SECRETS.nonce, token], &public);
            }
            None => silence::echoes_nothing(&error, payload),
        },
    }
}
