//! What a site asks of its store.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use relyingparty as core;

/// A question to the store that all processes share. Internal.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct StoreRequest(pub(crate) core::StoreRequest);

#[pymethods]
impl StoreRequest {
    /// Which method of the store answers it: `get`, `add`, `put`, `take`, `delete`, `delete_labelled`, `lock` or `unlock`.
    #[getter]
    fn method(&self) -> &'static str {
        self.0.name()
    }

    /// The arguments of the method, in their order.
    #[getter]
    fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        use core::StoreRequest as Asked;
        let entry = |entry: &core::StoreEntry| {
            let core::StoreEntry { key, value, expires_at, labels, .. } = entry.clone();
            (key, value, expires_at.as_unix(), labels)
        };
        match &self.0 {
            Asked::Get { key } | Asked::Take { key } | Asked::Delete { key } => (key,).into_pyobject(py),
            Asked::Add { entry: new } => entry(new).into_pyobject(py),
            Asked::Put { entry: new, version } => {
                let (key, value, expires_at, labels) = entry(new);
                (key, value, expires_at, labels, version).into_pyobject(py)
            }
            Asked::DeleteLabelled { label } => (label,).into_pyobject(py),
            Asked::Lock { key, owner, lifetime, wait } => (key, owner, lifetime, wait).into_pyobject(py),
            Asked::Unlock { key, owner } => (key, owner).into_pyobject(py),
            _ => Err(pyo3::exceptions::PyNotImplementedError::new_err("a question of a newer core")),
        }
    }

    /// The reply to resume the flow with, from what the method returned.
    fn reply(&self, returned: &Bound<'_, PyAny>) -> StoreReply {
        use core::StoreRequest as Asked;
        let yes = |otherwise| match returned.extract::<bool>() {
            Ok(true) => Some(core::Reply::Stored(core::Stored::Done)),
            Ok(false) => Some(otherwise),
            Err(_) => None,
        };
        let reply = match &self.0 {
            Asked::Get { .. } | Asked::Take { .. } if returned.is_none() => {
                Some(core::Reply::Stored(core::Stored::Nothing))
            }
            Asked::Get { .. } | Asked::Take { .. } => {
                let pair = returned.extract::<(String, String)>().ok();
                pair.map(|(value, version)| core::Reply::Stored(core::Stored::Entry { value, version }))
            }
            Asked::Add { .. } | Asked::Put { .. } => yes(core::Reply::Conflict),
            Asked::Lock { .. } => yes(core::Reply::Busy),
            _ => Some(core::Reply::Stored(core::Stored::Done)),
        };
        StoreReply(reply.unwrap_or_else(|| {
            let kind = returned.get_type().name().map_or_else(|_| String::new(), |name| name.to_string());
            let reason = format!("{}() of the store returned {kind}", self.method());
            core::Reply::Unreachable { reason }
        }))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// What a store replied. Internal.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct StoreReply(pub(crate) core::Reply);

#[pymethods]
impl StoreReply {
    #[expect(clippy::unused_self, reason = "what Python shows of any of them")]
    fn __repr__(&self) -> &'static str {
        "<StoreReply>"
    }
}
