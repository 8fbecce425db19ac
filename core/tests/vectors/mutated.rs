//! Good signatures and keys with one thing changed: nothing of it may be good, whoever looks.

use relyingparty::Alg;
use relyingparty::bindings::verify_request;
use serde_json::Value;

use crate::Case;
use crate::keys::{Key, b64, unb64};

const MESSAGE: &[u8] = b"eyJhbGciOiJub25lIn0.e30";

pub(crate) fn cases() -> Vec<Case> {
    let asymmetric = Alg::ALL.iter().filter(|alg| !alg.is_symmetric());
    asymmetric.flat_map(|alg| [signatures(*alg), keys(*alg), confusions(*alg)].concat()).collect()
}

fn case(alg: Alg, jwk: &Value, what: &str, message: &[u8], signature: &[u8], good: Option<bool>) -> Case {
    let asked = verify_request(&jwk.to_string(), alg, message, signature);
    Case { name: format!("{} {what}", alg.as_str()), asked, good, flags: Vec::new() }
}

/// The public members alone: who is asked sees no others.
fn public(key: &Key) -> Value {
    let mut jwk = key.jwk();
    for member in ["kid", "alg", "use"] {
        jwk.as_object_mut().unwrap().remove(member);
    }
    jwk
}

fn signatures(alg: Alg) -> Vec<Case> {
    let key = Key::new(alg, "mutated");
    let jwk = public(&key);
    let signature = key.sign(alg, MESSAGE);
    let mut cases = vec![case(alg, &jwk, "untouched", MESSAGE, &signature, Some(true))];
    let mut bad = |what: String, signature: &[u8]| {
        cases.push(case(alg, &jwk, &what, MESSAGE, signature, Some(false)));
    };
    for at in 0..signature.len() {
        for bit in 0..8 {
            let mut flipped = signature.clone();
            flipped[at] ^= 1 << bit;
            bad(format!("bit {bit} of octet {at} flipped"), &flipped);
        }
    }
    let (left, right) = signature.split_at(signature.len() / 2);
    let zeros = vec![0; left.len()];
    for (what, changed) in [
        ("nothing", vec![]),
        ("all zero", vec![0; signature.len()]),
        ("all ones", vec![0xff; signature.len()]),
        ("the left half zero", [&zeros, right].concat()),
        ("the right half zero", [left, &zeros].concat()),
        ("its halves exchanged", [right, left].concat()),
        ("the left half only", left.to_vec()),
        ("a zero octet before", [&[0], signature.as_slice()].concat()),
        ("a zero octet after", [signature.as_slice(), &[0]].concat()),
        ("the first octet missing", signature[1..].to_vec()),
        ("the last octet missing", signature[..signature.len() - 1].to_vec()),
        ("twice", [signature.clone(), signature.clone()].concat()),
    ] {
        bad(what.to_owned(), &changed);
    }
    for (what, message) in [("no message", &b""[..]), ("a shorter message", &MESSAGE[1..])] {
        cases.push(case(alg, &jwk, what, message, &signature, Some(false)));
    }
    cases
}

fn keys(alg: Alg) -> Vec<Case> {
    let key = Key::new(alg, "mutated");
    let jwk = public(&key);
    let signature = key.sign(alg, MESSAGE);
    let mut cases = Vec::new();
    for member in ["n", "e", "x", "y"] {
        let Some(text) = jwk[member].as_str() else { continue };
        let octets = unb64(text);
        let mut bad = |what: String, octets: &[u8]| {
            let mut changed = jwk.clone();
            changed[member] = b64(octets).into();
            cases.push(case(alg, &changed, &what, MESSAGE, &signature, Some(false)));
        };
        for at in 0..octets.len() {
            for bit in [0, 3, 7] {
                let mut flipped = octets.clone();
                flipped[at] ^= 1 << bit;
                bad(format!("key: bit {bit} of octet {at} of {member} flipped"), &flipped);
            }
        }
        bad(format!("key: {member} zero"), &vec![0; octets.len()]);
        bad(format!("key: {member} ones"), &vec![0xff; octets.len()]);
        bad(format!("key: {member} empty"), &[]);
        bad(format!("key: {member} one"), &[vec![0; octets.len() - 1], vec![1]].concat());
        bad(format!("key: {member} shorter"), &octets[1..]);
        bad(format!("key: {member} longer"), &[octets.as_slice(), &[0]].concat());
    }
    cases
}

/// Every algorithm with every key, and what that key signed with its own.
fn confusions(alg: Alg) -> Vec<Case> {
    let others = Alg::ALL.iter().filter(|other| !other.is_symmetric() && **other != alg);
    let case = |other: &Alg| {
        let key = Key::new(*other, "mutated");
        let same = alg.as_str().starts_with("Ed") && other.as_str().starts_with("Ed");
        let what = format!("with what {} signed", other.as_str());
        case(alg, &public(&key), &what, MESSAGE, &key.sign(*other, MESSAGE), Some(same))
    };
    others.map(case).collect()
}
