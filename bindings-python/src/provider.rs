//! Providers, and their keys.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use relyingparty as core;

use crate::cache::{Cache, Host};
use crate::configuration::{Issuer, Policy};
use crate::error::{Raise, decisions};
use crate::flow::Flow;
use crate::json;

/// A provider with its metadata. Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Provider(pub(crate) core::Provider);

#[pymethods]
impl Provider {
    /// The flow that gets the provider's metadata, from the cache while they are fresh, else from the issuer (OIDC
    /// Discovery 4), and yields a `Provider`.
    ///
    /// The defaults are the core's policy, an empty cache and `time.time`. The flow raises `TransportError` or
    /// `ProtocolError` if the fetch fails and the cache has nothing usable.
    #[staticmethod]
    #[pyo3(signature = (issuer, policy = None, cache = None, clock = None))]
    fn discover(
        py: Python<'_>,
        issuer: &Bound<'_, Issuer>,
        policy: Option<&Bound<'_, Policy>>,
        cache: Option<Py<Cache>>,
        clock: Option<Py<PyAny>>,
    ) -> PyResult<Flow> {
        let (host, policy) = (Host::new(py, cache, clock)?, Policy::or_default(policy));
        let now = host.now(py)?;
        let issuer = &issuer.get().0;
        let step = core::Provider::discover(issuer, &policy, &host.snapshot(py), now).or_raise(py)?;
        Flow::new(py, step.erase(), &host)
    }

    /// A provider from its metadata document (JSON text), without a request.
    ///
    /// Raises `ProtocolError`.
    #[staticmethod]
    fn from_metadata(py: Python<'_>, issuer: &Bound<'_, Issuer>, document: &str) -> PyResult<Provider> {
        let metadata = core::Metadata::parse(&issuer.get().0, document.as_bytes()).or_raise(py)?;
        Ok(Provider(core::Provider::from_metadata(metadata)))
    }

    /// The flow that fetches the provider's keys now, whatever the cache holds. It yields a `KeyReport`.
    #[pyo3(signature = (policy = None, cache = None, clock = None))]
    fn refresh_keys(
        &self,
        py: Python<'_>,
        policy: Option<&Bound<'_, Policy>>,
        cache: Option<Py<Cache>>,
        clock: Option<Py<PyAny>>,
    ) -> PyResult<Flow> {
        let step = self.0.refresh_keys(&Policy::or_default(policy)).or_raise(py)?;
        Flow::new(py, step.erase(), &Host::new(py, cache, clock)?)
    }

    /// The issuer identifier.
    #[getter]
    fn issuer(&self) -> &str {
        self.0.issuer().as_str()
    }

    /// The metadata document (OIDC Discovery 3).
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::dict(py, self.0.metadata().as_json())
    }

    /// What was checked, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        decisions(py, &self.0.decisions())
    }

    fn __repr__(&self) -> String {
        format!("<Provider {}>", self.0.issuer())
    }
}

impl Provider {
    pub(crate) fn new(provider: core::Provider) -> Provider {
        Provider(provider)
    }
}

/// Which keys of a key set can be used, and which cannot.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct KeyReport(core::KeyReport);

#[pymethods]
impl KeyReport {
    /// The keys that can check signatures: `kid` and algorithm of each, if it has them, and its SHA-256 thumbprint in
    /// base64url (RFC 7638).
    #[getter]
    fn usable(&self) -> Vec<(Option<&str>, Option<&str>, &str)> {
        let alg = |key: &core::UsableKey| key.alg.map(core::Alg::as_str);
        self.0.usable.iter().map(|key| (key.kid.as_deref(), alg(key), key.thumbprint.as_str())).collect()
    }

    /// The keys that cannot be used: the position of each in the set, its `kid` if that can be read, and the reason.
    #[getter]
    fn dropped(&self) -> Vec<(usize, Option<&str>, &str)> {
        self.0.dropped.iter().map(|key| (key.index, key.kid.as_deref(), key.reason)).collect()
    }

    fn __repr__(&self) -> String {
        format!("<KeyReport: {} usable, {} dropped>", self.0.usable.len(), self.0.dropped.len())
    }
}

impl KeyReport {
    pub(crate) fn new(report: core::KeyReport) -> KeyReport {
        KeyReport(report)
    }
}
