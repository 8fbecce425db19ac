//! The site: a web application's whole login, over requests as data.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyString};
use relyingparty::{self as core, AuthorizeRequest, Entropy};

use crate::answer::Visit;
use crate::arrival::sent;
use crate::cache::{Cache, Host};
use crate::configuration::{Issuer, Policy, Registration, SealingKeys};
use crate::error::Raise;
use crate::flow::{Failures, Flow};
use crate::json;
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
