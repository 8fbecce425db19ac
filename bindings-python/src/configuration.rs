//! What a client is made of, read by the core from options.

use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict};
use relyingparty as core;

use crate::error::{self, Raise, refused};
use crate::json;
use crate::session::Session;
use crate::signing::{self, Elsewhere, SigningKey};

/// An issuer identifier (OIDC Core 1.2): an https URL, compared byte by byte and never normalised.
///
/// With a `policy` the issuer may be `http://` on one of the policy's `danger_http_hosts`, and the metadata may name
/// hosts of its `local_hosts`. `str` of it is the URL. Raises `ConfigurationError`: `invalid_issuer`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Issuer(pub(crate) core::Issuer);

#[pymethods]
impl Issuer {
    /// With a `policy` the issuer may be `http://` on one of its `danger_http_hosts`, and the metadata may name these and its
    /// `local_hosts`.
    #[new]
    #[pyo3(signature = (issuer, policy = None))]
    fn new(
        py: Python<'_>,
        issuer: &Bound<'_, PyAny>,
        policy: Option<&Bound<'_, Policy>>,
    ) -> PyResult<Issuer> {
        Issuer::under(py, issuer, false, policy)
    }

    /// For development: the issuer and its endpoints may also be `http://` on this machine.
    ///
    /// Raises `ConfigurationError`: `invalid_issuer`.
    #[staticmethod]
    #[pyo3(signature = (issuer, policy = None))]
    fn insecure_loopback(
        py: Python<'_>,
        issuer: &Bound<'_, PyAny>,
        policy: Option<&Bound<'_, Policy>>,
    ) -> PyResult<Issuer> {
        Issuer::under(py, issuer, true, policy)
    }

    fn __str__(&self) -> &str {
        self.0.as_str()
    }

    fn __repr__(&self) -> String {
        format!("<Issuer {}>", self.0)
    }
}

impl Issuer {
    fn under(
        py: Python<'_>,
        issuer: &Bound<'_, PyAny>,
        insecure_loopback: bool,
        policy: Option<&Bound<'_, Policy>>,
    ) -> PyResult<Issuer> {
        let issuer = error::text(py, issuer, core::ErrorKind::InvalidIssuer)?;
        core::Issuer::under(&issuer, insecure_loopback, &Policy::or_default(policy)).map(Issuer).or_raise(py)
    }
}

/// A client as it is registered at the provider (OIDC Dynamic Registration 2). `ClientOptions` lists the members.
///
/// Raises `ConfigurationError`: `invalid_configuration`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Registration(pub(crate) core::Registration, pub(crate) Elsewhere);

#[pymethods]
impl Registration {
    #[new]
    #[pyo3(signature = (**members))]
    fn new(py: Python<'_>, members: Option<&Bound<'_, PyDict>>) -> PyResult<Registration> {
        Registration::read(py, members, core::Registration::from_json)
    }

    /// The same for members that are given together with others, of these names. Internal.
    #[staticmethod]
    #[pyo3(signature = (others, /, **members))]
    fn _beside(
        py: Python<'_>,
        others: Vec<String>,
        members: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Registration> {
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        Registration::read(py, members, |text| core::bindings::registration_beside(text, &others))
    }

    /// The public keys of the `signing_keys` as a JWK Set (RFC 7517 5): the document for the client's `jwks_uri`.
    fn jwks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        json::dict(py, &self.0.jwks())
    }

    /// The functions that sign with keys that are held elsewhere. Internal.
    #[getter]
    fn _functions(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.1.functions(py)
    }

    /// The client's identifier at the provider.
    #[getter]
    fn client_id(&self) -> &str {
        &self.0.client_id
    }

    fn __repr__(&self) -> String {
        format!("<Registration of {}>", self.0.client_id)
    }
}

impl Registration {
    /// Keys as Python has them, and the other members as JSON text, which `read` takes.
    fn read(
        py: Python<'_>,
        members: Option<&Bound<'_, PyDict>>,
        read: impl FnOnce(&str) -> Result<core::Registration, core::Error>,
    ) -> PyResult<Registration> {
        let take = |name: &str| -> PyResult<Vec<Py<SigningKey>>> {
            let Some(members) = members else { return Ok(Vec::new()) };
            let Some(given) = members.get_item(name)? else { return Ok(Vec::new()) };
            members.del_item(name)?;
            signing::keys(py, name, &given)
        };
        let (signing_keys, dpop_keys) = (take("signing_keys")?, take("dpop_keys")?);
        let mut registration = read(&json::object(py, members)?).or_raise(py)?;
        registration.signing_keys = signing::core_keys(&signing_keys);
        registration.dpop_keys = signing::core_keys(&dpop_keys);
        Ok(Registration(registration, Elsewhere::of(signing_keys.into_iter().chain(dpop_keys))))
    }
}

/// The limits and choices of a client. `PolicyOptions` lists the members, their defaults and their bounds.
///
/// Raises `ConfigurationError`: `invalid_configuration`. Where the policy is used, a number out of bounds is
/// `policy_out_of_range`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Policy(pub(crate) core::Policy);

