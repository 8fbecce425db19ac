//! Every operation as one class.

use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use relyingparty::{AnyFlow, Error, Flow as _, Outcome, Reply, Step};

use crate::answer::{Handled, Visit};
use crate::cache::Host;
use crate::call::ApiResponse;
use crate::claims::{IdTokenClaims, UserInfo};
use crate::error::{self, Raise};
use crate::grant::RefreshedGrant;
use crate::http;
use crate::login::{Authorization, AuthorizationCode};
use crate::logout::LogoutToken;
use crate::provider::{KeyReport, Provider};
use crate::session::Session;
use crate::setup::SetupReport;

/// An operation that waits for its host. Answer `request` with `resume` until it is `None`, then read `result`.
#[pyclass(frozen, generic, module = "relyingparty")]
pub(crate) struct Flow {
    state: Mutex<State>,
    host: Host,
    failures: Failures,
}

/// What the host raised in the course of a flow, by the reason that it became.
#[derive(Default)]
pub(crate) struct Failures(Mutex<Vec<(String, PyErr)>>);

enum State {
    Pending(AnyFlow),
    Done(Py<PyAny>),
    /// A reply is being consumed, or one has ended the operation with an error.
    Over,
}

#[pymethods]
impl Flow {
    /// What the operation waits for; `None` when it is over.
    #[getter]
    fn request(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let request = match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Pending(flow) => Some(flow.request().clone()),
            State::Done(_) | State::Over => None,
        };
        request.map(|request| http::request(py, request, &self.host)).transpose()
    }

    /// The name of the provider whose client asks, in a flow of a site; `None` while it has asked for none, and in other flows.
    #[getter]
    fn provider(&self) -> Option<String> {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Pending(flow) => flow.provider(),
            State::Done(_) | State::Over => None,
        }
    }

    /// Continues with the reply to `request`.
    ///
    /// Raises the error that ends the operation, and `MisuseError`: `wrong_reply` for a reply to another kind of
    /// request, or to none.
    fn resume(&self, py: Python<'_>, reply: &Bound<'_, PyAny>) -> PyResult<()> {
        let (reply, cause) = http::reply(py, reply)?;
        let now = self.host.now(py)?;
        let flow = self.take_pending().or_raise(py)?;
        self.failures.note(py, &reply, cause.as_ref());
        match self.host.resume(py, flow, reply, now) {
            Ok(step) => {
                let state = State::of(py, step, &self.failures)?;
                *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
                Ok(())
            }
            Err(error) => {
                let explained = self.failures.explain(py, &error)?;
                if explained.cause(py).is_none() {
                    explained.set_cause(py, cause);
                }
                Err(explained)
            }
        }
    }

    /// The result of the operation. Raises `RuntimeError` while it waits, and after it failed.
    #[getter]
    fn result(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Done(output) => Ok(output.clone_ref(py)),
            State::Pending(_) => Err(PyRuntimeError::new_err("the flow waits for a reply")),
            State::Over => Err(PyRuntimeError::new_err("the flow ended without a result")),
        }
    }

    fn __repr__(&self) -> String {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Pending(flow) => format!("<Flow waiting on {:?}>", flow.request()),
            State::Done(_) => "<Flow done>".into(),
            State::Over => "<Flow over>".into(),
        }
    }
}

impl Flow {
    /// A flow at its first step, which may be its last.
    pub(crate) fn new(py: Python<'_>, step: Step<AnyFlow>, host: &Host) -> PyResult<Flow> {
        let failures = Failures::default();
        Ok(Flow { state: Mutex::new(State::of(py, step, &failures)?), host: host.clone_ref(py), failures })
    }

    fn take_pending(&self) -> Result<AnyFlow, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Over) {
            State::Pending(flow) => Ok(flow),
            over => {
                *state = over;
                Err(relyingparty::bindings::nothing_asked())
            }
        }
    }
}

impl Failures {
    fn note(&self, py: Python<'_>, reply: &Reply, cause: Option<&PyErr>) {
        if let (Reply::Unreachable { reason }, Some(cause)) = (reply, cause) {
            let noted = (reason.clone(), cause.clone_ref(py));
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(noted);
        }
    }

    /// The exception for an error, with what the host raised as its cause. A flow of a site may have gone on since.
    pub(crate) fn explain(&self, py: Python<'_>, error: &Error) -> PyResult<PyErr> {
        let exception = error::exception(py, error)?;
        let Some(reason) = error.detail("reason") else { return Ok(exception) };
        let cause = {
            let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let found = noted.iter().rev().find(|(own, _)| own == reason);
            found.map(|(_, cause)| cause.clone_ref(py))
        };
        if cause.is_some() {
            exception.set_cause(py, cause);
        }
        Ok(exception)
    }
}

impl State {
    fn of(py: Python<'_>, step: Step<AnyFlow>, failures: &Failures) -> PyResult<State> {
        let outcome = match step {
            Step::Pending(flow) => return Ok(State::Pending(flow)),
            Step::Done(outcome) => outcome,
        };
        Ok(State::Done(match outcome {
            Outcome::Provider(provider) => Py::new(py, Provider::new(provider))?.into_any(),
            Outcome::Authorization(started) => Py::new(py, Authorization::new(py, started)?)?.into_any(),
            Outcome::Code(code) => Py::new(py, AuthorizationCode::new(code))?.into_any(),
            Outcome::Answer(answer) => Py::new(py, ApiResponse::new(py, answer)?)?.into_any(),
            Outcome::Keys(report) => Py::new(py, KeyReport::new(report))?.into_any(),
            Outcome::Session(session) => Py::new(py, Session::new(session))?.into_any(),
            Outcome::Grant(refreshed) => Py::new(py, RefreshedGrant::new(py, &refreshed)?)?.into_any(),
            Outcome::UserInfo(info) => UserInfo::new(py, info)?.into_any(),
            Outcome::Setup(report) => Py::new(py, SetupReport::new(report))?.into_any(),
            Outcome::LogoutToken(token) => Py::new(py, LogoutToken(token))?.into_any(),
            Outcome::Revoked(_) => py.None(),
            Outcome::Handled(handled) => Py::new(py, Handled::new(py, handled, failures)?)?.into_any(),
            Outcome::Visit(visit) => Py::new(py, Visit::new(py, visit, failures)?)?.into_any(),
            Outcome::Claims(claims) => IdTokenClaims::new(py, claims)?.into_any(),
            _ => return Err(PyRuntimeError::new_err("an outcome of a newer core")),
        }))
    }
}
