//! Project Wycheproof: signatures that implementations have got wrong (C2SP, Apache-2.0).

use relyingparty::Alg;
use relyingparty::bindings::{verify_request, verify_request_of_jws};
use serde_json::{Value, json};
use wycheproof_ng_ecdsa::TestName as Ecdsa;
use wycheproof_ng_eddsa::TestName as Eddsa;
use wycheproof_ng_kdf_jose::json_web::TestName as JsonWeb;
use wycheproof_ng_rsa_signature::rsa_pkcs1_verify::TestName as Pkcs1;
use wycheproof_ng_rsa_signature::rsa_pss_verify::TestName as Pss;

use crate::Case;
use crate::keys::b64;

/// What Wycheproof expects of a general JOSE library and we do otherwise: refuse, each time.
const REFUSED: [(u64, &str); 4] = [
    (346, "PS384 with a key that is for PS256"),
    (347, "a key for `ES521`, which is none"),
    (350, "PS384 with a key that is for PS256"),
    (351, "a key for `ES521`, which is none"),
];

/// Our own flag, for PSS with JOSE's hash and a salt of another length.
pub(crate) const ODD_SALT: &str = "OddSalt";

pub(crate) fn cases() -> Vec<Case> {
    let ecdsa = [
        (Ecdsa::EcdsaSecp256r1Sha256P1363, "ES256"),
        (Ecdsa::EcdsaSecp256r1Sha512P1363, "ES256"),
        (Ecdsa::EcdsaSecp384r1Sha384P1363, "ES384"),
        (Ecdsa::EcdsaSecp384r1Sha512P1363, "ES384"),
        (Ecdsa::EcdsaSecp521r1Sha512P1363, "ES512"),
        (Ecdsa::EcdsaSecp256k1Sha256P1363, "ES256K"),
        (Ecdsa::EcdsaSecp256r1Sha256, "ES256"),
    ];
    let ecdsa = ecdsa.map(|(name, alg)| primitives(&format!("{name:?}"), name.json_data(), Some(alg)));
    let rsa = Pkcs1::all().into_iter().map(|name| primitives(&format!("{name:?}"), name.json_data(), None));
    let pss = Pss::all().into_iter().map(|name| primitives(&format!("{name:?}"), name.json_data(), None));
    let eddsa = primitives("Ed25519", Eddsa::Ed25519.json_data(), Some("EdDSA"));
    let jws = [JsonWeb::JsonWebSignature, JsonWeb::JsonWebKey, JsonWeb::JsonWebCrypto];
    let jws = jws.map(|name| tokens(&format!("{name:?}"), name.json_data()));
    ecdsa.into_iter().chain(rsa).chain(pss).chain([eddsa]).chain(jws).flatten().collect()
}

/// The groups of a set.
fn groups(json: &str) -> Vec<Value> {
    let mut set: Value = serde_json::from_str(json).unwrap();
    serde_json::from_value(set["testGroups"].take()).unwrap()
}

fn flags(test: &Value) -> Vec<String> {
    test["flags"].as_array().into_iter().flatten().map(|flag| flag.as_str().unwrap().to_owned()).collect()
}

fn good(test: &Value) -> Option<bool> {
    match test["result"].as_str().unwrap() {
        "valid" => Some(true),
        "invalid" => Some(false),
        _ => None,
    }
}

