//! Values that no frame shows.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

/// A value that is here until it is taken, and is not shown.
#[pyclass(frozen, generic, module = "relyingparty")]
pub(crate) struct Withheld(Mutex<Option<Py<PyAny>>>);

#[pymethods]
impl Withheld {
    #[new]
    fn new(value: Py<PyAny>) -> Withheld {
        Withheld::of(value)
    }

    /// The value, which is then here no longer.
    fn take(&self) -> PyResult<Py<PyAny>> {
        self.value().take().ok_or_else(taken)
    }

    /// The value, which stays here.
    fn lend(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.value().as_ref().map(|value| value.clone_ref(py)).ok_or_else(taken)
    }

    fn __repr__(&self) -> &'static str {
        "<withheld>"
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(value) => value.as_ref().map_or(Ok(()), |value| visit.call(value)),
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        let value = self.value().take();
        drop(value);
    }
}

impl Withheld {
    pub(crate) fn of(value: Py<PyAny>) -> Withheld {
        Withheld(Mutex::new(Some(value)))
    }

    /// Held for a moment, in which no Python runs.
    fn value(&self) -> MutexGuard<'_, Option<Py<PyAny>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn taken() -> PyErr {
    PyRuntimeError::new_err("it was taken before")
}
