//! What a client is made of, read by the core from options.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use relyingparty as core;

use crate::error::Raise;
use crate::json;

/// An issuer identifier (OIDC Core 1.2): an https URL, compared byte by byte and never normalised.
///
/// Raises `ConfigurationError`: `invalid_issuer`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Issuer(pub(crate) core::Issuer);

#[pymethods]
impl Issuer {
    #[new]
    fn new(py: Python<'_>, issuer: &str) -> PyResult<Issuer> {
        core::Issuer::parse(issuer).map(Issuer).or_raise(py)
    }

    /// For development: an issuer, and its endpoints, that may also be `http://` on this machine.
    #[staticmethod]
    fn insecure_loopback(py: Python<'_>, issuer: &str) -> PyResult<Issuer> {
        core::Issuer::insecure_loopback(issuer).map(Issuer).or_raise(py)
    }

    fn __str__(&self) -> &str {
        self.0.as_str()
    }

    fn __repr__(&self) -> String {
        format!("<Issuer {}>", self.0)
    }
}

/// A client as it is registered at the provider (OIDC Dynamic Registration 2), under the specification's names.
///
/// Raises `ConfigurationError`: `invalid_configuration`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Registration(pub(crate) core::Registration);

#[pymethods]
impl Registration {
    #[new]
    #[pyo3(signature = (**members))]
    fn new(py: Python<'_>, members: Option<&Bound<'_, PyDict>>) -> PyResult<Registration> {
        core::Registration::from_json(&json::object(py, members)?).map(Registration).or_raise(py)
    }

    /// The client's identifier at the provider.
    #[getter]
    fn client_id(&self) -> &str {
        &self.0.client_id
    }

    fn __repr__(&self) -> String {
        format!("<Registration of {}>", self.0.client_id)
    }
}

/// The limits and choices of a client. What is not given has a safe default.
///
/// Raises `ConfigurationError`: `invalid_configuration`; a number out of bounds is `policy_out_of_range` where
/// the policy is used.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Policy(pub(crate) core::Policy);

#[pymethods]
impl Policy {
    #[new]
    #[pyo3(signature = (**members))]
    fn new(py: Python<'_>, members: Option<&Bound<'_, PyDict>>) -> PyResult<Policy> {
        core::Policy::from_json(&json::object(py, members)?).map(Policy).or_raise(py)
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

impl Policy {
    /// The given policy, else the core's default.
    pub(crate) fn or_default(given: Option<&Bound<'_, Policy>>) -> core::Policy {
        given.map_or_else(core::Policy::default, |policy| policy.get().0.clone())
    }
}
