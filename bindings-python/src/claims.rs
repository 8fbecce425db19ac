//! Claims as read-only mappings.

use pyo3::prelude::*;
use pyo3::types::{PyAny, PyDict, PyIterator, PyList, PyMappingProxy};
use relyingparty as core;

use crate::error::decisions;
use crate::json;

/// What a provider says about an end user, after every check: a read-only mapping from claim to value.
#[pyclass(frozen, subclass, mapping, module = "relyingparty")]
pub(crate) struct Claims {
    members: Py<PyMappingProxy>,
    sub: String,
    email_verified: bool,
    email_verified_lenient: bool,
    decisions: Vec<core::Decision>,
}

#[pymethods]
impl Claims {
    /// The end user at this issuer. Only issuer and `sub` together name a person; an e-mail address does not.
    #[getter]
    fn sub(&self) -> &str {
        &self.sub
    }

    /// Whether the provider vouches for `email`: only a JSON `true` counts.
    #[getter]
    fn email_verified(&self) -> bool {
        self.email_verified
    }

    /// The same for providers that write the text `"true"` (Apple, Cognito, LinkedIn).
    #[getter]
    fn email_verified_lenient(&self) -> bool {
        self.email_verified_lenient
    }

    /// What was checked, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        decisions(py, &self.decisions)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, claim: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        copied(self.members.bind(py).get_item(claim)?)
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.members.bind(py).len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.members.bind(py).as_any().try_iter()
    }

    fn __contains__(&self, py: Python<'_>, claim: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.members.bind(py).contains(claim)
    }

    /// The claim, else `default`.
    #[pyo3(signature = (claim, default = None, /))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        claim: &str,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        copied(self.members.bind(py).call_method1("get", (claim, default))?)
    }

    /// The names of the claims.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.members.bind(py).call_method0("keys")
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
    fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        copied(self.members.bind(py).call_method0("copy")?)
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
    pub(crate) fn new(py: Python<'_>, claims: &core::IdTokenClaims) -> PyResult<Py<IdTokenClaims>> {
        let base = Claims {
            members: members(py, &claims.to_json())?,
            sub: claims.sub().to_owned(),
            email_verified: claims.email_verified(),
            email_verified_lenient: claims.email_verified_lenient(),
            decisions: claims.decisions().to_vec(),
        };
        Py::new(py, PyClassInitializer::from(base).add_subclass(IdTokenClaims(claims.clone())))
    }
}

/// The end user's claims from the UserInfo endpoint, about the same `sub` as the ID token (OIDC Core 5.3.2).
#[pyclass(frozen, extends = Claims, mapping, module = "relyingparty")]
pub(crate) struct UserInfo(core::UserInfo);

#[pymethods]
impl UserInfo {
    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

impl UserInfo {
    pub(crate) fn new(py: Python<'_>, info: &core::UserInfo) -> PyResult<Py<UserInfo>> {
        let base = Claims {
            members: members(py, &info.to_json())?,
            sub: info.sub().to_owned(),
            email_verified: info.email_verified(),
            email_verified_lenient: info.email_verified_lenient(),
            decisions: info.decisions().to_vec(),
        };
        Py::new(py, PyClassInitializer::from(base).add_subclass(UserInfo(info.clone())))
    }
}

fn members(py: Python<'_>, text: &str) -> PyResult<Py<PyMappingProxy>> {
    Ok(PyMappingProxy::new(py, json::dict(py, text)?.as_mapping()).unbind())
}
