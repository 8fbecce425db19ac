//! Values that cross as JSON text.

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Options as a JSON object. One that is `None` is one that is not given.
pub(crate) fn object(py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
    let given = PyDict::new(py);
    for (name, value) in options.into_iter().flatten() {
        if !value.is_none() {
            given.set_item(name, value)?;
        }
    }
    py.import("json")?.call_method1("dumps", (given,))?.extract()
}

/// JSON text as a Python value.
pub(crate) fn value<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (text,))
}

/// A JSON object as a dictionary.
pub(crate) fn dict<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyDict>> {
    Ok(value(py, text)?.cast_into()?)
}
