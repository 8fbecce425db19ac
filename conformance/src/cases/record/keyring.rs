//! The keys of the clients of cases: test keys, made of their names.
//!
//! In a table a registration has names in `signing_keys` and `dpop_keys`. `key-…` is an Ed25519 key that stands in the case with its
//! private half: the core signs with it, or in JavaScript the package. `kms-…` is a P-256 key that the host holds: a case has its
//! public half, each request to sign, and the signature.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::provider::{Bound, Proof, RegisteredClient, SigningKey};

/// The key of that name.
fn key(name: &str) -> SigningKey {
    let seed = Sha256::digest(name).into();
    if is_held(name) { SigningKey::es256(name, seed) } else { SigningKey::eddsa(name, seed) }
}

fn is_held(name: &str) -> bool {
    name.starts_with("kms-")
}

/// Puts the keys of a registration in the place of their names, and yields those that the host holds.
pub(super) fn fill_in(registration: &mut Value) -> Vec<(String, SigningKey)> {
    let mut held = Vec::new();
    for member in ["signing_keys", "dpop_keys"] {
        let keys = registration.get_mut(member).and_then(Value::as_array_mut);
        for place in keys.into_iter().flatten() {
            let Some(name) = place.as_str().map(str::to_owned) else { continue };
            let key = key(&name);
            *place = if is_held(&name) {
                let entry = json!({ "name": name, "alg": key.alg(), "kid": name, "jwk": bare(&key.jwk()) });
                held.push((name, key));
                entry
            } else {
                key.private_jwk()
            };
        }
    }
    held
}

/// The members that make a key, and no others.
fn bare(jwk: &Value) -> Value {
    let mut jwk = jwk.clone();
    if let Some(members) = jwk.as_object_mut() {
        members.retain(|name, _| ["kty", "crv", "x", "y"].contains(&name.as_str()));
    }
    jwk
}

/// Tells the provider of what a registration has beside a secret.
pub(super) fn register(client: &mut RegisteredClient, registration: &Value) {
    let is_set = |member: &str| registration[member] == true;
    let keys = |member: &str| registration[member].as_array().cloned().unwrap_or_default();
    client.keys = keys("signing_keys").iter().map(public).collect();
    client.proof = match registration["token_endpoint_auth_method"].as_str() {
        Some("tls_client_auth" | "self_signed_tls_client_auth") => Proof::Certificate,
        None if !registration["client_assertion_type"].is_null() => Proof::Elsewhere,
        None | Some("private_key_jwt") if !client.keys.is_empty() => Proof::Key,
        None if is_set("tls_client_certificate") => Proof::Certificate,
        _ => Proof::Secret,
    };
    client.bound = if !keys("dpop_keys").is_empty() {
        Bound::Key
    } else if is_set("tls_client_certificate_bound_access_tokens") {
        Bound::Certificate
    } else {
        Bound::Nothing
    };
    client.pushes = is_set("require_pushed_authorization_requests");
    client.signs_requests = is_set("require_signed_request_object");
    if registration["client_secret"].is_null() {
        client.client_secret = None;
    }
}

/// The public half of a key in a case, with its name.
fn public(key: &Value) -> Value {
    let held = &key["jwk"];
    let mut jwk = bare(if held.is_null() { key } else { held });
    jwk["kid"] = key["kid"].clone();
    jwk
}
