//! Published test vectors and mutations of good signatures and keys, through the cryptography that is compiled in.
//!
//! With `RP_VERDICTS` set, the verdicts are written to that file, one JSON object to a line, and those of all ways to check
//! signatures have to be the same. Without cryptography compiled in, what a host would be asked is written instead, to be
//! put to the verifiers in JavaScript.

mod mutated;
mod published;
mod wycheproof;

#[allow(dead_code)] // other tests need all of it
#[path = "../support/keys.rs"]
mod keys;

use std::fmt::Write;

use relyingparty::VerifyRequest;
use serde_json::{Value, json};

/// A question, and what is known about its answer.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The request, or why the core asks nobody.
    pub(crate) asked: Result<VerifyRequest, &'static str>,
    /// Whether the signature is good, where the vectors know.
    pub(crate) good: Option<bool>,
}

/// Why the core refuses keys that the makers of vectors used.
const OWN_RULES: [&str; 1] = ["exponent is not an odd number from 65537 to 2^33"];

#[cfg(any(feature = "rustcrypto", feature = "aws-lc-rs"))]
fn answer(request: &VerifyRequest) -> (Option<bool>, Value) {
    let relyingparty::Reply::Verified(good) = request.check() else { panic!("it is checked here") };
    (Some(good), json!({ "good": good }))
}

#[cfg(not(any(feature = "rustcrypto", feature = "aws-lc-rs")))]
fn answer(request: &VerifyRequest) -> (Option<bool>, Value) {
    let asked = json!({
        "alg": request.alg().as_str(),
        "jwk": request.jwk(),
        "signing_input": keys::b64(request.signing_input()),
        "signature": keys::b64(request.signature()),
    });
    (None, asked)
}

#[test]
#[allow(clippy::disallowed_methods)] // of tests, not of the core
fn every_vector_has_the_verdict_it_should_have() {
    let (mut lines, mut wrong, mut good) = (String::new(), Vec::new(), 0);
    let cases = [published::cases(), wycheproof::cases(), mutated::cases()].concat();
    for case in &cases {
        let (verdict, mut line) = match &case.asked {
            Ok(request) => answer(request),
            Err(_) => (Some(false), json!({ "good": false })),
        };
        line["name"] = case.name.as_str().into();
        writeln!(lines, "{line}").unwrap();
        let own_rule = case.asked.as_ref().is_err_and(|reason| OWN_RULES.contains(reason));
        if let (Some(verdict), Some(expected)) = (verdict, case.good)
            && verdict != expected
            && !own_rule
        {
            wrong.push(format!("{}: {:?}", case.name, case.asked));
        }
        good += usize::from(verdict == Some(true));
    }
    if let Some(file) = std::env::var_os("RP_VERDICTS") {
        std::fs::write(file, lines).unwrap();
    }
    println!("{} signatures, {good} of them good", cases.len());
    assert!(wrong.is_empty(), "{} wrong verdicts: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    assert!(cases.len() > 10_000);
}
