//! What decodes as a cache encodes to what decodes to the same, and whatever is in it, a token is accepted only when it was
//! signed with a key that is in it.

#![no_main]

use std::str;

use fuzz::keys::id_token;
use fuzz::world::{CLIENT, NOW, claims, issuer};
use fuzz::{reference, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Cache, Expectations, Policy, Provider, Step, Timestamp};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let cache = match Cache::from_json(text) {
        Ok(cache) => cache,
        Err(error) => {
            assert_eq!(error.code(), "unreadable_cache");
            return silence::echoes_nothing(&error, data);
        }
    };
    let encoded = cache.to_json();
    let again = Cache::from_json(&encoded).expect("it was encoded");
    assert_eq!(again.to_json(), encoded);

    let token = id_token(&claims());
    if let Ok(Step::Done(_)) = CLIENT.verify(&token, Expectations::none(), &cache, NOW) {
        let sets: Value = serde_json::from_str(&encoded).expect("it is JSON");
        let sets = sets["keys"].as_array().into_iter().flatten();
        let own = sets.filter(|set| set["of"] == CLIENT.provider().metadata().jwks_uri());
        assert!(own.map(keys).any(|keys| reference::verify(&token, &keys).is_some()), "an unknown key");
    }
    let policy = Policy::default();
    for now in [NOW, Timestamp::from_unix(i64::MAX), Timestamp::from_unix(i64::MIN)] {
        if let Ok(Step::Done(provider)) = Provider::discover(&issuer(), &policy, &cache, now) {
            assert_eq!(provider.issuer(), &issuer());
        }
        CLIENT.is_current(&cache, now);
    }
});

/// The keys of a set as it is kept, an Ed25519 key for the algorithm as the token names it.
fn keys(set: &Value) -> Value {
    let mut document = set["document"].clone();
    for key in document["keys"].as_array_mut().into_iter().flatten() {
        if key["crv"] == "Ed25519" && (key["alg"].is_null() || key["alg"] == "Ed25519") {
            key["alg"] = "EdDSA".into();
        }
    }
    document
}
