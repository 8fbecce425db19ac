//! Claims as read-only mappings.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAny, PyDict, PyIterator, PyList};
use relyingparty as core;

use crate::error::decisions;
use crate::json;

/// What a provider says about an end user, after every check: a read-only mapping from claim to value.
#[pyclass(frozen, subclass, mapping, module = "relyingparty")]
pub(crate) struct Claims {
    source: Source,
    /// Made when somebody asks for a claim, and handed out to nobody.
    members: PyOnceLock<Py<PyDict>>,
}

enum Source {
    IdToken(core::IdTokenClaims),
    UserInfo(core::UserInfo),
}

#[pymethods]
impl Claims {
    /// The end user at this issuer. Only issuer and `sub` together name a person; an e-mail address does not.
    #[getter]
    fn sub(&self) -> &str {
        match &self.source {
            Source::IdToken(claims) => claims.sub(),
            Source::UserInfo(info) => info.sub(),
        }
    }

    /// Whether the provider vouches for `email`: only a JSON `true` counts.
    #[getter]
    fn email_verified(&self) -> bool {
        match &self.source {
            Source::IdToken(claims) => claims.email_verified(),
            Source::UserInfo(info) => info.email_verified(),
        }
    }

    /// The same for providers that write the text `"true"` (Apple, Cognito, LinkedIn).
    #[getter]
    fn email_verified_lenient(&self) -> bool {
        match &self.source {
            Source::IdToken(claims) => claims.email_verified_lenient(),
            Source::UserInfo(info) => info.email_verified_lenient(),
        }
    }

    /// What was checked, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let made = match &self.source {
            Source::IdToken(claims) => claims.decisions(),
            Source::UserInfo(info) => info.decisions(),
        };
        decisions(py, &made)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, claim: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        copied(self.members(py)?.as_any().get_item(claim)?)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.members(py)?.len())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.members(py)?.as_any().try_iter()
    }

    fn __contains__(&self, py: Python<'_>, claim: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.members(py)?.contains(claim)
    }

    /// The claim, else `default`.
    #[pyo3(signature = (claim, default = None, /))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        claim: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        copied(self.members(py)?.call_method1("get", (claim, default))?)
    }

    /// The names of the claims.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.copy(py)?.call_method0("keys")
    }

    /// The values of the claims.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.copy(py)?.call_method0("values")
    }

    /// The claims as pairs.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.copy(py)?.call_method0("items")
    }
}

impl Claims {
    fn new(source: Source) -> Claims {
        Claims { source, members: PyOnceLock::new() }
    }

    fn members<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyDict>> {
        let text = match &self.source {
            Source::IdToken(claims) => claims.as_json(),
            Source::UserInfo(info) => info.as_json(),
        };
        let members = self.members.get_or_try_init(py, || json::dict(py, text).map(Bound::unbind))?;
        Ok(members.bind(py))
    }

    fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        copied(self.members(py)?.clone().into_any())
    }
}

/// Lists and objects are handed out as copies: what a caller does to its own leaves what was verified as it is.
fn copied(value: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyDict>() {
        return value.py().import("copy")?.call_method1("deepcopy", (value,));
    }
    Ok(value)
}

/// The claims of a verified ID token. There is no way to make one but to verify a token.
#[pyclass(frozen, extends = Claims, mapping, module = "relyingparty")]
pub(crate) struct IdTokenClaims(core::IdTokenClaims);

#[pymethods]
impl IdTokenClaims {
    /// The issuer.
    #[getter]
    fn iss(&self) -> &str {
        self.0.iss()
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

impl IdTokenClaims {
    pub(crate) fn new(py: Python<'_>, claims: core::IdTokenClaims) -> PyResult<Py<IdTokenClaims>> {
        let base = Claims::new(Source::IdToken(claims.clone()));
        Py::new(py, PyClassInitializer::from(base).add_subclass(IdTokenClaims(claims)))
    }
}

/// The end user's claims from the UserInfo endpoint, about the same `sub` as the ID token (OIDC Core 5.3.2).
#[pyclass(frozen, extends = Claims, mapping, module = "relyingparty")]
pub(crate) struct UserInfo(String);

#[pymethods]
impl UserInfo {
    fn __repr__(&self) -> &str {
        &self.0
    }
}

impl UserInfo {
    pub(crate) fn new(py: Python<'_>, info: core::UserInfo) -> PyResult<Py<UserInfo>> {
        let shown = format!("<{info:?}>");
        Py::new(
            py,
            PyClassInitializer::from(Claims::new(Source::UserInfo(info))).add_subclass(UserInfo(shown)),
        )
    }
}
