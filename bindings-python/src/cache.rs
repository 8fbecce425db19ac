//! The cache, and the clock beside it: what every flow needs of its host.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use relyingparty::Timestamp;

use crate::error::Raise;

/// Metadata and keys of providers, with the times they were fetched (Unix seconds).
///
/// Losing it costs a fetch, never a check. It holds nothing secret, but whoever can write it can replace keys.
/// Threads may share one.
#[pyclass(frozen, module = "relyingparty")]
#[derive(Default)]
pub(crate) struct Cache(Mutex<relyingparty::Cache>);

#[pymethods]
impl Cache {
    /// An empty cache.
    #[new]
    fn new() -> Cache {
        Cache::default()
    }

    /// The cache that `to_json` wrote. Raises `MisuseError`: `unreadable_cache`.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Cache> {
        relyingparty::Cache::from_json(text).map(|cache| Cache(Mutex::new(cache))).or_raise(py)
    }

    /// The cache as JSON text.
    fn to_json(&self, py: Python<'_>) -> String {
        self.with(py, |cache| cache.to_json())
    }

    fn __repr__(&self) -> &'static str {
        "<Cache>"
    }
}

impl Cache {
    /// Lends the cache to `work`, which runs without Python: no lock is held while Python runs.
    pub(crate) fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut relyingparty::Cache) -> R + Send,
    ) -> R {
        py.detach(|| work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The cache and the clock that a client and its flows share.
pub(crate) struct Host {
    cache: Py<Cache>,
    clock: Py<PyAny>,
}

impl Host {
    /// The given ones; else an empty cache and `time.time`.
    pub(crate) fn new(py: Python<'_>, cache: Option<Py<Cache>>, clock: Option<Py<PyAny>>) -> PyResult<Host> {
        let cache = cache.map_or_else(|| Py::new(py, Cache::default()), Ok)?;
        let clock = clock.map_or_else(|| Ok(py.import("time")?.getattr("time")?.unbind()), PyResult::Ok)?;
        Ok(Host { cache, clock })
    }

    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Host {
        Host { cache: self.cache.clone_ref(py), clock: self.clock.clone_ref(py) }
    }

    /// The clock's time, in whole seconds.
    pub(crate) fn now(&self, py: Python<'_>) -> PyResult<Timestamp> {
        let seconds: f64 = self.clock.call0(py)?.extract(py)?;
        Ok(Timestamp::from_unix(seconds.floor() as i64))
    }

    /// Lends the cache to `work`, which runs without Python.
    pub(crate) fn with_cache<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut relyingparty::Cache) -> R + Send,
    ) -> R {
        self.cache.get().with(py, work)
    }
}
