//! JOSE as an ID token needs it: compact JWS, public keys, signatures.
//!
//! The verifier picks algorithm and key; the token only has to agree. `none` is not representable,
//! symmetric keys do not come out of a key set, and no header member but `kid` influences the choice
//! of a key.

mod alg;
mod backend;
mod jwk;
mod jws;
mod key_set;

pub use alg::Alg;
pub(crate) use backend::AVAILABLE as BACKEND_AVAILABLE;
pub(crate) use jws::Jws;
pub use key_set::DroppedKey;
pub(crate) use key_set::{Choice, KeySet};

use base64ct::{Base64UrlUnpadded, Encoding};

/// Decodes base64url without padding, canonical form only (RFC 7515 2).
pub(crate) fn base64url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Encodes base64url without padding.
pub(crate) fn to_base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
