//! Judging a set-up at the provider.

use pyo3::prelude::*;
use pyo3::types::PyList;
use relyingparty as core;

use crate::cache::{Cache, Host};
use crate::configuration::{Issuer, Policy, Registration};
use crate::flow::Flow;

/// The flow that checks a set-up at the provider before anybody logs in: it fetches metadata and keys and yields a
/// `SetupReport`. Problems are findings of the report, not errors.
#[pyfunction]
#[pyo3(signature = (issuer, registration, policy = None, cache = None, clock = None))]
pub(crate) fn check_setup(
    py: Python<'_>,
    issuer: &Bound<'_, Issuer>,
    registration: &Bound<'_, Registration>,
    policy: Option<&Bound<'_, Policy>>,
    cache: Option<Py<Cache>>,
    clock: Option<Py<PyAny>>,
) -> PyResult<Flow> {
    let (issuer, registration) = (&issuer.get().0, &registration.get().0);
    let step = core::SetupCheck::start(issuer, registration, &Policy::or_default(policy));
    Flow::new(py, step.erase(), &Host::new(py, cache, clock)?)
}

/// What `check` found about a set-up. `print` shows it as a table.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct SetupReport(core::SetupReport);

#[pymethods]
impl SetupReport {
    /// Whether logins can work: no finding is an `error`.
    #[getter]
    fn ok(&self) -> bool {
        self.0.is_ok()
    }

    /// What was checked, in order.
    #[getter]
    fn findings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let class = py.import("relyingparty.findings")?.getattr("Finding")?;
        let list = PyList::empty(py);
        for core::Finding { topic, verdict, found, advice, code, .. } in &self.0.findings {
            list.append(class.call1((*topic, verdict.as_str(), found, advice, *code))?)?;
        }
        Ok(list)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<SetupReport: {}>", if self.0.is_ok() { "ok" } else { "no login can work" })
    }
}

impl SetupReport {
    pub(crate) fn new(report: core::SetupReport) -> SetupReport {
        SetupReport(report)
    }
}
