//! JOSE as a login needs it: compact JWS, public keys, signatures; keys of the client's own to sign with; texts that an application
//! seals for itself.
//!
//! The verifier picks algorithm and key; the token only has to agree. `none` is not representable,
//! a symmetric key is the client secret or nothing, and no header member but `kid` influences the choice
//! of a key.

mod alg;
mod backend;
mod jwk;
mod jws;
#[cfg(feature = "signing")]
pub(crate) mod jwt;
mod key_set;
pub(crate) mod kind;
mod roca;
#[cfg(feature = "sealed")]
pub(crate) mod sealed;
mod secret;
#[cfg(feature = "signing")]
mod signing;

pub use alg::Alg;
pub(crate) use backend::AVAILABLE as BACKEND_AVAILABLE;
pub(crate) use jwk::Key;
pub(crate) use jws::{Jws, TokenLimits};
pub(crate) use key_set::{Choice, KeySet, MOST_KEYS};
pub use key_set::{DroppedKey, UsableKey};
#[cfg(feature = "sealed")]
pub use sealed::SealingKeys;
#[cfg(feature = "signing")]
pub(crate) use secret::sign as sign_with_secret;
pub(crate) use secret::verify as verify_with_secret;
#[cfg(feature = "signing")]
pub use signing::SigningKey;
