//! Signed tokens: what a client demands of one, the checks of its claims, its key and its signature, and the claims that
//! are believed afterwards.

pub(crate) mod checks;
pub(crate) mod claims;
pub(crate) mod demand;
pub(crate) mod expectations;
pub(crate) mod keys;
mod read;
pub(crate) mod requested;
pub(crate) mod rules;
pub(crate) mod signed;
pub(crate) mod standard;

pub use claims::IdTokenClaims;
pub use expectations::Expectations;
pub use standard::Address;
