//! Values that cross as JSON text.

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use relyingparty::ErrorKind;
use relyingparty::bindings::{Build, Writer, members};

use crate::error::refused;

/// What a visitor may have sent: no type of it is a mistake of the host's, and what is no text becomes null.
const OF_A_VISITOR: &str = "return_to";

/// Options as a JSON object. One that is `None` is there, and null: the core says what it thinks of that.
pub(crate) fn object(py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
    let mut object = Writer::new();
    for (name, value) in options.into_iter().flatten() {
        let name: String = name.extract().map_err(|_| {
            refused(py, ErrorKind::InvalidConfiguration, ["an option", "has a name that is not text"])
        })?;
        if let Some(text) = value.cast::<PyString>().ok().and_then(|text| text.to_cow().ok()) {
            object.text(&name, &text);
        } else if name == OF_A_VISITOR {
            object.raw(&name, "null");
        } else if let Ok(value) = value.cast::<PyBool>() {
            object.bool(&name, value.is_true());
        } else if let Some(number) = value.cast::<PyInt>().ok().and_then(|number| number.extract().ok()) {
            object.number(&name, number);
        } else {
            let json = dumps(py, &value).map_err(|_| {
                refused(py, ErrorKind::InvalidConfiguration, [&name, "is of a type that JSON has not"])
            })?;
            object.raw(&name, &json);
        }
    }
    Ok(object.end())
}

/// JSON text as a Python value.
pub(crate) fn value<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    LOADS.import(py, "json", "loads")?.call1((text,))
}

/// A JSON object that the core has read as a dictionary, by the same reader.
pub(crate) fn dict<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyDict>> {
    members(text, &Objects(py))
}

/// Objects of Python, as `json.loads` makes them.
struct Objects<'py>(Python<'py>);

impl<'py> Build for Objects<'py> {
    type Value = PyResult<Bound<'py, PyAny>>;
    type Members = PyResult<Bound<'py, PyDict>>;

    fn null(&self) -> Self::Value {
        Ok(self.0.None().into_bound(self.0))
    }

    fn bool(&self, value: bool) -> Self::Value {
        Ok(PyBool::new(self.0, value).to_owned().into_any())
    }

    fn number(&self, written: &str) -> Self::Value {
        if let Ok(number) = written.parse::<i64>() {
            return Ok(number.into_pyobject(self.0)?.into_any());
        }
        if written.contains(['.', 'e', 'E']) {
            return Ok(PyFloat::new(self.0, written.parse()?).into_any());
        }
        self.0.get_type::<PyInt>().call1((written,))
    }

    fn text(&self, text: Cow<'_, str>) -> Self::Value {
        Ok(PyString::new(self.0, &text).into_any())
    }

    fn array(&self, elements: Vec<Self::Value>) -> Self::Value {
        let elements = elements.into_iter().collect::<PyResult<Vec<_>>>()?;
        Ok(PyList::new(self.0, elements)?.into_any())
    }

    fn no_members(&self) -> Self::Members {
        Ok(PyDict::new(self.0))
    }

    fn member(&self, members: &mut Self::Members, name: Cow<'_, str>, value: Self::Value) {
        let added = match (&*members, value) {
            (Ok(members), Ok(value)) => members.set_item(&*name, value),
            (_, value) => value.map(drop),
        };
        if let (Ok(_), Err(error)) = (&*members, added) {
            *members = Err(error);
        }
    }

    fn object(&self, members: Self::Members) -> Self::Value {
        Ok(members?.into_any())
    }
}

/// As `JSON.stringify` writes it, so that a request is the same in each language: nothing that need not be there, and
/// escapes only for halves of characters.
pub(crate) fn dumps(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<String> {
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
