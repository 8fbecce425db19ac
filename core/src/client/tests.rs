//! What the tests of this room share.

use crate::client::Registration;
use crate::provider::{Issuer, Metadata};
use crate::report::Error;

/// Metadata with these members beside the necessary ones.
pub(super) fn metadata(more: &str) -> Metadata {
    let document = format!(r#"{{"issuer":"https://op.example","jwks_uri":"https://op.example/jwks"{more}}}"#);
    Metadata::parse(&Issuer::parse("https://op.example").unwrap(), document.as_bytes()).unwrap()
}

pub(super) fn registration() -> Registration {
    Registration::new("client", "https://rp.example/cb")
}

pub(super) fn code<T>(result: Result<T, Error>) -> &'static str {
    result.map(|_| "ok").unwrap_or_else(|error| error.code())
}
