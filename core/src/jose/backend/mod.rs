//! The seam to the cryptography: what is compiled in, or nothing when every signature goes to the host.
//!
//! A backend is a type `Verifier`: a parsed key that says whether a signature is good. All of them are shown the same
//! keys and signatures, after the checks of this crate, and have to come to the same verdict. With private keys also a type
//! `Signer`, which makes signatures: no ECDSA signature with a nonce that is nothing but random.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(not(any(feature = "aws-lc-rs", feature = "rustcrypto")))]
mod host;
#[cfg(all(feature = "rustcrypto", not(feature = "aws-lc-rs")))]
mod rustcrypto;

#[cfg(all(feature = "private-keys", feature = "aws-lc-rs"))]
pub(crate) use aws_lc::Signer;
#[cfg(feature = "aws-lc-rs")]
pub(crate) use aws_lc::Verifier;
#[cfg(all(feature = "private-keys", not(any(feature = "aws-lc-rs", feature = "rustcrypto"))))]
pub(crate) use host::Signer;
#[cfg(not(any(feature = "aws-lc-rs", feature = "rustcrypto")))]
pub(crate) use host::Verifier;
#[cfg(all(feature = "private-keys", feature = "rustcrypto", not(feature = "aws-lc-rs")))]
pub(crate) use rustcrypto::Signer;
#[cfg(all(feature = "rustcrypto", not(feature = "aws-lc-rs")))]
pub(crate) use rustcrypto::Verifier;

/// Whether signatures can be checked in the core.
pub(crate) const AVAILABLE: bool = cfg!(any(feature = "aws-lc-rs", feature = "rustcrypto"));
