//! The floor of the Rust project, as a Python class that lets go of the interpreter while it works.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::Value;

#[path = "../../../rust/src/floor.rs"]
mod floor;

#[pyclass(frozen)]
struct Floor(floor::Floor);

#[pymethods]
impl Floor {
    #[new]
    fn new(jwks: &str, issuer: &str, client_id: &str) -> PyResult<Floor> {
        let jwks: Value =
            serde_json::from_str(jwks).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let keys = jwks["keys"].as_array().ok_or_else(|| PyValueError::new_err("not a key set"))?;
        Ok(Floor(floor::Floor::new(keys, issuer, client_id)))
    }

    /// The length of the subject's name.
    fn verify(&self, py: Python<'_>, id_token: &str, nonce: &str) -> PyResult<usize> {
        let verified = py.detach(|| self.0.verify(id_token, nonce, unix_now()));
        verified.ok_or_else(|| PyValueError::new_err("the token is not good"))
    }
}

fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[pymodule]
fn compare_floor(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Floor>()
}
