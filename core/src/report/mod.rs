//! What is told to the host: errors with stable codes, and decisions. Every room reports, so this one is the lowest.

pub(crate) mod check;
mod decision;
mod error;
mod kind;
mod message;
mod missing;
mod printable;
#[cfg(feature = "setup")]
mod provider_advice;
mod server_error;

pub use decision::Decision;
pub(crate) use decision::Trace;
pub use error::Error;
pub use kind::{Category, ErrorKind};
pub(crate) use message::MILLISECONDS;
pub use missing::LoginMissing;
#[cfg(feature = "setup")]
pub(crate) use printable::printable;
#[cfg(feature = "setup")]
pub(crate) use provider_advice::{Asked, provider_advice};
pub use server_error::ServerError;
pub(crate) use server_error::{is_passing, registered};
