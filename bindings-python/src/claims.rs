//! Claims as read-only mappings.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyAny, PyDict, PyIterator, PyList, PyString};
use relyingparty as core;

use crate::error::decisions;
use crate::json;

/// What the provider says about an end user, after every check: a read-only mapping from claim to value.
///
/// The standard claims (OIDC Core 5.1) are also properties, such as `claims.email`. A property checks the type: a
/// claim that is absent or of the wrong type is `None`. `claims["email"]` and `claims.get("email")` return the value
/// as the provider sent it, of whatever type.
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

/// What an accessor of the core says, whatever the claims are of.
macro_rules! claim {
    ($self:ident, $name:ident) => {
        match &$self.source {
            Source::IdToken(claims) => claims.$name(),
            Source::UserInfo(info) => info.$name(),
        }
    };
}

#[pymethods]
impl Claims {
    /// The end user's identifier at this issuer. Only issuer and `sub` together identify a user; an e-mail address
    /// does not.
    #[getter]
    fn sub(&self) -> &str {
        claim!(self, sub)
    }

    /// Whether the provider vouches for `email`: only a JSON `true` counts.
    #[getter]
    fn email_verified(&self) -> bool {
        claim!(self, email_verified)
    }

    /// The same for providers that send the string `"true"` (Apple, Cognito, LinkedIn).
    #[getter]
    fn email_verified_lenient(&self) -> bool {
        claim!(self, email_verified_lenient)
    }

    /// The end user's full name, as it is to be displayed.
    #[getter]
    fn name(&self) -> Option<&str> {
        claim!(self, name)
    }

    /// The given names or first names.
    #[getter]
    fn given_name(&self) -> Option<&str> {
        claim!(self, given_name)
    }

    /// The surnames or last names.
    #[getter]
    fn family_name(&self) -> Option<&str> {
        claim!(self, family_name)
    }

    /// The middle names.
    #[getter]
    fn middle_name(&self) -> Option<&str> {
        claim!(self, middle_name)
    }

    /// A casual name.
    #[getter]
    fn nickname(&self) -> Option<&str> {
        claim!(self, nickname)
    }

    /// What the end user wants to be called. It is not unique and can change: never look a user up by it.
    #[getter]
    fn preferred_username(&self) -> Option<&str> {
        claim!(self, preferred_username)
    }

    /// The URL of the profile page. Text from outside.
    #[getter]
    fn profile(&self) -> Option<&str> {
        claim!(self, profile)
    }

    /// The URL of the profile picture. Text from outside.
    #[getter]
    fn picture(&self) -> Option<&str> {
        claim!(self, picture)
    }

    /// The URL of the end user's own page or blog. Text from outside.
    #[getter]
    fn website(&self) -> Option<&str> {
        claim!(self, website)
    }

    /// The preferred e-mail address. It is not unique and can change: never look a user up by it. See `email_verified`.
    #[getter]
    fn email(&self) -> Option<&str> {
        claim!(self, email)
    }

    /// The gender: `female`, `male` or another word.
    #[getter]
    fn gender(&self) -> Option<&str> {
        claim!(self, gender)
    }

    /// The birthday: `YYYY-MM-DD`, `0000-MM-DD` without a year, or `YYYY` alone.
    #[getter]
    fn birthdate(&self) -> Option<&str> {
        claim!(self, birthdate)
    }

    /// The time zone, such as `Europe/Paris`.
    #[getter]
    fn zoneinfo(&self) -> Option<&str> {
        claim!(self, zoneinfo)
    }

    /// The language, such as `en-US`.
    #[getter]
    fn locale(&self) -> Option<&str> {
        claim!(self, locale)
    }

    /// The preferred telephone number, such as `+1 (425) 555-1212`. See `phone_number_verified`.
    #[getter]
    fn phone_number(&self) -> Option<&str> {
        claim!(self, phone_number)
    }

    /// Whether the provider vouches for `phone_number`: only a JSON `true` counts.
    #[getter]
    fn phone_number_verified(&self) -> bool {
        claim!(self, phone_number_verified)
    }

    /// The preferred postal address. Members of another type are left out.
    #[getter]
    fn address<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(address) = claim!(self, address) else { return Ok(None) };
        let dict = PyDict::new(py);
        for (member, text) in [
            ("formatted", address.formatted()),
            ("street_address", address.street_address()),
            ("locality", address.locality()),
            ("region", address.region()),
            ("postal_code", address.postal_code()),
            ("country", address.country()),
        ] {
            if let Some(text) = text {
                dict.set_item(member, text)?;
            }
        }
        Ok(Some(dict))
    }

    /// When the end user's information was last updated, in Unix seconds.
    #[getter]
    fn updated_at(&self) -> Option<i64> {
        claim!(self, updated_at).map(core::Timestamp::as_unix)
    }

    /// What was checked, in order.
    #[getter]
    fn decisions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        decisions(py, &claim!(self, decisions))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, claim: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match self.alone(claim) {
            Some(sub) => Ok(sub),
            None => copied(self.members(py)?.as_any().get_item(claim)?),
        }
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

    /// The claim as the provider sent it, of whatever type; `default` if it is absent.
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
        let text = claim!(self, as_json);
        let members = self.members.get_or_try_init(py, || json::dict(py, text).map(Bound::unbind))?;
        Ok(members.bind(py))
    }

    /// The claim that is read most needs no dictionary.
    fn alone<'py>(&self, claim: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let name = claim.cast_exact::<PyString>().ok()?;
        let is_sub = name.to_str().is_ok_and(|name| name == "sub");
        is_sub.then(|| PyString::new(claim.py(), self.sub()).into_any())
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

/// The claims of a verified ID token. They exist only if every check passed.
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

/// The end user's claims from the UserInfo endpoint (OIDC Core 5.3), about the same `sub` as the ID token.
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
