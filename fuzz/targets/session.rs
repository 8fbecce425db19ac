//! A stored session is restored only with an ID token that the provider signed for this client, and what is restored
//! encodes to what restores to the same.

#![no_main]

use std::str;

use fuzz::keys::{JWKS, id_token};
use fuzz::world::{CACHE, CLIENT, NOW, claims};
use fuzz::{reference, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::Step;

/// In a seed stands for a good ID token.
const PLACEHOLDER: &str = "ID_TOKEN";
const SECRET: [&str; 3] = ["access_token", "refresh_token", "id_token"];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let text = text.replacen(PLACEHOLDER, &id_token(&claims()), 1);
    match CLIENT.restore(&text, &CACHE, NOW) {
        Ok(Step::Done(session)) => {
            let jws = reference::verify(session.id_token(), &JWKS).expect("nobody else accepts it");
            assert_eq!(session.claims().as_json().as_bytes(), jws.payload);
            let read = reference::object(text.as_bytes()).expect("a session that nobody else can read");
            let access_token = read.get("access_token").and_then(serde_json::Value::as_str);
            assert_eq!(access_token, session.access_token());
            let encoded = session.encode();
            match CLIENT.restore(&encoded, &CACHE, NOW) {
                Ok(Step::Done(again)) => assert_eq!(again.encode(), encoded),
                other => panic!("what was encoded is not restored: {other:?}"),
            }
        }
        Ok(Step::Pending(_)) => panic!("the keys were fetched a moment ago"),
        Err(error) => {
            let Some(read) = reference::object(text.as_bytes()) else {
                return silence::echoes_nothing(&error, text.as_bytes());
            };
            let secrets =
                SECRET.map(|name| read.get(name).and_then(|token| token.as_str()).unwrap_or_default());
            let mut public = silence::public(&read, &SECRET);
            public.extend(secrets.iter().flat_map(|token| silence::words_of(token)));
            silence::keeps(&error, &secrets, &public);
        }
    }
});
