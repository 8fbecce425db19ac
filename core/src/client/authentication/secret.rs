//! `client_secret_basic` (RFC 6749 2.3.1).

use alloc::string::String;

use crate::text::base64::to_base64;
use crate::text::uri;

/// Basic credentials, both parts form-urlencoded first.
pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    let mut credentials = String::new();
    uri::form_encode(&mut credentials, client_id);
    credentials.push(':');
    uri::form_encode(&mut credentials, client_secret);
    ["Basic ", &to_base64(credentials.as_bytes())].concat()
}
