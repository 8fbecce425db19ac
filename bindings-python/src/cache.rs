//! The cache, and the clock beside it: what every flow needs of its host.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyBool;
use relyingparty::{self as core, AnyFlow, Error, ErrorKind, Flow as _, Reply, Step, Timestamp};

use crate::error::{self, Raise, refused};
use crate::signing::Elsewhere;

/// In Unix seconds: a clock that shows more counts something else.
const YEAR_10000: f64 = 253_402_300_800.0;

/// Metadata and keys of providers, with the times when they were fetched.
///
/// Losing it costs a fetch, never a check. It holds no secret, but whoever can write it can replace keys. Threads and
/// relying parties may share one. Share it only between relying parties that trust the same certificate authorities:
/// keys that one of them fetched without verifying certificates would check the tokens of all.
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

    /// Reads what `to_json` wrote.
    ///
    /// Raises `MisuseError`: `unreadable_cache`.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<Cache> {
        let text = error::text(py, text, ErrorKind::UnreadableCache)?;
        core::Cache::from_json(&text).map(|cache| Cache(Mutex::new(cache))).or_raise(py)
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
        self.lock(py).clone()
    }

    /// Whoever holds it holds the interpreter too, as a fork does: no child inherits it locked.
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, core::Cache> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

/// The cache, the clock and the keys that a client and its flows share.
pub(crate) struct Host {
    cache: Py<Cache>,
    clock: Py<PyAny>,
    /// Keys of the client's that are held elsewhere.
    pub(crate) elsewhere: Elsewhere,
}

impl Host {
    /// The given ones; else an empty cache and `time.time`.
    pub(crate) fn new(py: Python<'_>, cache: Option<Py<Cache>>, clock: Option<Py<PyAny>>) -> PyResult<Host> {
        let cache = cache.map_or_else(|| Py::new(py, Cache::default()), Ok)?;
        let clock = clock.map_or_else(|| Ok(py.import("time")?.getattr("time")?.unbind()), PyResult::Ok)?;
        Ok(Host { cache, clock, elsewhere: Elsewhere::default() })
    }

    /// The same with keys of a client's.
    pub(crate) fn with_keys(self, elsewhere: Elsewhere) -> Host {
        Host { elsewhere, ..self }
    }

    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Host {
        Host {
            cache: self.cache.clone_ref(py),
            clock: self.clock.clone_ref(py),
            elsewhere: self.elsewhere.clone(),
        }
    }

    /// The clock's time, in whole seconds. Raises `MisuseError`: `implausible_clock` for what no clock shows:
    /// no number, an infinite one, one before 1970, or one so large that it can't be seconds.
    pub(crate) fn now(&self, py: Python<'_>) -> PyResult<Timestamp> {
        let shown = self.clock.bind(py).call0()?;
        let number = if shown.is_instance_of::<PyBool>() { None } else { shown.extract::<f64>().ok() };
        match number {
            Some(seconds) if (0.0..YEAR_10000).contains(&seconds) => {
                Ok(Timestamp::from_unix(seconds.floor() as i64))
            }
            Some(seconds) => Err(refused(py, ErrorKind::ImplausibleClock, [&seconds.to_string()])),
            None => {
                let kind = shown.get_type().name()?.to_string();
                Err(refused(py, ErrorKind::ImplausibleClock, [&kind]))
            }
        }
    }

    /// The cache as it is now.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> core::Cache {
        self.cache.get().snapshot(py)
    }

    /// Goes on with a flow, without Python where nothing is put into the cache.
    pub(crate) fn resume(
        &self,
        py: Python<'_>,
        flow: AnyFlow,
        reply: Reply,
        now: Timestamp,
    ) -> Result<Step<AnyFlow>, Error> {
        let cache = self.cache.get();
        if flow.request().fills_cache() {
            return flow.resume(reply, &mut cache.lock(py), now);
        }
        let mut snapshot = cache.snapshot(py);
        py.detach(|| flow.resume(reply, &mut snapshot, now))
    }
}
