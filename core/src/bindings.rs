//! For the bindings of this repository: what Rust code takes from the types themselves, as JSON text.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::client::Registration;
use crate::jose::{Alg, Choice, Jws, Key, KeySet, MOST_KEYS};
pub use crate::login::cookies::{Tie, set_cookie};
use crate::machine::flow::VerifyRequest;
use crate::machine::policy::Policy;
use crate::report::{Decision, Error, ErrorKind};
pub use crate::text::json::{Build, Writer, list, members, quoted};
use crate::text::json::{Json, Object};
pub use crate::text::odd::{MEMBERS, Odd, Place};

/// Decisions as a JSON array.
pub fn decisions(decisions: &[Decision]) -> String {
    list(decisions.iter().map(|decision| {
        Writer::new()
            .text("check", decision.check)
            .text("rule", decision.rule)
            .text("expected", &decision.expected)
            .text("found", &decision.found)
            .bool("passed", decision.passed)
            .end()
    }))
}

/// What `Display` shows, without the code for formatting that wasm would carry.
pub fn message(error: &Error) -> String {
    error.message()
}

/// An error that a binding finds itself, with the details of its kind in their order.
pub fn refused<const N: usize>(kind: ErrorKind, details: [&str; N]) -> Error {
    kind.with(details)
}

/// The pairs of a JSON array of arrays of two strings, however many; of anything else none.
pub fn pairs(array: &str) -> Vec<(String, String)> {
    let pair = |pair: Json<'_>| {
        let mut texts = pair.texts()?.into_iter();
        Some((texts.next()?, texts.next()?))
    };
    let object = Writer::new().raw("pairs", array).end();
    let pairs = Object::parse_own(object.as_bytes()).ok().and_then(|object| object.get("pairs")?.elements());
    pairs.into_iter().flatten().filter_map(pair).collect()
}

/// A registration as JSON, which a host takes together with members of these other names.
///
/// # Errors
/// `invalid_configuration`
pub fn registration_beside(text: &str, others: &[&str]) -> Result<Registration, Error> {
    Registration::from_json_beside(text, others)
}

/// What a flow that waits for nothing says to a reply.
pub fn nothing_asked() -> Error {
    ErrorKind::WrongReply.with(["nothing", "a reply"])
}

/// The request to check a signature, for testing who answers such requests; or why nobody would be asked.
pub fn verify_request(
    jwk: &str,
    alg: Alg,
    signing_input: &[u8],
    signature: &[u8],
) -> Result<VerifyRequest, &'static str> {
    let key = Object::parse(jwk.as_bytes()).map_err(|_| "is not JSON").and_then(|jwk| Key::parse(&jwk))?;
    request(Arc::new(key), alg, signing_input, signature)
}

/// The request to check a compact JWS with a JWK Set, whatever its payload; or why nobody would be asked.
pub fn verify_request_of_jws(key_set: &str, alg: Alg, jws: &str) -> Result<VerifyRequest, &'static str> {
    let jws = Jws::parse(jws, Policy::default().token()).map_err(|error| error.code())?;
    let alg = jws.alg(&[alg]).ok_or("is of another algorithm")?;
    let keys = Object::parse(key_set.as_bytes()).map_err(|_| "the key set is not JSON")?;
    let keys = KeySet::parse(&keys, MOST_KEYS)?;
    match keys.choose(jws.kid.as_deref(), alg) {
        Choice::One(key) => request(key.clone(), alg, jws.signing_input.as_bytes(), &jws.signature),
        Choice::None => Err("no key fits"),
        Choice::Ambiguous => Err("several keys fit"),
    }
}

fn request(
    key: Arc<Key>,
    alg: Alg,
    signing_input: &[u8],
    signature: &[u8],
) -> Result<VerifyRequest, &'static str> {
    if !key.serves(alg) {
        return Err("the key is for another algorithm");
    }
    if !key.fits(signature) {
        return Err("no key makes such a signature");
    }
    Ok(VerifyRequest { alg, key, signing_input: signing_input.to_vec(), signature: signature.to_vec() })
}
