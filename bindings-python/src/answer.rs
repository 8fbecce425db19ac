//! What a site answers, and what happened there.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use relyingparty as core;

use crate::flow::Failures;
use crate::session::Session;

/// What a site answers to a request to one of its routes. Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Handled {
    answer: core::Answer,
    page: Option<Page>,
    event: Option<Py<PyAny>>,
}

/// Further headers, and a body.
type Page = (Vec<(String, String)>, Py<PyBytes>);

#[pymethods]
impl Handled {
    /// The status.
    #[getter]
    fn status(&self) -> u16 {
        self.answer.status
    }

    /// The headers as pairs, with `Set-Cookie` once for each cookie. They contain secrets.
    #[getter]
    fn headers(&self) -> Vec<(&str, &str)> {
        let further = self.page.iter().flat_map(|(headers, _)| headers);
        let all = self.answer.headers.iter().chain(further);
        all.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The body: a page that goes on to the provider by itself, where a redirect would be too long; else empty. Where a login
    /// failed the page is the application's.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        match &self.page {
            Some((_, body)) => body.bind(py).clone(),
            None => PyBytes::new(py, b""),
        }
    }

    /// What happened: `LoggedIn`, `LoggedOut`, `SessionChanged`, `SessionEnded`, `Failed`; `None` if nothing did.
    #[getter]
    fn event(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.event.as_ref().map(|event| event.clone_ref(py))
    }

    fn __repr__(&self) -> String {
        format!("<Handled: {}>", self.answer.status)
    }
}

impl Handled {
    pub(crate) fn new(py: Python<'_>, handled: core::Handled, failures: &Failures) -> PyResult<Handled> {
        let core::Handled { answer, event, .. } = handled;
        let page = answer.form.as_ref().map(|form| page(py, form)).transpose()?;
        Ok(Handled { page, answer, event: event.map(|event| happened(py, event, failures)).transpose()? })
    }
}

fn page(py: Python<'_>, form: &core::Logout) -> PyResult<Page> {
    let fields = form.fields.clone().unwrap_or_default();
    py.import("relyingparty.pages")?.getattr("form")?.call1((&form.url, fields))?.extract()
}

/// Whose request it is. Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Visit {
    session: Option<Py<Session>>,
    provider: Option<String>,
    set_cookies: Vec<String>,
    event: Option<Py<PyAny>>,
    error: Option<Py<PyAny>>,
}

#[pymethods]
impl Visit {
    /// The session; `None` if nobody is logged in.
    #[getter]
    fn session(&self, py: Python<'_>) -> Option<Py<Session>> {
        self.session.as_ref().map(|session| session.clone_ref(py))
    }

    /// The name of the session's provider.
    #[getter]
    fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// Values of `Set-Cookie` headers to send with the response. They are secret.
    #[getter]
    fn set_cookies(&self) -> Vec<&str> {
        self.set_cookies.iter().map(String::as_str).collect()
    }

    /// What happened: `SessionChanged` or `SessionEnded`; `None` if nothing did.
    #[getter]
    fn event(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.event.as_ref().map(|event| event.clone_ref(py))
    }

    /// Why the session could not be refreshed now. If its access token still lives it is in `session`; else nobody is logged
    /// in for now, and a later request may find the session again.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.error.as_ref().map(|error| error.clone_ref(py))
    }

    fn __repr__(&self) -> String {
        format!("<Visit: {}>", if self.session.is_some() { "a session" } else { "nobody" })
    }
}

impl Visit {
    pub(crate) fn new(py: Python<'_>, visit: core::Visit, failures: &Failures) -> PyResult<Visit> {
        let core::Visit { session, provider, set_cookies, event, error, .. } = visit;
        Ok(Visit {
            session: session.map(|session| Py::new(py, Session::new(session))).transpose()?,
            provider,
            set_cookies,
            event: event.map(|event| happened(py, event, failures)).transpose()?,
            error: error
                .map(|error| failures.explain(py, &error))
                .transpose()?
                .map(|error| error.into_value(py).into_any()),
        })
    }
}

/// An event as an object of `relyingparty.events`.
fn happened(py: Python<'_>, event: core::Event, failures: &Failures) -> PyResult<Py<PyAny>> {
    let class = |name| py.import("relyingparty.events")?.getattr(name);
    let session = |session| Bound::new(py, Session::new(session));
    let error = |error| PyResult::Ok(failures.explain(py, &error)?.into_value(py));
    let event = match event {
        core::Event::LoggedIn { provider, session: new } => {
            class("LoggedIn")?.call1((provider, session(new)?))
        }
        core::Event::SessionChanged { session: new } => class("SessionChanged")?.call1((session(new)?,)),
        core::Event::LoggedOut { session: old, error: why } => {
            class("LoggedOut")?.call1((old.map(session).transpose()?, why.map(error).transpose()?))
        }
        core::Event::SessionEnded { error: why } => class("SessionEnded")?.call1((error(why)?,)),
        core::Event::Failed { error: why } => class("Failed")?.call1((error(why)?,)),
        _ => return Err(pyo3::exceptions::PyNotImplementedError::new_err("an event of a newer core")),
    };
    Ok(event?.unbind())
}
