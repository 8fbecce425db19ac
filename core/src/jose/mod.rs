//! JOSE as an ID token needs it: compact JWS, public keys, signatures.
//!
//! The verifier picks algorithm and key; the token only has to agree. `none` is not representable,
//! a symmetric key is the client secret or nothing, and no header member but `kid` influences the choice
//! of a key.

mod alg;
mod backend;
mod jwk;
mod jws;
mod key_set;
mod roca;
mod secret;

use alloc::string::String;
use alloc::vec::Vec;

pub use alg::Alg;
pub(crate) use backend::AVAILABLE as BACKEND_AVAILABLE;
pub(crate) use jwk::Key;
pub(crate) use jws::Jws;
pub(crate) use key_set::{Choice, KeySet, MOST_KEYS};
pub use key_set::{DroppedKey, UsableKey};
pub(crate) use secret::verify as verify_with_secret;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Decodes base64url without padding, canonical form only (RFC 7515 2).
pub(crate) fn base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Encodes base64url without padding.
pub(crate) fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
