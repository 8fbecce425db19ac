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
use std::sync::OnceLock;

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
    /// What its makers say is special about it.
    pub(crate) flags: Vec<String>,
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

/// The vectors for which `about` holds are there, are bad, and are found to be.
fn all_are_refused(about: impl Fn(&Case) -> bool) {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    let cases = CASES.get_or_init(wycheproof::cases).iter();
    let meant: Vec<_> = cases.filter(|case| case.good == Some(false) && about(case)).collect();
    assert!(!meant.is_empty());
    for case in meant {
        let verdict = case.asked.as_ref().map_or(Some(false), |request| answer(request).0);
        assert_ne!(verdict, Some(true), "{}", case.name);
    }
}

fn flagged(flags: &'static [&'static str]) -> impl Fn(&Case) -> bool {
    |case| case.flags.iter().any(|flag| flags.contains(&flag.as_str()))
}

#[test]
fn a4_no_vector_without_a_signature_is_good() {
    all_are_refused(flagged(&["AlgIsNone"]));
}

#[test]
fn a5_no_vector_with_r_or_s_out_of_range_is_good() {
    all_are_refused(flagged(&["RangeCheck", "IntegerOverflow", "InvalidSignature"]));
}

#[test]
fn a6_no_vector_of_another_length_is_good() {
    all_are_refused(flagged(&["SignatureSize"]));
}

#[test]
fn a16_no_vector_in_another_serialization_is_good() {
    all_are_refused(flagged(&["JsonSerialization"]));
}

#[test]
fn a21_no_vector_with_several_keys_that_fit_is_good() {
    all_are_refused(flagged(&["Ambiguous", "DuplicateKid"]));
}

#[test]
fn a22_no_vector_with_a_mixed_key_set_is_good() {
    all_are_refused(flagged(&["MixedKeySet"]));
}

#[test]
fn a24_no_vector_with_odd_padding_is_good() {
    all_are_refused(flagged(&[
        "ModifiedPadding",
        "InvalidPadding",
        "InvalidAsnInPadding",
        "BerEncodedPadding",
        "ShortPadding",
        "NoHash",
    ]));
}

#[test]
fn a24_no_vector_with_a_salt_that_is_not_as_long_as_the_hash_is_good() {
    all_are_refused(flagged(&[wycheproof::ODD_SALT]));
}
