//! A browser that comes back, which no frame shows.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use pyo3::{PyTraverseError, PyVisit};
use relyingparty::{self as core, Held, LoginMissing};

use crate::error::Raise;
use crate::login::{CallbackParams, LoginCookies};
use crate::withheld::{Withheld, taken};

/// The response that a browser brought, and what it holds: as a framework has them, until they are read. Internal.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Arrival(Mutex<Option<Given>>);

struct Given {
    response: Py<PyAny>,
    held: Py<PyAny>,
}

/// The response; the id to look up in the store, if there is one; and the reason for `unclaimed` if there is none or the
/// store does not have it.
type Read = (CallbackParams, Option<Withheld>, &'static str);

#[pymethods]
impl Arrival {
    /// `held`: the id that the browser holds, or its `LoginCookies`.
    #[new]
    fn new(response: Py<PyAny>, held: Py<PyAny>) -> Arrival {
        Arrival(Mutex::new(Some(Given { response, held })))
    }

    /// Reads a response in a query, once, as `CallbackParams.parse` and `CallbackParams.login_id` do.
    fn read(&self, py: Python<'_>, redirect_uri: &str) -> PyResult<Read> {
        self.read_by(py, core::CallbackParams::parse, redirect_uri)
    }

    /// Reads a response that the browser posted as a form, once.
    fn read_form_post(&self, py: Python<'_>, redirect_uri: &str) -> PyResult<Read> {
        self.read_by(py, core::CallbackParams::parse_form_post, redirect_uri)
    }

    fn __repr__(&self) -> &'static str {
        "<Arrival>"
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock().as_deref() {
            Ok(Some(Given { response, held })) => visit.call(response).and_then(|()| visit.call(held)),
            _ => Ok(()),
        }
    }

    fn __clear__(&self) {
        drop(self.given());
    }
}

impl Arrival {
    fn read_by(
        &self,
        py: Python<'_>,
        parse: fn(&str) -> Result<core::CallbackParams, core::Error>,
        redirect_uri: &str,
    ) -> PyResult<Read> {
        let Given { response, held } = self.given().ok_or_else(taken)?;
        let params = CallbackParams(parse(&sent(response.bind(py))?).or_raise(py)?);
        let (id, reason) = params.claimed(held.bind(py), redirect_uri);
        let id = id.map(|id| Withheld::of(PyString::new(py, &id).into_any().unbind()));
        Ok((params, id, reason))
    }

    /// What was given, once.
    fn given(&self) -> Option<Given> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl CallbackParams {
    /// See `login_id`.
    pub(crate) fn claimed(
        &self,
        held: &Bound<'_, PyAny>,
        redirect_uri: &str,
    ) -> (Option<String>, &'static str) {
        let owned = |id: &str| id.to_owned();
        let found = if let Ok(cookies) = held.cast::<LoginCookies>() {
            self.0.login_id(&cookies.get().0, redirect_uri).map(owned)
        } else if let Ok(id) = held.cast::<PyString>() {
            self.0.login_id(Some(&*id.to_string_lossy()), redirect_uri).map(owned)
        } else {
            // What is of another type is an id of nothing.
            let id = if held.is_none() { None } else { Some("?") };
            self.0.login_id(Held::Id(id), redirect_uri).map(owned)
        };
        match found {
            Ok(id) => (Some(id), LoginMissing::NotInStore.as_str()),
            Err(reason) => (None, reason.as_str()),
        }
    }
}

/// What a framework has of a request, as text: text, the bytes of a query, a URL of `urllib.parse`, or another object with
/// a `scheme` and a `query` whose `str` is the URL (Starlette, httpx, yarl).
pub(crate) fn sent<'py>(given: &'py Bound<'py, PyAny>) -> PyResult<Cow<'py, str>> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(text.to_string_lossy());
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(String::from_utf8_lossy(bytes.as_bytes()));
    }
    if !given.hasattr("scheme")? || !given.hasattr("query")? {
        let kind = given.get_type();
        return Err(PyTypeError::new_err(format!("a response is str, bytes or a URL, not {}", kind.name()?)));
    }
    let text = if given.hasattr("geturl")? { given.call_method0("geturl")?.str()? } else { given.str()? };
    Ok(Cow::Owned(text.to_string_lossy().into_owned()))
}

/// The name of the cookie that holds the id of the login that a response claims to belong to, for a client with this
/// redirect URI; `None` without `state`, or if it cannot be read. Internal.
#[pyfunction]
pub(crate) fn cookie_name_at(redirect_uri: &str, response: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let read = core::CallbackParams::parse(&sent(response)?);
    Ok(read.ok().and_then(|params| params.cookie_name_at(redirect_uri)))
}
