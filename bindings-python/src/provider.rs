//! Providers, and their keys.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use relyingparty as core;

use crate::cache::{Cache, Host};
use crate::configuration::{Issuer, Policy};
use crate::error::{Raise, decisions};
use crate::flow::Flow;
use crate::json;

/// A provider, known by its issuer and metadata. Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Provider(pub(crate) core::Provider);

#[pymethods]
impl Provider {
    /// Finds the provider's metadata: in the cache while it is fresh, else at the issuer (OIDC Discovery 4).
    ///
    /// Without `policy`, `cache` or `clock`: the core's default, an empty cache, `time.time`. The flow yields a
    /// `Provider`; it raises `TransportError` and `ProtocolError` when nothing usable is in the cache either.
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

    /// A provider whose metadata document is at hand, as JSON text.
    #[staticmethod]
    fn from_metadata(py: Python<'_>, issuer: &Bound<'_, Issuer>, document: &str) -> PyResult<Provider> {
        let metadata = core::Metadata::parse(&issuer.get().0, document.as_bytes()).or_raise(py)?;
        Ok(Provider(core::Provider::from_metadata(metadata)))
    }

    /// Fetches the provider's keys now, whatever the cache holds. The flow yields a `KeyReport`.
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

    /// What was checked to get here.
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

/// What a key set turned out to hold.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct KeyReport(core::KeyReport);

#[pymethods]
impl KeyReport {
    /// The keys that can check signatures: each one's `kid` and algorithm, if it has them, and its SHA-256
    /// thumbprint in base64url (RFC 7638).
    #[getter]
    fn usable(&self) -> Vec<(Option<&str>, Option<&str>, &str)> {
        let alg = |key: &core::UsableKey| key.alg.map(core::Alg::as_str);
        self.0.usable.iter().map(|key| (key.kid.as_deref(), alg(key), key.thumbprint.as_str())).collect()
    }

    /// The keys that were left out: each one's place in the set, its `kid` (if usable) and what is wrong with it.
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
