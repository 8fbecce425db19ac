//! A key that is taken into use is one that aws-lc-rs or the rules for RSA find good, under its true thumbprint, without a
//! private member; and what the cache keeps of a key set is the same keys.

#![no_main]

use aws_lc_rs::digest::{SHA256, digest};
use fuzz::reference::{base64url, in_base64url, object, parsed, to_base64url};
use fuzz::world::{CLIENT, NOW, claims, json_reply, keys_into};
use fuzz::{keys, silence};
use libfuzzer_sys::fuzz_target;
use relyingparty::{Cache, Expectations, Flow, Step, UsableKey};
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let mut cache = Cache::default();
    let report = match keys_into(&mut cache, body.to_vec()) {
        Ok(report) => report,
        Err(error) => return silence::echoes_nothing(&error, body),
    };
    let read = object(body).expect("a key set that nobody else can read");
    let published = read["keys"].as_array().expect("keys are a list");
    assert_eq!(report.usable.len() + report.dropped.len(), published.len());
    let kept = published.iter().enumerate().filter(|(index, _)| {
        let mut dropped = report.dropped.iter();
        !dropped.any(|dropped| dropped.index == *index)
    });
    for ((_, jwk), usable) in kept.zip(&report.usable) {
        assert_good(jwk, usable);
    }
    let stored = cache.to_json();
    assert_eq!(Cache::from_json(&stored).expect("it was written").to_json(), stored);
    verify_with(cache);
});

fn assert_good(jwk: &Value, usable: &UsableKey) {
    let jwk = &in_base64url(jwk);
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(jwk.get(member).is_none(), "a key with {member} is used");
    }
    assert_eq!(jwk["kid"].as_str(), usable.kid.as_deref());
    assert!(jwk["use"].is_null() || jwk["use"] == "sig");
    let text = |name: &str| jwk[name].as_str().unwrap_or_default();
    let canonical = match text("kty") {
        "RSA" => {
            let [n, e] = ["n", "e"].map(|name| {
                let octets = base64url(text(name)).expect("it is base64url");
                octets.into_iter().skip_while(|octet| *octet == 0).collect::<Vec<u8>>()
            });
            let bits = n.len() * 8 - n[0].leading_zeros() as usize;
            assert!((2_048..=8_192).contains(&bits) && n[n.len() - 1] & 1 == 1, "a modulus of {bits} bits");
            let exponent = e.iter().fold(0_u64, |value, octet| value << 8 | u64::from(*octet));
            assert!(e.len() <= 5 && exponent & 1 == 1 && (65_537..1 << 33).contains(&exponent), "{exponent}");
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, to_base64url(&e), to_base64url(&n))
        }
        "EC" => {
            assert!(parsed(jwk).is_some(), "a key that aws-lc-rs refuses");
            let [crv, x, y] = ["crv", "x", "y"].map(text);
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        }
        _ => {
            assert!(parsed(jwk).is_some(), "a key that aws-lc-rs refuses");
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text("x"))
        }
    };
    let thumbprint = to_base64url(digest(&SHA256, canonical.as_bytes()).as_ref());
    assert_eq!(usable.thumbprint, thumbprint, "RFC 7638");
}

/// Looks a key up in whatever set it is: a token is never fetched for twice.
fn verify_with(mut cache: Cache) {
    let token = keys::id_token(&claims());
    let step = CLIENT.verify(&token, Expectations::none(), &cache, NOW.plus(31));
    if let Ok(Step::Pending(flow)) = step {
        let again = flow.resume(json_reply(200, r#"{"keys":[]}"#), &mut cache, NOW.plus(31));
        assert_eq!(again.expect_err("there is no key").code(), "unknown_key");
    }
}
