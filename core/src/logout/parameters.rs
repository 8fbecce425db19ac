//! The parameters of logout requests and responses, read as strictly as those of a callback.

use crate::login::CallbackParams;
use crate::report::{Error, ErrorKind};

/// Those of a query, or of a whole URL.
pub(super) fn of_query(query_or_url: &str) -> Result<CallbackParams, Error> {
    CallbackParams::parse(query_or_url).map_err(|error| malformed(&error))
}

/// Those of a form.
pub(super) fn of_form(body: &str) -> Result<CallbackParams, Error> {
    CallbackParams::parse_form_post(body).map_err(|error| malformed(&error))
}

/// A parameter without a value counts as omitted (RFC 6749 3.1).
pub(super) fn present<'a>(parameters: &'a CallbackParams, name: &str) -> Option<&'a str> {
    parameters.get(name).filter(|value| !value.is_empty())
}

fn malformed(error: &Error) -> Error {
    ErrorKind::LogoutMalformed.with([error.detail("reason").unwrap_or("has a parameter twice")])
}
