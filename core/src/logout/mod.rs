//! The end of a session, here and at the provider.

#[cfg(feature = "logout")]
pub(crate) mod back_channel;
#[cfg(feature = "logout")]
mod front_channel;
#[cfg(feature = "logout")]
mod parameters;
#[cfg(feature = "logout")]
pub(crate) mod revocation;
pub(crate) mod rp_initiated;
#[cfg(feature = "logout")]
mod there_and_back;

#[cfg(feature = "logout")]
pub use back_channel::{LogoutVerification, logout_token_in};
#[cfg(feature = "logout")]
pub use front_channel::FrontChannelLogout;
#[cfg(feature = "logout")]
pub use revocation::{Revocable, Revocation, Revoked};
pub use rp_initiated::EndSessionRequest;
#[cfg(feature = "logout")]
pub use there_and_back::{Logout, logged_out};
