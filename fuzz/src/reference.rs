//! A second reader of JSON and of compact JWS, built of other parts than the library's: serde_json, taught to refuse
//! duplicates, and aws-lc-rs.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// One JSON object and nothing else, without a duplicate member at any level.
pub fn object(text: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice::<Strict>(text) {
        Ok(Strict(Value::Object(members))) => Some(members),
        _ => None,
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without duplicate members")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = elements.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(map.into())
    }
}

/// Base64url without padding, each text of which stands for octets of its own (RFC 7515 2).
pub fn base64url(text: &str) -> Option<Vec<u8>> {
    let (mut octets, mut pending, mut bits) = (Vec::new(), 0_u32, 0);
    for character in text.bytes() {
        let sextet = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        pending = pending << 6 | u32::from(sextet);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            octets.push((pending >> bits) as u8);
            pending &= (1 << bits) - 1;
        }
    }
    (bits < 6 && pending == 0).then_some(octets)
}

/// A key whose members may be in base64, padded or not, with the same members in base64url.
pub fn in_base64url(jwk: &Value) -> Value {
    let mut jwk = jwk.clone();
    for member in ["n", "e", "x", "y"] {
        if let Some(text) = jwk[member].as_str() {
            let unpadded = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
            jwk[member] = unpadded.replace('+', "-").replace('/', "_").into();
        }
    }
    jwk
}

pub fn to_base64url(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let sextets = |chunk: &[u8]| {
        let word =
            chunk.iter().chain([&0; 2]).take(3).fold(0_u32, |word, octet| word << 8 | u32::from(*octet));
        let characters = [18, 12, 6, 0].map(|shift| char::from(ALPHABET[(word >> shift & 63) as usize]));
        characters.into_iter().take(chunk.len() + 1).collect::<String>()
    };
    octets.chunks(3).map(sextets).collect()
}

/// A token that passed, as somebody else reads it.
pub struct Jws {
    pub header: Map<String, Value>,
    pub payload: Vec<u8>,
}

/// Takes a compact JWS apart and checks its signature with the one key of `jwks` that its header names, or the one that
/// fits where it names none.
pub fn verify(token: &str, jwks: &Value) -> Option<Jws> {
    let (signing_input, signature) = token.rsplit_once('.')?;
    let (header, payload) = signing_input.split_once('.')?;
    let header = object(&base64url(header)?)?;
    let (payload, signature) = (base64url(payload)?, base64url(signature)?);
    let alg = header.get("alg")?.as_str()?;
    let kid = header.get("kid").map(|kid| kid.as_str().ok_or(())).transpose().ok()?;
    let named = |jwk: &&Value| kid.is_none_or(|kid| jwk["kid"] == kid) && jwk["alg"] == alg;
    let mut fitting = jwks["keys"].as_array()?.iter().filter(named);
    let (Some(jwk), None) = (fitting.next(), fitting.next()) else { return None };
    let good = signature_is_good(jwk, alg, signing_input.as_bytes(), &signature)?;
    good.then_some(Jws { header, payload })
}

/// What aws-lc-rs says to a signature; nothing when it cannot use the key.
fn signature_is_good(jwk: &Value, alg: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
    let member = |name: &str| base64url(jwk[name].as_str()?);
    let rsa = |parameters| {
        let key = RsaPublicKeyComponents { n: member("n")?, e: member("e")? };
        Some(key.verify(parameters, message, signature).is_ok())
    };
    match alg {
        "RS256" => rsa(&RSA_PKCS1_2048_8192_SHA256),
        "PS256" => rsa(&RSA_PSS_2048_8192_SHA256),
        _ => Some(parsed(jwk)?.verify_sig(message, signature).is_ok()),
    }
}

/// An elliptic curve's key that aws-lc-rs finds usable.
pub fn parsed(jwk: &Value) -> Option<ParsedPublicKey> {
    let member = |name: &str| base64url(jwk[name].as_str()?);
    let (algorithm, octets): (&'static dyn VerificationAlgorithm, _) = match jwk["crv"].as_str()? {
        "P-256" => (&ECDSA_P256_SHA256_FIXED, [vec![4], member("x")?, member("y")?].concat()),
        "P-384" => {
            (&aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED, [vec![4], member("x")?, member("y")?].concat())
        }
        "P-521" => {
            (&aws_lc_rs::signature::ECDSA_P521_SHA512_FIXED, [vec![4], member("x")?, member("y")?].concat())
        }
        "Ed25519" => (&ED25519, member("x")?),
        _ => return None,
    };
    ParsedPublicKey::new(algorithm, octets).ok()
}