/// Signatures over any octets.
fn primitives(set: &str, json: &str, alg: Option<&str>) -> Vec<Case> {
    let mut cases = Vec::new();
    for group in groups(json) {
        let sha = group["sha"].as_str().unwrap_or_default();
        let (alg, ours) = match (alg, sha.strip_prefix("SHA-"), &group["mgfSha"]) {
            (Some("EdDSA"), ..) => ("EdDSA".to_owned(), true),
            (Some(alg), bits, _) => {
                let der = group["type"] == "EcdsaVerify";
                (
                    alg.to_owned(),
                    bits.is_some_and(|bits| {
                        bits == alg[2..].trim_end_matches('K') || (bits, alg) == ("512", "ES512")
                    }) && !der,
                )
            }
            (None, Some(bits @ ("256" | "384" | "512")), Value::Null) => (format!("RS{bits}"), true),
            (None, Some(bits @ ("256" | "384" | "512")), mgf) => {
                let salt = group["sLen"].as_u64().map(|octets| octets * 8);
                (format!("PS{bits}"), *mgf == sha && salt == bits.parse().ok())
            }
            // A hash that JOSE does not have, taken for one that it has.
            (None, _, Value::Null) => ("RS256".to_owned(), false),
            (None, ..) => ("PS256".to_owned(), false),
        };
        let Some(alg) = Alg::from_name(&alg) else { continue };
        let odd_salt = !ours && group["mgfSha"] == sha;
        let jwk = jwk(&group["publicKey"]).to_string();
        for test in group["tests"].as_array().unwrap() {
            let octets = |name: &str| hex(test[name].as_str().unwrap());
            cases.push(Case {
                name: format!("Wycheproof {set} {}", test["tcId"]),
                asked: verify_request(&jwk, alg, &octets("msg"), &octets("sig")),
                good: match good(test) {
                    good if ours => good,
                    // Good by rules that are not JOSE's; what is bad by them may be good by JOSE's.
                    Some(true) => Some(false),
                    _ => None,
                },
                flags: if odd_salt { vec![ODD_SALT.to_owned()] } else { flags(test) },
            });
        }
    }
    cases
}

/// A key of any of the sets, as a JWK of its public members only.
fn jwk(key: &Value) -> Value {
    let octets = |name: &str| hex(key[name].as_str().unwrap());
    match key["curve"].as_str() {
        None => json!({ "kty": "RSA", "n": b64(octets("modulus")), "e": b64(octets("publicExponent")) }),
        Some("edwards25519") => json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(octets("pk")) }),
        Some(curve) => {
            let crv = match curve {
                "secp256r1" => "P-256",
                "secp384r1" => "P-384",
                "secp521r1" => "P-521",
                other => other,
            };
            let point = octets("uncompressed");
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({ "kty": "EC", "crv": crv, "x": b64(x), "y": b64(y) })
        }
    }
}

/// Tokens, with a key or a key set that they come with.
fn tokens(set: &str, json: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for group in groups(json) {
        let given = if group["public"].is_null() { &group["private"] } else { &group["public"] };
        let keys = if given["keys"].is_null() { json!({ "keys": [given] }) } else { given.clone() };
        for test in group["tests"].as_array().unwrap() {
            let id = test["tcId"].as_u64().unwrap();
            let Some(token) = test.get("jws") else { continue };
            let token = token.as_str().map_or_else(|| token.to_string(), str::to_owned);
            // The algorithm that the key is for, and else what the token says: there is no other opinion in these sets.
            let declared = keys["keys"][0]["alg"].as_str().and_then(Alg::from_name);
            let alg = declared.or_else(|| alg_of(&token)).unwrap_or(Alg::Rs256);
            // A symmetric key out of a key set is no key.
            let refused =
                keys["keys"][0]["kty"] == "oct" || REFUSED.iter().any(|(refused, _)| *refused == id);
            cases.push(Case {
                name: format!("Wycheproof {set} {id}"),
                asked: verify_request_of_jws(&keys.to_string(), alg, &token),
                good: if refused { Some(false) } else { good(test) },
                flags: flags(test),
            });
        }
    }
    cases
}

fn alg_of(token: &str) -> Option<Alg> {
    let header = token.split('.').next()?;
    let header = std::panic::catch_unwind(|| crate::keys::unb64(header)).ok()?;
    Alg::from_name(serde_json::from_slice::<Value>(&header).ok()?["alg"].as_str()?)
}

fn hex(text: &str) -> Vec<u8> {
    let octet = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(octet).collect()
}
