//! Signatures made with the client secret (RFC 7518 3.2). They are checked here whatever the policy says: the secret
//! is not handed out.

#[cfg(feature = "signing")]
use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use crate::jose::Alg;

/// Whether the signature is good, in time that does not depend on where it goes wrong.
pub(crate) fn verify(key: &[u8], alg: Alg, message: &[u8], signature: &[u8]) -> bool {
    // RFC 7518 3.2, OIDC Core 16.19: the registration was refused if its secret is shorter.
    if key.len() < alg.hash().length() {
        return false;
    }
    match alg {
        Alg::Hs256 => Hmac::<Sha256>::new_from_slice(key).is_ok_and(|mac| good(mac, message, signature)),
        Alg::Hs384 => Hmac::<Sha384>::new_from_slice(key).is_ok_and(|mac| good(mac, message, signature)),
        Alg::Hs512 => Hmac::<Sha512>::new_from_slice(key).is_ok_and(|mac| good(mac, message, signature)),
        _ => false,
    }
}

/// A signature with the client secret, if it is as long as the hash. (RFC 7523 2.2: `client_secret_jwt`.)
#[cfg(feature = "signing")]
pub(crate) fn sign(key: &[u8], alg: Alg, message: &[u8]) -> Option<Vec<u8>> {
    fn tag(mac: Option<impl Mac>, message: &[u8]) -> Option<Vec<u8>> {
        let mut mac = mac?;
        mac.update(message);
        Some(mac.finalize().into_bytes().to_vec())
    }
    if key.len() < alg.hash().length() {
        return None;
    }
    match alg {
        Alg::Hs256 => tag(Hmac::<Sha256>::new_from_slice(key).ok(), message),
        Alg::Hs384 => tag(Hmac::<Sha384>::new_from_slice(key).ok(), message),
        Alg::Hs512 => tag(Hmac::<Sha512>::new_from_slice(key).ok(), message),
        _ => None,
    }
}

fn good(mut mac: impl Mac, message: &[u8], signature: &[u8]) -> bool {
    mac.update(message);
    mac.verify_slice(signature).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use wycheproof_ng_symmetric::mac::TestName;

    use super::*;

    #[test]
    fn wycheproof_agrees_wherever_key_and_tag_are_as_long_as_jose_wants_them() {
        let hex = |text: &Value| {
            let octet = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
            text.as_str().unwrap().as_bytes().chunks(2).map(octet).collect::<Vec<u8>>()
        };
        let sets = [
            (TestName::HmacSha256, Alg::Hs256),
            (TestName::HmacSha384, Alg::Hs384),
            (TestName::HmacSha512, Alg::Hs512),
        ];
        for (set, alg) in sets {
            let set: Value = serde_json::from_str(set.json_data()).unwrap();
            let mut good = 0;
            for group in set["testGroups"].as_array().unwrap() {
                let bits = alg.hash().length() as u64 * 8;
                let ours = group["keySize"].as_u64().unwrap() >= bits && group["tagSize"] == bits;
                for test in group["tests"].as_array().unwrap() {
                    let verdict = verify(&hex(&test["key"]), alg, &hex(&test["msg"]), &hex(&test["tag"]));
                    assert_eq!(verdict, ours && test["result"] == "valid", "{alg:?} {}", test["tcId"]);
                    good += u32::from(verdict);
                }
            }
            assert!(good > 10);
        }
    }
}
