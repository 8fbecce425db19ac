//! Configuration and requests read from JSON, with errors that name the mistake and never echo a value.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::json;

/// Reads `T` from a strict JSON object.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, Error> {
    let members = json::object(text.as_bytes())
        .map_err(|reason| ErrorKind::InvalidConfiguration { member: what.into(), reason })?;
    from_value(Value::Object(members), what)
}

/// Reads `T` from a JSON value.
pub(crate) fn from_value<T: DeserializeOwned>(value: Value, what: &str) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| {
        let text = error.to_string();
        let names_only = text.starts_with("unknown field") || text.starts_with("missing field");
        let reason = match text.rsplit_once(", expected ") {
            _ if names_only => text,
            Some((_, expected)) => format!("a member is not {expected}"),
            None => "a member has an unusable value".into(),
        };
        ErrorKind::InvalidConfiguration { member: what.into(), reason }.into()
    })
}
