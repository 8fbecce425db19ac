//! A case in which one thing is not what the library does: a runner that passes it does not look.

use std::fs;

use conformance::cases;
use serde_json::{Value, json};

/// What is changed: where it is in the case, and what stands there instead.
const CHANGES: [(&str, &str); 11] = [
    ("/steps/0/exchanges/0/expect/url", "https://op.example/.well-known/openid-configuratioN"),
    ("/steps/0/exchanges/0/expect/headers/0/1", "application/jsoN"),
    ("/steps/0/exchanges/0/expect/limits/timeout_secs", "6"),
    ("/steps/0/outcome/ok/issuer", "https://op.example/"),
    ("/steps/2/outcome/ok/url", "https://op.example/authorize"),
    ("/steps/4/exchanges/0/expect/method", "PUT"),
    ("/steps/4/exchanges/0/expect/body", "grant_type=authorization_code"),
    ("/steps/4/outcome/ok/claims/sub", "bob"),
    ("/steps/4/outcome/ok/scope/0", "profile"),
    ("/steps/5/exchanges/0/expect/headers/1/1", "Bearer "),
    ("/steps/5/exchanges/0/expect/endpoint", "token"),
];

/// The same in cases of clients that prove themselves.
const ELSEWHERE: [(&str, &str, &str); 9] = [
    (HELD, "/steps/4/exchanges/0/expect/sign/purpose", "dpop_proof"),
    (HELD, "/steps/4/exchanges/0/expect/sign/key", "another"),
    (HELD, "/steps/4/exchanges/0/expect/sign/alg", "EdDSA"),
    (HELD, "/steps/4/exchanges/0/expect/sign/signing_input", "e30.e30"),
    (HELD, "/steps/4/exchanges/0/respond/signature", "AAAA"),
    (KEY, "/steps/4/entropy", "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
    ("an-assertion-from-elsewhere-is-had-anew-for-each-request", ASSERTED, "https://other.example"),
    (CALL, "/steps/5/outcome/ok/body", "[]"),
    (CALL, "/steps/6/exchanges/0/expect/body", "{}"),
];
const KEY: &str = "a-client-with-a-key-signs-an-assertion-for-each-request";
const HELD: &str = "a-client-whose-key-the-host-holds-asks-for-each-signature";
const CALL: &str = "a-call-takes-a-bearer-token-to-the-api";
const ASSERTED: &str = "/steps/4/exchanges/0/expect/assertion/audience";

/// The tampered cases, with a word on each.
pub(crate) fn cases() -> Vec<(String, String)> {
    let text = fs::read_to_string(cases::folder().join("oidcc-client-test.json")).unwrap();
    let honest: Value = serde_json::from_str(&text).unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut case = honest.clone();
        change(&mut case);
        assert_ne!(case, honest);
        case.to_string()
    };
    let mut cases: Vec<(String, String)> = CHANGES
        .iter()
        .map(|(place, value)| {
            let text = changed(&|case| {
                let found = case.pointer_mut(place).unwrap_or_else(|| panic!("{place} is not there"));
                *found =
                    if found.is_number() { value.parse::<u32>().unwrap().into() } else { (*value).into() };
            });
            ((*place).to_owned(), text)
        })
        .collect();
    let refused = json!({ "error": { "code": "iss_mismatch" } });
    cases.push(("it is refused".into(), changed(&|case| case["steps"][4]["outcome"] = refused.clone())));
    let one_too_many = changed(&|case| {
        let exchange = case["steps"][5]["exchanges"][0].clone();
        case["steps"][5]["exchanges"].as_array_mut().unwrap().push(exchange);
    });
    cases.push(("a request that nobody makes".into(), one_too_many));
    let one_too_few = changed(&|case| drop(case["steps"][5]["exchanges"].as_array_mut().unwrap().pop()));
    cases.push(("a request that nobody expects".into(), one_too_few));
    let refused = fs::read_to_string(cases::folder().join("a-callback-without-an-id.json")).unwrap();
    let other_cause = refused.replace("\"id_missing\"", "\"no_cookie\"");
    assert_ne!(other_cause, refused);
    cases.push(("another cause".into(), other_cause));
    for (name, place, value) in ELSEWHERE {
        let text = fs::read_to_string(cases::folder().join(name).with_extension("json")).unwrap();
        let mut case: Value = serde_json::from_str(&text).unwrap();
        let found = case.pointer_mut(place).unwrap_or_else(|| panic!("{name}: {place} is not there"));
        assert_ne!(found.as_str(), Some(value), "{name}: {place}");
        *found = value.into();
        cases.push((format!("{name}: {place}"), case.to_string()));
    }
    let certificate = fs::read_to_string(cases::folder().join("a-client-with-a-certificate-shows-it.json"));
    let certificate = certificate.unwrap();
    let without = certificate.replace("\"client_certificate\": true", "\"client_certificate\": false");
    assert_ne!(without, certificate);
    cases.push(("a request without the certificate".into(), without));
    cases
}
