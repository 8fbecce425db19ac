//! The core's errors as the exceptions of `relyingparty.errors`.

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};
use pyo3::{PyTypeInfo, import_exception};
use relyingparty::{Category, Decision, Error, ErrorKind};

import_exception!(relyingparty.errors, CallbackError);
import_exception!(relyingparty.errors, ConfigurationError);
import_exception!(relyingparty.errors, MisuseError);
import_exception!(relyingparty.errors, ProtocolError);
import_exception!(relyingparty.errors, ProviderError);
import_exception!(relyingparty.errors, TokenError);
import_exception!(relyingparty.errors, TransportError);

/// Every `code` that an error can have.
#[pyfunction]
pub(crate) fn error_codes() -> Vec<&'static str> {
    Error::codes().to_vec()
}

/// Turns the core's results into Python's.
pub(crate) trait Raise<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> Raise<T> for Result<T, Error> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error).unwrap_or_else(|failure| failure))
    }
}

pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let details = PyDict::new(py);
    for (name, value) in error.details() {
        details.set_item(name, value)?;
    }
    let arguments = (error.to_string(), error.code(), details, decisions(py, &error.decisions())?);
    let exception = match (class(py, error.category()), error.server_error()) {
        (class, None) => class.call1(arguments)?,
        (class, Some(theirs)) => {
            let (message, code, details, decisions) = arguments;
            let uri = theirs.error_uri.as_deref();
            class.call1((
                message,
                code,
                details,
                decisions,
                &theirs.error,
                theirs.error_description.as_deref(),
                uri,
            ))?
        }
    };
    exception.setattr("_retryable", error.is_retryable())?;
    Ok(PyErr::from_value(exception))
}

/// An error that this package finds itself. The kind says its code, its class and what its details are called.
pub(crate) fn refused<const N: usize>(py: Python<'_>, kind: ErrorKind, values: [&str; N]) -> PyErr {
    exception(py, &relyingparty::bindings::refused(kind, values)).unwrap_or_else(|failure| failure)
}

/// The `ConfigurationError` for a setting that the core does not read. Internal.
#[pyfunction]
pub(crate) fn invalid_configuration(py: Python<'_>, member: &str, reason: &str) -> Py<PyAny> {
    refused(py, ErrorKind::InvalidConfiguration, [member, reason]).into_value(py).into_any()
}

/// Text from outside that may be no text at all, or hold halves of characters, which no encoding has.
pub(crate) fn text<'py>(
    py: Python<'py>,
    given: &'py Bound<'py, PyAny>,
    kind: ErrorKind,
) -> PyResult<Cow<'py, str>> {
    let text = given.cast::<PyString>().map_err(|_| refused(py, kind, ["it is not text"]))?;
    text.to_cow().map_err(|_| refused(py, kind, ["it is not Unicode text"]))
}

fn class(py: Python<'_>, category: Category) -> Bound<'_, PyType> {
    match category {
        Category::Callback => CallbackError::type_object(py),
        Category::Configuration => ConfigurationError::type_object(py),
        Category::Misuse => MisuseError::type_object(py),
        Category::Protocol => ProtocolError::type_object(py),
        Category::Provider => ProviderError::type_object(py),
        Category::Token => TokenError::type_object(py),
        Category::Transport => TransportError::type_object(py),
    }
}

/// A list of `relyingparty.decisions.Decision`.
pub(crate) fn decisions<'py>(py: Python<'py>, decisions: &[Decision]) -> PyResult<Bound<'py, PyList>> {
    let class = py.import("relyingparty.decisions")?.getattr("Decision")?;
    let list = PyList::empty(py);
    for Decision { check, rule, expected, found, passed, .. } in decisions {
        list.append(class.call1((*check, *rule, expected, found, passed))?)?;
    }
    Ok(list)
}
