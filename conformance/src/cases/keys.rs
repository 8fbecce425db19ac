//! A registration as cases have it: as the crate reads it from JSON, but for private keys.

use relyingparty::{Error, Registration, SigningKey};
use serde_json::{Value, json};

/// The registration. Keys that have a private half are read here, and signed with in the core; the others are the host's.
pub(super) fn registration(given: &Value) -> Result<Registration, Error> {
    let mut others = given.clone();
    let mut taken = |name: &str| others.as_object_mut().and_then(|members| members.remove(name));
    let (signing, dpop) = (taken("signing_keys"), taken("dpop_keys"));
    let mut registration = Registration::from_json(&others.to_string())?;
    registration.signing_keys = keys(signing.as_ref())?;
    registration.dpop_keys = keys(dpop.as_ref())?;
    Ok(registration)
}

fn keys(given: Option<&Value>) -> Result<Vec<SigningKey>, Error> {
    given.and_then(Value::as_array).into_iter().flatten().map(key).collect()
}

fn key(given: &Value) -> Result<SigningKey, Error> {
    if !given["d"].is_null() {
        return SigningKey::from_jwk(&given.to_string());
    }
    let alone =
        json!({ "client_id": "c", "redirect_uri": "https://app.example/callback", "signing_keys": [given] });
    let read = Registration::from_json(&alone.to_string())?;
    Ok(read.signing_keys.into_iter().next().expect("the one that was given"))
}