#[pymethods]
impl Policy {
    #[new]
    #[pyo3(signature = (**members))]
    fn new(py: Python<'_>, members: Option<&Bound<'_, PyDict>>) -> PyResult<Policy> {
        core::Policy::from_json(&json::object(py, members)?).map(Policy).or_raise(py)
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// The keys for stored sessions: 1 to 8 keys of 32 secure random bytes each, used for nothing else. The first key
/// seals, all of them open.
///
/// Raises `ConfigurationError`: `invalid_configuration`, member `sealing_keys`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct SealingKeys(pub(crate) core::SealingKeys);

#[pymethods]
impl SealingKeys {
    #[new]
    fn new(py: Python<'_>, keys: &Bound<'_, PyAny>) -> PyResult<SealingKeys> {
        let octets = |key: Bound<'_, PyAny>| {
            let bytes = key.is_instance_of::<PyBytes>() || key.is_instance_of::<PyByteArray>();
            if bytes { key.extract::<Vec<u8>>().ok() } else { None }
        };
        let keys = keys.extract::<Vec<Bound<'_, PyAny>>>().ok();
        let keys = keys.and_then(|keys| keys.into_iter().map(octets).collect::<Option<Vec<_>>>());
        let wrong = ["sealing_keys", "is not a list of bytes"];
        let keys = keys.ok_or_else(|| refused(py, core::ErrorKind::InvalidConfiguration, wrong))?;
        core::SealingKeys::new(keys).map(SealingKeys).or_raise(py)
    }

    #[expect(clippy::unused_self, reason = "what Python shows of any of them")]
    fn __repr__(&self) -> &'static str {
        "<SealingKeys>"
    }
}

/// Seals and opens the stored sessions of one client without the provider: a process that has just started can open
/// them while the provider is down.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct SessionSeal(core::SessionSeal);

#[pymethods]
impl SessionSeal {
    #[new]
    #[pyo3(signature = (keys, issuer, client_id, policy = None))]
    fn new(
        keys: &Bound<'_, SealingKeys>,
        issuer: &Bound<'_, Issuer>,
        client_id: String,
        policy: Option<&Bound<'_, Policy>>,
    ) -> SessionSeal {
        let (keys, issuer) = (keys.get().0.clone(), &issuer.get().0);
        SessionSeal(core::SessionSeal::new(keys, issuer, client_id, &Policy::or_default(policy)))
    }

    /// The session as sealed text: only who has the keys can read or make it. `entropy`: at least 32 secure random
    /// bytes, used for this call only.
    ///
    /// Raises `MisuseError`: `session_mismatch`, `weak_entropy`.
    fn seal(&self, py: Python<'_>, session: &Bound<'_, Session>, entropy: Vec<u8>) -> PyResult<String> {
        let entropy = core::Entropy::new(entropy).or_raise(py)?;
        self.0.seal(session.get().core(), entropy).or_raise(py)
    }

    /// The `Session` in a sealed text. `None` for a text that is not sealed, if the policy has
    /// `accept_unsealed_sessions`: give that one to `Client.restore`.
    ///
    /// Raises `MisuseError`: `unreadable_session`.
    fn open(&self, py: Python<'_>, stored: &Bound<'_, PyAny>) -> PyResult<Option<Session>> {
        let stored = error::text(py, stored, core::ErrorKind::UnreadableSession)?;
        Ok(self.0.open(&stored).or_raise(py)?.map(Session::new))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// Checks the settings of a relying party before anything is fetched. Internal. `verifies`: whether the host can
/// check signatures. `asserts`: whether it has assertions from elsewhere. `identifies`: whether its transport can have a
/// certificate of the client's.
///
/// Raises `ConfigurationError`: `invalid_configuration`, `policy_out_of_range`.
#[pyfunction]
pub(crate) fn check_configuration(
    py: Python<'_>,
    issuer: &Bound<'_, Issuer>,
    registration: &Bound<'_, Registration>,
    policy: &Bound<'_, Policy>,
    verifies: bool,
    asserts: bool,
    identifies: bool,
) -> PyResult<()> {
    let (issuer, registration, policy) = (&issuer.get().0, &registration.get().0, &policy.get().0);
    core::Client::check(issuer, registration, policy).or_raise(py)?;
    if registration.client_assertion_type.is_some() && !asserts {
        let reason = "is missing, and there is a client_assertion_type";
        return Err(refused(py, core::ErrorKind::InvalidConfiguration, ["client_assertion", reason]));
    }
    if registration.tls_client_certificate && !identifies {
        let reason = "is set, and the transport has no client_cert";
        return Err(refused(py, core::ErrorKind::InvalidConfiguration, ["tls_client_certificate", reason]));
    }
    if policy.signatures == core::Signatures::Host && !verifies {
        let reason = "is missing, and the policy leaves signatures to the host";
        return Err(refused(py, core::ErrorKind::InvalidConfiguration, ["verifier", reason]));
    }
    Ok(())
}

impl Policy {
    /// The given policy, else the core's default.
    pub(crate) fn or_default(given: Option<&Bound<'_, Policy>>) -> core::Policy {
        given.map_or_else(core::Policy::default, |policy| policy.get().0.clone())
    }
}
