//! What an honest provider may publish and a careless client stumbles over, as the OpenID Foundation's suite does it.

use k256::elliptic_curve::sec1::ToSec1Point;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::keys::SigningKey;
use super::mutation::Object;
use crate::encoding::base64url;

/// Signing keys: so many of RSA and of P-256, and Ed25519. Another generation has other keys.
pub(super) fn signing_keys(generation: u32, of_each: u8) -> Vec<SigningKey> {
    let several = usize::from(of_each);
    let name = |kind: &str, number: usize| format!("{kind}-{generation}-{number}");
    let first_rsa = generation as usize * several;
    let rsa = (0..several).map(|n| SigningKey::rs256(&name("rsa", n), first_rsa + n));
    let p256 = (0..several).map(|n| SigningKey::es256(&name("p256", n), seed(&name("p256", n))));
    let ed25519 = if of_each > 2 { several } else { 1 };
    let ed25519 = (0..ed25519).map(|n| SigningKey::eddsa(&name("ed25519", n), seed(&name("ed25519", n))));
    rsa.chain(p256).chain(ed25519).collect()
}

/// The keys as they are published: without `alg`, the signing key not in front, among keys on a curve that few know
/// and keys that are for encryption.
pub(super) fn publish(keys: &mut Vec<Value>, generation: u32, of_each: u8) {
    keys.iter_mut().for_each(|key| {
        key.as_object_mut().map(|key| key.remove("alg"));
    });
    keys.reverse();
    let odd_ones = if of_each > 2 { of_each } else { 1 };
    let odd = (0..odd_ones).map(|n| secp256k1(&format!("secp256k1-{generation}-{n}")));
    keys.splice(0..0, odd);
    keys.insert(0, encryption_rsa(generation));
    keys.push(encryption_ec(generation));
}

/// Keys of other algorithms that go by the name of the signing key.
pub(super) fn add_decoys(keys: &mut Vec<Value>, signing: &SigningKey) {
    let kid = signing.kid();
    let decoys =
        [SigningKey::eddsa(kid, seed("decoy")), SigningKey::es256(kid, seed("decoy")), rsa_decoy(kid)];
    let jwks = decoys.iter().filter(|decoy| decoy.alg() != signing.alg()).map(|decoy| {
        let mut jwk = decoy.jwk();
        if decoy.alg() == "RS256" {
            jwk["alg"] = "PS256".into();
        }
        jwk
    });
    keys.splice(1..1, jwks);
}

/// Everything that a provider could offer, in an order that nobody expects. `algs` are those it signs with.
pub(super) fn announce(metadata: &mut Object, algs: &[&str]) {
    let mut signing: Vec<&str> = vec!["none", "HS512", "HS256", "HS384"];
    signing.extend(algs);
    for (member, value) in [
        (
            "response_types_supported",
            json!(["id_token code", "token code id_token", "code", "token code", "id_token"]),
        ),
        ("response_modes_supported", json!(["form_post", "fragment", "query"])),
        ("grant_types_supported", json!(["implicit", "refresh_token", "authorization_code"])),
        ("subject_types_supported", json!(["pairwise", "public"])),
        ("id_token_signing_alg_values_supported", json!(signing)),
        ("userinfo_signing_alg_values_supported", json!(signing)),
        ("request_object_signing_alg_values_supported", json!(["none", "PS256", "RS256", "ES256"])),
        ("id_token_encryption_alg_values_supported", json!(ENCRYPTION)),
        ("id_token_encryption_enc_values_supported", json!(["A256GCM", "A128CBC-HS256"])),
        ("code_challenge_methods_supported", json!(["plain", "S256"])),
        ("a_member_of_our_own", json!({ "nested": [null, true, { "deep": 1.5 }] })),
    ] {
        metadata.insert(member.into(), value);
    }
}

const ENCRYPTION: [&str; 9] = [
    "dir",
    "RSA1_5",
    "A128KW",
    "ECDH-ES",
    "RSA-OAEP",
    "A256GCMKW",
    "ECDH-ES+A128KW",
    "RSA-OAEP-256",
    "ECDH-ES+A256KW",
];

fn rsa_decoy(kid: &str) -> SigningKey {
    SigningKey::rs256(kid, 3)
}

fn secp256k1(name: &str) -> Value {
    let key = k256::SecretKey::from_slice(&seed(name)).expect("the hash is below the group order");
    let point = key.public_key().to_sec1_point(false);
    let coordinate = |range: std::ops::Range<usize>| base64url(&point.as_bytes()[range]);
    json!({ "kty": "EC", "crv": "secp256k1", "use": "sig", "kid": name, "x": coordinate(1..33), "y": coordinate(33..65) })
}

fn encryption_rsa(generation: u32) -> Value {
    let mut jwk = SigningKey::rs256(&format!("rsa-encryption-{generation}"), 3).jwk();
    jwk["alg"] = "RSA-OAEP".into();
    jwk["use"] = "enc".into();
    jwk
}

fn encryption_ec(generation: u32) -> Value {
    let name = format!("ec-encryption-{generation}");
    let mut jwk = SigningKey::es256(&name, seed(&name)).jwk();
    jwk["alg"] = "ECDH-ES".into();
    jwk["use"] = "enc".into();
    jwk
}

fn seed(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn published(generation: u32, of_each: u8) -> Vec<Value> {
        let mut keys: Vec<_> = signing_keys(generation, of_each).iter().map(SigningKey::jwk).collect();
        publish(&mut keys, generation, of_each);
        keys
    }

    fn count(keys: &[Value], member: &str, value: &str) -> usize {
        keys.iter().filter(|key| key[member] == value).count()
    }

    #[test]
    fn signing_keys_of_four_kinds_have_no_alg_and_stand_among_encryption_keys() {
        let keys = published(0, 2);
        let (signing, other): (Vec<Value>, Vec<Value>) =
            keys.into_iter().partition(|key| key["use"] == "sig");
        assert!(signing.iter().all(|key| key.get("alg").is_none()));
        assert_eq!(count(&signing, "kty", "RSA"), 2);
        let curves = ["P-256", "secp256k1", "Ed25519"].map(|curve| count(&signing, "crv", curve));
        assert_eq!(curves, [2, 1, 1]);
        assert_eq!(["RSA-OAEP", "ECDH-ES"].map(|alg| count(&other, "alg", alg)), [1, 1]);
        assert_eq!(other.len(), 2);
    }

    #[test]
    fn the_key_that_signs_is_not_the_first_of_its_kind() {
        let signing = signing_keys(0, 2)[0].kid().to_owned();
        let keys = published(0, 2);
        let first = keys.iter().find(|key| key["kty"] == "RSA" && key["use"] == "sig").unwrap();
        assert_ne!(first["kid"], signing);
    }

    #[test]
    fn another_generation_shares_no_signing_key() {
        let names = |generation| -> BTreeSet<String> {
            published(generation, 2)
                .iter()
                .map(|key| format!("{}{}{}", key["kid"], key["n"], key["x"]))
                .collect()
        };
        assert_eq!(names(0).intersection(&names(1)).count(), 0);
    }

    #[test]
    fn decoys_go_by_the_name_of_the_signing_key() {
        let signing = SigningKey::es256("k", seed("k"));
        let mut keys = vec![signing.jwk()];
        keys.insert(0, json!({ "kid": "another" }));
        add_decoys(&mut keys, &signing);
        let algs: Vec<_> =
            keys.iter().filter(|key| key["kid"] == "k").map(|key| key["alg"].clone()).collect();
        assert_eq!(algs, ["EdDSA", "PS256", "ES256"]);
    }
}
