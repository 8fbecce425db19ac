//! Signed tokens: what a client demands of one, the checks of its claims, its key and its signature, and the claims that
//! are believed afterwards.

pub(crate) mod checks;
pub(crate) mod claims;
pub(crate) mod demand;
pub(crate) mod expectations;
pub(crate) mod keys;
#[cfg(feature = "logout")]
pub(crate) mod logout_token;
mod read;
pub(crate) mod requested;
pub(crate) mod rules;
pub(crate) mod signed;
pub(crate) mod standard;

pub use claims::IdTokenClaims;
pub use expectations::Expectations;
#[cfg(feature = "logout")]
pub use logout_token::LogoutToken;
pub use standard::Address;
