//! The token endpoint: how a client asks for tokens, and what is granted (RFC 6749).

pub(crate) mod access;
#[cfg(feature = "signing")]
pub(crate) mod challenge;
pub(crate) mod challenges;
pub(crate) mod fresh;
pub(crate) mod grant;
pub(crate) mod proven;
#[cfg(feature = "signing")]
pub(crate) mod proving;
pub(crate) mod refusal;
pub(crate) mod token_endpoint;

#[cfg(feature = "signing")]
pub use challenge::Challenge;
pub use grant::Grant;
