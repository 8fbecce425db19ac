//! Values that cross as JSON text.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyInt, PyString};
use relyingparty::bindings::Writer;

/// Options as a JSON object. One that is `None` is there, and null: the core says what it thinks of that.
pub(crate) fn object(py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
    let mut object = Writer::new();
    for (name, value) in options.into_iter().flatten() {
        let name: String = name.extract()?;
        if let Some(text) = value.cast::<PyString>().ok().and_then(|text| text.to_cow().ok()) {
            object.text(&name, &text);
        } else if let Ok(value) = value.cast::<PyBool>() {
            object.bool(&name, value.is_true());
        } else if let Some(number) = value.cast::<PyInt>().ok().and_then(|number| number.extract().ok()) {
            object.number(&name, number);
        } else {
            object.raw(&name, &dumps(py, &value)?);
        }
    }
    Ok(object.end())
}

/// JSON text as a Python value.
pub(crate) fn value<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    LOADS.import(py, "json", "loads")?.call1((text,))
}

/// A JSON object as a dictionary.
pub(crate) fn dict<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyDict>> {
    Ok(value(py, text)?.cast_into()?)
}

/// As `JSON.stringify` writes it, so that a request is the same in each language: nothing that need not be there, and
/// escapes only for halves of characters.
fn dumps(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<String> {
    static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let dumps = DUMPS.import(py, "json", "dumps")?;
    let options = PyDict::new(py);
    options.set_item("separators", (",", ":"))?;
    options.set_item("ensure_ascii", false)?;
    let text = dumps.call((value,), Some(&options))?;
    text.extract().or_else(|_| {
        options.set_item("ensure_ascii", true)?;
        dumps.call((value,), Some(&options))?.extract()
    })
}
