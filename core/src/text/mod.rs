//! Values and their spellings: JSON, URLs, base64url, times, secrets, randomness, options.

pub(crate) mod base64;
pub(crate) mod config;
pub(crate) mod entropy;
pub(crate) mod host;
#[cfg(any(feature = "logout", feature = "setup"))]
pub(crate) mod http_date;
pub(crate) mod json;
pub(crate) mod limits;
#[cfg(feature = "setup")]
pub(crate) mod nearest;
pub(crate) mod odd;
pub(crate) mod order;
pub(crate) mod origin;
pub(crate) mod secret;
pub(crate) mod time;
pub(crate) mod uri;

pub use entropy::Entropy;
pub use secret::Secret;
pub use time::Timestamp;
