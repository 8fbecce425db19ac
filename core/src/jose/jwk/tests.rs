use serde_json::{Value, json};

use super::*;
use crate::text::base64::base64url;

/// RFC 7638 3.1 and RFC 8037 A.2; the point of RFC 9449 6.1.
pub(in crate::jose) fn rsa() -> Value {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/data/rfc_small_vectors.json")).unwrap();
    vectors[1]["jwk"].clone()
}

pub(in crate::jose) fn ed25519() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

pub(in crate::jose) fn p256() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA" })
}

pub(in crate::jose) fn with(mut jwk: Value, name: &str, value: impl Into<Value>) -> Value {
    jwk[name] = value.into();
    jwk
}

fn parse(jwk: &Value) -> Result<Key, &'static str> {
    Key::parse(&Object::parse(jwk.to_string().as_bytes()).unwrap())
}

fn dropped(jwk: Value) -> &'static str {
    parse(&jwk).unwrap_err()
}

#[test]
fn thumbprints_are_those_of_the_rfcs() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/data/rfc_small_vectors.json")).unwrap();
    for place in [1, 3, 4] {
        let key = parse(&vectors[place]["jwk"]).unwrap();
        assert_eq!(vectors[place]["expected"], key.thumbprint(), "{}", vectors[place]["name"]);
    }
}

#[test]
fn keys_that_must_not_be_used_are_dropped() {
    assert_eq!(dropped(with(rsa(), "d", "AQAB")), "has a private or symmetric member");
    assert_eq!(dropped(json!({ "kty": "oct", "k": "AAAA" })), "has a private or symmetric member");
    assert_eq!(dropped(with(rsa(), "use", "enc")), "is not for signatures");
    assert_eq!(dropped(with(rsa(), "key_ops", json!(["sign"]))), "is not for signatures");
    assert_eq!(dropped(with(rsa(), "alg", "RSA-OAEP")), "is for an unsupported algorithm");
    assert_eq!(dropped(with(rsa(), "alg", "ES256")), "alg does not fit the key type");
    assert_eq!(dropped(with(rsa(), "kid", 1)), "has a member of the wrong type");
    assert_eq!(dropped(with(p256(), "x", "AAAA")), "has a coordinate of the wrong length");
    assert_eq!(dropped(with(rsa(), "n", "a+/=")), "has a member that is not base64url");
}

#[test]
fn types_and_curves_that_are_not_supported_are_named_if_they_are_known() {
    for curve in ["Ed448", "X25519", "X448"] {
        let reason = format!("curve {curve} is not supported");
        assert_eq!(dropped(with(ed25519(), "crv", curve)), reason);
        for alg in ["EdDSA", "Ed448", "ECDH-ES"] {
            assert_eq!(dropped(with(with(ed25519(), "crv", curve), "alg", alg)), reason, "{alg}");
        }
    }
    for curve in ["P-192", "P-224", "brainpoolP256r1"] {
        assert_eq!(dropped(with(p256(), "crv", curve)), format!("curve {curve} is not supported"));
    }
    #[cfg(not(feature = "es256k"))]
    assert_eq!(dropped(with(p256(), "crv", "secp256k1")), "curve secp256k1 is not supported");
    assert_eq!(dropped(json!({ "kty": "AKP", "alg": "ML-DSA-44" })), "key type AKP is not supported");
    assert_eq!(dropped(json!({ "kty": "oct" })), "key type oct is not supported");
    assert_eq!(dropped(json!({ "kty": "EC", "x": "AA", "y": "AA" })), "has no crv");
    assert_eq!(dropped(with(ed25519(), "crv", "P-256")), "curve P-256 does not go with the key type");
    for unknown in ["<b>", "ed448", "P-256 ", ""] {
        assert_eq!(dropped(with(ed25519(), "crv", unknown)), "is of an unsupported type or curve");
        assert_eq!(dropped(with(p256(), "crv", unknown)), "is of an unsupported type or curve");
        assert_eq!(dropped(with(rsa(), "kty", unknown)), "is of an unsupported type or curve");
    }
}

#[cfg(any(feature = "rustcrypto", feature = "aws-lc-rs"))]
#[test]
fn a19_points_that_are_not_on_the_curve_are_dropped() {
    assert_eq!(dropped(with(p256(), "y", to_base64url(&[1; 32]))), "is not a point on the curve");
    assert_eq!(dropped(with(ed25519(), "x", to_base64url(&[0; 32]))), "is a weak point");
}

#[cfg(feature = "rustcrypto")]
#[test]
fn a19_the_small_order_points_are_those_that_anybody_can_sign_for() {
    let encodings = [[0; 32], [1; 32], [0xec; 32], [0xed; 32], [0xee; 32]];
    let mut points = Vec::new();
    for first in encodings.map(|bytes| bytes[0]) {
        let rest = if first < 2 { 0 } else { 0xff };
        let mut point = [rest; 32];
        point[0] = first;
        point[31] = rest & 0x7f;
        points.push(point);
    }
    for hex in [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ] {
        let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
        points.push(core::array::from_fn(byte));
    }
    for mut point in points {
        for sign in [0, 0x80] {
            point[31] = point[31] & 0x7f | sign;
            assert!(is_small_order(point), "{point:?}");
            if let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&point) {
                assert!(key.is_weak(), "{point:?}");
            }
        }
    }
    let good: [u8; 32] = base64url(ed25519()["x"].as_str().unwrap()).unwrap().try_into().unwrap();
    assert!(!is_small_order(good));
}

#[test]
fn a18_rsa_sizes_and_exponents_are_bounded() {
    let modulus = |bits: usize| {
        let mut n = vec![0xff; bits / 8];
        n[0] = 0x80;
        to_base64url(&n)
    };
    assert_eq!(dropped(with(rsa(), "n", modulus(1024))), "modulus is shorter than 2048 bits");
    assert_eq!(
        dropped(with(rsa(), "n", to_base64url(&[vec![0x7f], vec![0xff; 255]].concat()))),
        "modulus is shorter than 2048 bits"
    );
    assert_eq!(dropped(with(rsa(), "n", modulus(8200))), "modulus is longer than 8192 bits");
    assert_eq!(dropped(with(rsa(), "n", to_base64url(&[0xfe; 256]))), "modulus is even");
    for e in [&[][..], &[1], &[3], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 1]] {
        assert!(dropped(with(rsa(), "e", to_base64url(e))).starts_with("exponent"), "{e:?}");
    }
    let padded = [vec![0], base64url(rsa()["n"].as_str().unwrap()).unwrap()].concat();
    assert!(parse(&with(rsa(), "n", to_base64url(&padded))).is_ok(), "a leading zero octet does not count");
}
