//! The site: a web application's whole login, over requests as data.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyString, PyTuple};
use relyingparty::{self as core, AuthorizeRequest, Entropy};

use crate::arrival::sent;
use crate::cache::{Cache, Host};
use crate::configuration::{Issuer, Policy, Registration, SealingKeys};
use crate::error::Raise;
use crate::flow::{Failures, Flow};
use crate::json;
use crate::session::Session;
use crate::signing::Elsewhere;

/// A request from a browser, or from the provider, for a site. Immutable.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Incoming(core::Incoming);

#[pymethods]
impl Incoming {
    /// `url`: what the application was asked for: a URL, or a path with its query. `headers`: all of them, by name or as pairs,
    /// of text or bytes. `body`: the form, if one was posted.
    #[new]
    #[pyo3(signature = (method, url, headers = None, body = None))]
    fn new(
        method: &Bound<'_, PyString>,
        url: &Bound<'_, PyAny>,
        headers: Option<&Bound<'_, PyAny>>,
        body: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Incoming> {
        let mut incoming = core::Incoming::new(&method.to_string_lossy(), &sent(url)?);
        if let Some(headers) = headers {
            let pairs = match headers.cast::<PyMapping>() {
                Ok(mapping) => mapping.items()?.into_any(),
                Err(_) => headers.clone(),
            };
            for pair in pairs.try_iter()? {
                let (name, value) = pair?.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
                incoming = incoming.header(&text(&name)?, &text(&value)?);
            }
        }
        if let Some(body) = body {
            incoming = incoming.form(&text(body)?);
        }
        Ok(Incoming(incoming))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

fn text<'a>(given: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, str>> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(text.to_string_lossy());
    }
    let bytes = given
        .cast::<PyBytes>()
        .map_err(|_| PyTypeError::new_err("names and values of headers, and the body, are str or bytes"))?;
    Ok(String::from_utf8_lossy(bytes.as_bytes()))
}

/// A site without its network and its store: each verb is a flow. Immutable. Internal.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct SiteCore {
    site: core::Site,
    cookie_name: String,
    host: Host,
    /// The keys of each provider's client that are held elsewhere.
    elsewhere: Vec<(String, Elsewhere)>,
}

#[pymethods]
impl SiteCore {
    #[new]
    #[pyo3(signature = (base_url, sealing_keys, cache, clock, **policy))]
    fn new(
        py: Python<'_>,
        base_url: &str,
        sealing_keys: &Bound<'_, SealingKeys>,
        cache: Py<Cache>,
        clock: Py<PyAny>,
        policy: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<SiteCore> {
        let policy = core::SitePolicy::from_json(&json::object(py, policy)?).or_raise(py)?;
        // At http loopback Safari keeps no cookie with this prefix.
        let prefix = if base_url.starts_with("http:") { "" } else { "__Host-" };
        let cookie_name = [prefix, &policy.cookie_name].concat();
        let site = core::Site::new(base_url, sealing_keys.get().0.clone(), policy).or_raise(py)?;
        let host = Host::new(py, Some(cache), Some(clock))?;
        Ok(SiteCore { site, cookie_name, host, elsewhere: Vec::new() })
    }

    /// The name of the cookie that holds the session, or its first part.
    #[getter]
    fn cookie_name(&self) -> &str {
        &self.cookie_name
    }

    /// The same site with one more provider; `authorize` is what every login asks for.
    #[pyo3(signature = (name, issuer, registration, policy, authorize))]
    fn with_provider(
        &self,
        py: Python<'_>,
        name: &str,
        issuer: &Bound<'_, Issuer>,
        registration: &Bound<'_, Registration>,
        policy: &Bound<'_, Policy>,
        authorize: &Bound<'_, PyDict>,
    ) -> PyResult<SiteCore> {
        let authorize = AuthorizeRequest::from_json(&json::object(py, Some(authorize))?).or_raise(py)?;
        let Registration(registration, keys) = registration.get();
        let provider = core::SiteProvider::new(name, issuer.get().0.clone(), registration.clone())
            .with_policy(policy.get().0.clone())
            .with_authorize(authorize);
        let site = self.site.clone().with_provider(provider).or_raise(py)?;
        let elsewhere = self.elsewhere.iter().cloned().chain([(name.to_owned(), keys.clone())]).collect();
        Ok(self.changed(py, site, elsewhere))
    }

    /// The same site without the provider of this name.
    fn without_provider(&self, py: Python<'_>, name: &str) -> SiteCore {
        let others = self.elsewhere.iter().filter(|(own, _)| own != name).cloned().collect();
        self.changed(py, self.site.clone().without_provider(name), others)
    }

    /// Whether a URL, or a path, is that of a route.
    fn handles(&self, url: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.site.handles(&sent(url)?))
    }

    /// The flow that answers a request to one of the routes, and yields `Handled`. `entropy`: at least 32 secure random bytes,
    /// used for this call only.
    fn handle(
        &self,
        py: Python<'_>,
        incoming: &Bound<'_, Incoming>,
        entropy: PyBackedBytes,
    ) -> PyResult<Flow> {
        let (incoming, entropy) = (incoming.get().0.clone(), Entropy::new(entropy.to_vec()).or_raise(py)?);
        let (mut cache, now) = (self.host.snapshot(py), self.host.now(py)?);
        let step = py.detach(|| self.site.handle(incoming, entropy, &mut cache, now));
        Flow::new(py, step.or_raise(py)?.erase(), &self.host)
    }

    /// Whose request this is: a `Visit`, or where something has to be asked first the flow that yields one.
    fn visit<'py>(
        &self,
        py: Python<'py>,
        incoming: &Bound<'_, Incoming>,
        entropy: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyAny>> {
        let entropy = Entropy::new(entropy.to_vec()).or_raise(py)?;
        let (mut cache, now) = (self.host.snapshot(py), self.host.now(py)?);
        let step = self.site.visit(&incoming.get().0, entropy, &mut cache, now);
        match step.or_raise(py)? {
            core::Step::Done(visit) => {
                Ok(Bound::new(py, Visit::new(py, visit, &Failures::default())?)?.into_any())
            }
            pending @ core::Step::Pending(_) => {
                Ok(Bound::new(py, Flow::new(py, pending.erase(), &self.host)?)?.into_any())
            }
        }
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.site)
    }
}

impl SiteCore {
    /// This site after a change of its providers. A flow finds the keys of all: no two keys have the same name.
    fn changed(&self, py: Python<'_>, site: core::Site, elsewhere: Vec<(String, Elsewhere)>) -> SiteCore {
        let all = Elsewhere::all(py, elsewhere.iter().map(|(_, keys)| keys));
        let host = self.host.clone_ref(py).with_keys(all);
        SiteCore { site, cookie_name: self.cookie_name.clone(), host, elsewhere }
    }
}

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
