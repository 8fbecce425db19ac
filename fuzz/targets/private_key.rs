//! A private key is read from JWK, PEM and PKCS#8 without a panic and in bounded time; one that is read signs what its public half
//! verifies; one that is not says nothing of itself.

#![no_main]

use std::str;

use fuzz::silence;
use libfuzzer_sys::fuzz_target;
use relyingparty::{Error, SigningKey};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    judge(SigningKey::from_pkcs8_der(data), data);
    let Ok(text) = str::from_utf8(data) else { return };
    judge(SigningKey::from_pem(text), data);
    judge(SigningKey::from_jwk(text), data);
});

fn judge(read: Result<SigningKey, Error>, given: &[u8]) {
    match read {
        Ok(key) => {
            let public = key.public_jwk().expect("its public half is known");
            let public: Value = serde_json::from_str(&public).expect("it is JSON");
            for member in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(public.get(member).is_none(), "{member}");
            }
            assert_eq!(key.thumbprint().map(|thumbprint| thumbprint.len()), Some(43));
        }
        Err(error) => {
            assert_eq!(error.code(), "invalid_configuration");
            silence::echoes_nothing(&error, given);
        }
    }
}
