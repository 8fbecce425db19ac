use serde_json::{Value, json};

use super::*;
use crate::jose::Key;

fn data() -> Value {
    let text = include_str!("../../../tests/data/signing_keys.json");
    serde_json::from_str::<Value>(text).unwrap()["keys"].clone()
}

/// The keys that this build holds: RSA is for aws-lc-rs alone.
fn held() -> Vec<(String, Value)> {
    let keys = data().as_object().unwrap().clone();
    keys.into_iter().filter(|(name, _)| name != "RSA" || cfg!(feature = "aws-lc-rs")).collect()
}

fn reason<T: fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.code(), "invalid_configuration");
    assert_eq!(error.detail("member"), Some("signing_key"));
    error.detail("reason").unwrap().to_owned()
}

fn public(key: &SigningKey) -> Key {
    Key::parse(&Object::parse(key.public_jwk().unwrap().as_bytes()).unwrap()).unwrap()
}

fn with(mut jwk: Value, member: &str, value: impl Into<Value>) -> String {
    jwk[member] = value.into();
    jwk.to_string()
}

#[test]
fn a_key_is_the_same_from_a_jwk_and_from_pem_and_signs_what_its_public_half_verifies() {
    assert!(held().len() >= 4);
    for (name, given) in held() {
        let alg = given["alg"].as_str().unwrap();
        let jwk = SigningKey::from_jwk(&given["jwk"].to_string()).unwrap();
        let pem = SigningKey::from_pem(given["pkcs8"].as_str().unwrap()).unwrap();
        assert_eq!((jwk.alg().as_str(), pem.alg().as_str()), (alg, alg), "{name}");
        assert_eq!((jwk.thumbprint(), jwk.public_jwk()), (pem.thumbprint(), pem.public_jwk()), "{name}");
        for key in [jwk, pem] {
            let signature = key.sign(b"message").unwrap().unwrap();
            assert!(public(&key).verify(key.alg(), b"message", &signature), "{name}");
            assert!(!public(&key).verify(key.alg(), b"another", &signature), "{name}");
            assert_eq!(key.accept(signature.clone()).unwrap(), signature);
        }
    }
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn an_rsa_key_signs_with_each_of_its_algorithms() {
    let key = SigningKey::from_jwk(&data()["RSA"]["jwk"].to_string()).unwrap();
    for alg in [Alg::Rs256, Alg::Rs384, Alg::Rs512, Alg::Ps256, Alg::Ps384, Alg::Ps512] {
        let key = key.clone().with_alg(alg).unwrap();
        let signature = key.sign(b"message").unwrap().unwrap();
        assert!(public(&key).verify(alg, b"message", &signature), "{alg:?}");
    }
    assert!(reason(key.with_alg(Alg::Es256)).contains("another type"));
}

#[cfg(not(feature = "aws-lc-rs"))]
#[test]
fn a26_an_rsa_key_is_refused_by_name_where_its_use_would_leak_it() {
    let rsa = &data()["RSA"];
    for refused in
        [SigningKey::from_jwk(&rsa["jwk"].to_string()), SigningKey::from_pem(rsa["pkcs8"].as_str().unwrap())]
    {
        assert!(reason(refused).contains("RUSTSEC-2023-0071"));
    }
}

/// RFC 6979 A.2.5, with SHA-256: `sample`.
#[cfg(not(feature = "aws-lc-rs"))]
#[test]
fn an_ecdsa_nonce_is_that_of_rfc_6979() {
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "d": octets("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
        "x": octets("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
        "y": octets("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"),
    });
    let key = SigningKey::from_jwk(&jwk.to_string()).unwrap();
    let signature = crate::text::base64::to_base64url(&key.sign(b"sample").unwrap().unwrap());
    let expected = [
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ];
    assert_eq!(signature, octets(&expected.concat()));
}

#[cfg(not(feature = "aws-lc-rs"))]
fn octets(hex: &str) -> String {
    let pair = |place: usize| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
    crate::text::base64::to_base64url(&(0..hex.len()).step_by(2).map(pair).collect::<Vec<_>>())
}

/// RFC 8037 A.1, A.4.
#[test]
fn an_ed25519_signature_is_that_of_rfc_8037() {
    let jwk = json!({
        "kty": "OKP", "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let key = SigningKey::from_jwk(&jwk.to_string()).unwrap();
    assert_eq!(key.thumbprint().unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = crate::text::base64::to_base64url(&key.sign(input.as_bytes()).unwrap().unwrap());
    assert_eq!(
        signature,
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn a_key_that_cannot_be_used_says_why_and_shows_nothing() {
    let p256 = data()["P-256"].clone();
    let jwk = p256["jwk"].clone();
    let other = data()["P-384"]["jwk"].clone();
    let without = |member: &str| {
        let mut jwk = jwk.clone();
        jwk.as_object_mut().unwrap().remove(member);
        jwk.to_string()
    };
    let jwks = [
        ("canary".to_owned(), "is not JSON"),
        (json!({ "keys": [jwk] }).to_string(), "is a key set"),
        (without("d"), "is public"),
        (without("y"), "lacks a member"),
        (with(jwk.clone(), "use", "enc"), "is not for signatures"),
        (with(jwk.clone(), "alg", "ES384"), "is of another type"),
        (with(jwk.clone(), "alg", "canary"), "unsupported algorithm"),
        (with(jwk.clone(), "d", "canary!"), "not base64url"),
        (with(jwk.clone(), "d", other["d"].clone()), "do not belong together"),
        (with(jwk.clone(), "kid", ""), "kid is empty"),
        (with(jwk.clone(), "kid", "k".repeat(1_025)), "longer than 1024"),
        (" ".repeat(32_769), "longer than 32768"),
    ];
    for (given, expected) in jwks {
        let told = reason(SigningKey::from_jwk(&given));
        assert!(told.contains(expected) && !told.contains("canary"), "{expected}: {told}");
    }
    let pems = [
        ("canary", "is not PEM"),
        (p256["encrypted"].as_str().unwrap(), "is encrypted"),
        (p256["traditional"].as_str().unwrap(), "is not PKCS#8"),
        (p256["public"].as_str().unwrap(), "is public"),
    ];
    for (given, expected) in pems {
        let told = reason(SigningKey::from_pem(given));
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(reason(SigningKey::from_pkcs8_der(b"canary")).contains("PKCS#8"));
}

#[test]
fn f7_a_key_shows_nothing_of_its_private_half() {
    for (_, given) in held() {
        let key = SigningKey::from_jwk(&given["jwk"].to_string()).unwrap();
        let shown = format!("{key:?} {:?} {:?}", key.public_jwk(), key.thumbprint());
        for member in ["d", "p", "q", "dp", "dq", "qi"] {
            let secret = given["jwk"][member].as_str().unwrap_or("not there");
            assert!(!shown.contains(secret), "{member}");
        }
    }
}

#[test]
fn a_key_of_the_hosts_is_its_public_half_and_a_name() {
    let mut jwk = data()["P-256"]["jwk"].clone();
    assert!(reason(SigningKey::held_by_host("kms", Alg::Es256, Some(&jwk.to_string()))).contains("private"));
    jwk.as_object_mut().unwrap().remove("d");
    let key = SigningKey::held_by_host("kms", Alg::Es256, Some(&with(jwk.clone(), "kid", "k1"))).unwrap();
    assert_eq!((key.name(), key.kid(), key.sign(b"").unwrap()), ("kms", Some("k1"), None));
    assert!(reason(SigningKey::held_by_host("kms", Alg::Es384, Some(&jwk.to_string()))).contains("type"));
    assert!(reason(SigningKey::held_by_host("kms", Alg::Hs256, None)).contains("shared secret"));
    let unknown = SigningKey::held_by_host("kms", Alg::Rs256, None).unwrap();
    assert_eq!((unknown.thumbprint(), unknown.public_jwk()), (None, None));
}

#[test]
fn a_weak_key_of_the_hosts_is_refused_as_a_weak_key_of_a_providers_is() {
    let weak = |length: usize| {
        json!({ "kty": "RSA", "e": "AQAB", "n": format!("{}E", "_".repeat(length)) }).to_string()
    };
    let held = |length| SigningKey::held_by_host("kms", Alg::Rs256, Some(&weak(length)));
    assert!(reason(held(170)).contains("shorter than 2048 bits"));
    assert!(reason(held(1_502)).contains("longer than 8192 bits"));
}

#[test]
fn k7_what_cannot_be_a_signature_by_the_key_is_refused() {
    let code = |key: &SigningKey, signature: Vec<u8>| {
        let refused = key.accept(signature).unwrap_err();
        (refused.code(), refused.detail("reason").unwrap().to_owned())
    };
    let es256 = SigningKey::held_by_host("kms", Alg::Es256, None).unwrap();
    let mut der = vec![0x30, 0x45];
    der.resize(71, 1);
    assert_eq!(code(&es256, der), ("signature_unusable", "in DER, and JWS wants r and s alone".into()));
    let rs256 = SigningKey::held_by_host("kms", Alg::Rs256, None).unwrap();
    for (key, length) in [(&es256, 0), (&es256, 63), (&es256, 65), (&rs256, 255), (&rs256, 1_025)] {
        assert_eq!(code(key, vec![1; length]).1, "of the wrong length", "{length}");
    }
    assert!(rs256.accept(vec![1; 256]).is_ok() && es256.accept(vec![1; 64]).is_ok());
}
