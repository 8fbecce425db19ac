//! The end of a session, here and at the provider.

pub(crate) mod rp_initiated;

pub use rp_initiated::EndSessionRequest;
