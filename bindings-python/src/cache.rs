//! The cache, and the clock beside it: what every flow needs of its host.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use relyingparty::{self as core, AnyFlow, Error, Flow as _, Reply, Step, Timestamp};

use crate::error::Raise;

/// Metadata and keys of providers, with the times they were fetched (Unix seconds).
///
/// Losing it costs a fetch, never a check. It holds nothing secret, but whoever can write it can replace keys.
/// Threads may share one.
#[pyclass(frozen, module = "relyingparty")]
#[derive(Default)]
pub(crate) struct Cache(Mutex<core::Cache>);

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
        core::Cache::from_json(text).map(|cache| Cache(Mutex::new(cache))).or_raise(py)
    }

    /// The cache as JSON text.
    fn to_json(&self, py: Python<'_>) -> String {
        self.snapshot(py).to_json()
    }

    fn __repr__(&self) -> &'static str {
        "<Cache>"
    }
}

impl Cache {
    /// The cache as it is now.
    fn snapshot(&self, py: Python<'_>) -> core::Cache {
        match self.0.try_lock() {
            Ok(cache) => cache.clone(),
            // Somebody puts keys in, which takes a while: others can run Python meanwhile.
            Err(_) => py.detach(|| self.lock().clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, core::Cache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The cache as it is now.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> core::Cache {
        self.cache.get().snapshot(py)
    }

    /// Goes on with a flow, without Python. The cache is locked only while something is put into it.
    pub(crate) fn resume(
        &self,
        py: Python<'_>,
        flow: AnyFlow,
        reply: Reply,
        now: Timestamp,
    ) -> Result<Step<AnyFlow>, Error> {
        let cache = self.cache.get();
        if flow.request().fills_cache() {
            return py.detach(|| flow.resume(reply, &mut cache.lock(), now));
        }
        let mut snapshot = cache.snapshot(py);
        py.detach(|| flow.resume(reply, &mut snapshot, now))
    }
}
