//! Keys that the client signs with, and what is asked of whoever holds one.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyMapping, PyString};
use relyingparty::{self as core, Alg, ErrorKind};

use crate::error::refused;
use crate::json;

/// A private key that the client signs with: to authenticate (`private_key_jwt`), or to prove that a token is its own
/// (DPoP). Immutable. It is not shown, and cannot be pickled.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct SigningKey {
    key: core::SigningKey,
    /// Of a key that is held elsewhere: what signs with it.
    sign: Option<Py<PyAny>>,
}

/// What an error about a key calls it, where no option gave it.
const KEY: &str = "signing_key";

#[pymethods]
impl SigningKey {
    /// A private key from PEM (PKCS#8, not encrypted): RSA, P-256, P-384, P-521 or Ed25519. `kid` is the key's name at the
    /// provider, `x5t_s256` the thumbprint of its certificate, which Microsoft Entra ID wants. Without `alg` it signs with
    /// `RS256`, `ES256`, `ES384`, `ES512` or `EdDSA`.
    ///
    /// Raises `ConfigurationError`: `invalid_configuration`.
    #[staticmethod]
    #[pyo3(signature = (pem, *, kid = None, alg = None, x5t_s256 = None))]
    fn from_pem(
        py: Python<'_>,
        pem: &Bound<'_, PyAny>,
        kid: Option<&Bound<'_, PyAny>>,
        alg: Option<&Bound<'_, PyAny>>,
        x5t_s256: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<SigningKey> {
        SigningKey::held(py, Reading { member: KEY, py }.pem(pem)?, kid, alg, x5t_s256)
    }

    /// A private key from a JWK (RFC 7517), as JSON text or a dictionary. Its `kid` and `alg` are used where none are given
    /// here.
    ///
    /// Raises `ConfigurationError`: `invalid_configuration`.
    #[staticmethod]
    #[pyo3(signature = (jwk, *, kid = None, alg = None, x5t_s256 = None))]
    fn from_jwk(
        py: Python<'_>,
        jwk: &Bound<'_, PyAny>,
        kid: Option<&Bound<'_, PyAny>>,
        alg: Option<&Bound<'_, PyAny>>,
        x5t_s256: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<SigningKey> {
        SigningKey::held(py, Reading { member: KEY, py }.jwk(jwk)?, kid, alg, x5t_s256)
    }

    /// A private key of the package `cryptography`.
    ///
    /// Raises `ConfigurationError`: `invalid_configuration`.
    #[staticmethod]
    #[pyo3(signature = (private_key, *, kid = None, alg = None, x5t_s256 = None))]
    fn from_key(
        py: Python<'_>,
        private_key: &Bound<'_, PyAny>,
        kid: Option<&Bound<'_, PyAny>>,
        alg: Option<&Bound<'_, PyAny>>,
        x5t_s256: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<SigningKey> {
        SigningKey::held(py, Reading { member: KEY, py }.object(private_key)?, kid, alg, x5t_s256)
    }

    /// A key that is held elsewhere, in a KMS or an HSM. `sign(signing_input, alg)` gets bytes and the name of the algorithm,
    /// and returns the signature as bytes in the format of JWS: for ECDSA r and s (RFC 7518 3.4), not DER. For
    /// `AsyncRelyingParty` it may be a coroutine function. DPoP and `jwks` need `jwk`, the public key.
    ///
    /// Raises `ConfigurationError`: `invalid_configuration`.
    #[staticmethod]
    #[pyo3(signature = (sign, *, alg, kid = None, jwk = None, x5t_s256 = None))]
    fn from_callable(
        py: Python<'_>,
        sign: &Bound<'_, PyAny>,
        alg: &Bound<'_, PyAny>,
        kid: Option<&Bound<'_, PyAny>>,
        jwk: Option<&Bound<'_, PyAny>>,
        x5t_s256: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<SigningKey> {
        /// How many there have been in this process: each has a name of its own.
        static HELD_ELSEWHERE: AtomicU64 = AtomicU64::new(0);
        let reading = Reading { member: KEY, py };
        if !sign.is_callable() {
            return Err(reading.refused("has a function that cannot be called"));
        }
        let jwk = jwk.map(|jwk| reading.json(jwk)).transpose()?;
        let name = HELD_ELSEWHERE.fetch_add(1, Ordering::Relaxed).to_string();
        let key = core::SigningKey::held_by_host(name, reading.alg(alg)?, jwk.as_deref());
        let key = reading.named(reading.read(key)?, kid, None, x5t_s256)?;
        Ok(SigningKey { key, sign: Some(sign.clone().unbind()) })
    }

    /// The algorithm that it signs with.
    #[getter]
    fn alg(&self) -> &'static str {
        self.key.alg().as_str()
    }

    /// Its name at the provider; `None` if it has none.
    #[getter]
    fn kid(&self) -> Option<&str> {
        self.key.kid()
    }

    /// The SHA-256 thumbprint of the public key in base64url (RFC 7638); `None` if `from_callable` got no `jwk`.
    #[getter]
    fn thumbprint(&self) -> Option<String> {
        self.key.thumbprint()
    }

    /// The public key as a JWK, with `alg`, `kid` and `use`; `None` if `from_callable` got no `jwk`.
    #[getter]
    fn public_jwk<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.key.public_jwk().map(|jwk| json::dict(py, &jwk)).transpose()
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.key)
    }
}

impl SigningKey {
    fn held(
        py: Python<'_>,
        key: core::SigningKey,
        kid: Option<&Bound<'_, PyAny>>,
        alg: Option<&Bound<'_, PyAny>>,
        x5t_s256: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<SigningKey> {
        Ok(SigningKey { key: Reading { member: KEY, py }.named(key, kid, alg, x5t_s256)?, sign: None })
    }
}

/// Reads keys for a member of the configuration, which is what errors name.
#[derive(Clone, Copy)]
struct Reading<'a, 'py> {
    member: &'a str,
    py: Python<'py>,
}

impl<'py> Reading<'_, 'py> {
    fn refused(self, reason: &str) -> PyErr {
        refused(self.py, ErrorKind::InvalidConfiguration, [self.member, reason])
    }

    fn read<T>(self, read: Result<T, core::Error>) -> PyResult<T> {
        read.map_err(|error| self.refused(error.detail("reason").unwrap_or_default()))
    }

    /// Text, or the bytes of a file of text.
    fn text<'a>(self, given: &'a Bound<'py, PyAny>) -> PyResult<Cow<'a, str>> {
        if let Ok(bytes) = given.cast::<PyBytes>() {
            let text = std::str::from_utf8(bytes.as_bytes()).map_err(|_| self.refused("is not text"))?;
            return Ok(Cow::Borrowed(text));
        }
        let text = given.cast::<PyString>().map_err(|_| self.refused("is not text"))?;
        text.to_cow().map_err(|_| self.refused("is not Unicode text"))
    }

    /// A JWK as JSON text.
    fn json<'a>(self, given: &'a Bound<'py, PyAny>) -> PyResult<Cow<'a, str>> {
        if given.cast::<PyMapping>().is_err() {
            return self.text(given);
        }
        let text =
            json::dumps(self.py, given).map_err(|_| self.refused("is no JWK: JSON has no such value"))?;
        Ok(Cow::Owned(text))
    }

    fn alg(self, given: &Bound<'py, PyAny>) -> PyResult<Alg> {
        let name = given.cast::<PyString>().ok().and_then(|name| name.to_cow().ok());
        name.and_then(|name| Alg::from_name(&name))
            .ok_or_else(|| self.refused("is for an unsupported algorithm"))
    }

    fn pem(self, given: &Bound<'py, PyAny>) -> PyResult<core::SigningKey> {
        self.read(core::SigningKey::from_pem(&self.text(given)?))
    }

    fn jwk(self, given: &Bound<'py, PyAny>) -> PyResult<core::SigningKey> {
        self.read(core::SigningKey::from_jwk(&self.json(given)?))
    }

    /// A key of the package `cryptography`, which is there if somebody has such a key.
    fn object(self, given: &Bound<'py, PyAny>) -> PyResult<core::SigningKey> {
        let pkcs8 = || -> PyResult<Bound<'py, PyBytes>> {
            let serialization = self.py.import("cryptography.hazmat.primitives.serialization")?;
            let encoding = serialization.getattr("Encoding")?.getattr("DER")?;
            let format = serialization.getattr("PrivateFormat")?.getattr("PKCS8")?;
            let plain = serialization.getattr("NoEncryption")?.call0()?;
            Ok(given.call_method1("private_bytes", (encoding, format, plain))?.cast_into()?)
        };
        let der = pkcs8().map_err(|_| self.refused("is no private key of the package cryptography"))?;
        self.read(core::SigningKey::from_pkcs8_der(der.as_bytes()))
    }

    fn named(
        self,
        mut key: core::SigningKey,
        kid: Option<&Bound<'py, PyAny>>,
        alg: Option<&Bound<'py, PyAny>>,
        x5t_s256: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<core::SigningKey> {
        if let Some(alg) = alg {
            key = self.read(key.with_alg(self.alg(alg)?))?;
        }
        if let Some(kid) = kid {
            key = self.read(key.with_kid(self.text(kid)?))?;
        }
        if let Some(thumbprint) = x5t_s256 {
            key = self.read(key.with_x5t_s256(self.text(thumbprint)?))?;
        }
        Ok(key)
    }

    /// One element of an option that lists keys.
    fn element(self, given: Bound<'py, PyAny>) -> PyResult<Py<SigningKey>> {
        let given = match given.cast_into::<SigningKey>() {
            Ok(key) => return Ok(key.unbind()),
            Err(other) => other.into_inner(),
        };
        let is_text = given.is_instance_of::<PyString>() || given.is_instance_of::<PyBytes>();
        let key = if given.cast::<PyMapping>().is_ok() {
            self.jwk(&given)
        } else if !is_text && given.hasattr("private_bytes").unwrap_or(false) {
            self.object(&given)
        } else if is_text && !self.text(&given)?.trim_start().starts_with('{') {
            self.pem(&given)
        } else if is_text {
            self.jwk(&given)
        } else {
            Err(self.refused("have one that is no key: PEM or JWK as text, a JWK, or a SigningKey"))
        };
        Py::new(self.py, SigningKey { key: key?, sign: None })
    }
}

/// The keys of an option: at least one.
pub(crate) fn keys(py: Python<'_>, member: &str, given: &Bound<'_, PyAny>) -> PyResult<Vec<Py<SigningKey>>> {
    let reading = Reading { member, py };
    let elements = given.extract::<Vec<Bound<'_, PyAny>>>();
    let elements = elements.map_err(|_| reading.refused("are not a list of keys"))?;
    if elements.is_empty() {
        return Err(reading.refused("are none: leave the option out, or give a key"));
    }
    elements.into_iter().map(|element| reading.element(element)).collect()
}

/// What the core has of these keys.
pub(crate) fn core_keys(keys: &[Py<SigningKey>]) -> Vec<core::SigningKey> {
    keys.iter().map(|key| key.get().key.clone()).collect()
}

/// The keys of a client that are held elsewhere, by what the core calls them.
#[derive(Clone, Default)]
pub(crate) struct Elsewhere(Option<Arc<Vec<Py<SigningKey>>>>);

impl Elsewhere {
    pub(crate) fn of(keys: impl IntoIterator<Item = Py<SigningKey>>) -> Elsewhere {
        let keys: Vec<_> = keys.into_iter().filter(|key| key.get().sign.is_some()).collect();
        Elsewhere((!keys.is_empty()).then(|| Arc::new(keys)))
    }

    /// The keys of all these clients.
    pub(crate) fn all<'a>(py: Python<'_>, clients: impl Iterator<Item = &'a Elsewhere>) -> Elsewhere {
        let keys = clients.flat_map(|client| client.0.iter().flat_map(|keys| keys.iter()));
        Elsewhere::of(keys.map(|key| key.clone_ref(py)).collect::<Vec<_>>())
    }

    /// What signs with them.
    pub(crate) fn functions(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        let sign = |key: &Py<SigningKey>| key.get().sign.as_ref().map(|sign| sign.clone_ref(py));
        self.0.iter().flat_map(|keys| keys.iter().filter_map(sign)).collect()
    }

    fn find(&self, py: Python<'_>, name: &str) -> Option<Py<SigningKey>> {
        let found = self.0.as_ref()?.iter().find(|key| key.get().key.name() == name);
        found.map(|key| key.clone_ref(py))
    }
}

/// Something to sign with a key that is held elsewhere. Answer with the signature as `bytes`, in the format of JWS; `sign()`
/// returns what the key's own function does.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct SignRequest {
    request: core::SignRequest,
    key: Py<SigningKey>,
}

#[pymethods]
impl SignRequest {
    /// The one algorithm to use, such as `ES256` (RFC 7518 3.1).
    #[getter]
    fn alg(&self) -> &'static str {
        self.request.alg().as_str()
    }

    /// The key.
    #[getter]
    fn key(&self, py: Python<'_>) -> Py<SigningKey> {
        self.key.clone_ref(py)
    }

    /// What the signature is for: `client_assertion`, `client_secret`, `dpop_proof` or `request_object`.
    #[getter]
    fn purpose(&self) -> &'static str {
        self.request.purpose()
    }

    /// What to sign.
    #[getter]
    fn signing_input<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.request.signing_input())
    }

    /// Calls the key's function, and returns what it returns: the signature, or an awaitable of it.
    fn sign<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let sign = self.key.get().sign.as_ref();
        let sign = sign.ok_or_else(|| PyRuntimeError::new_err("the key is not held elsewhere"))?;
        sign.bind(py).call1((self.signing_input(py), self.alg()))
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.request)
    }
}

impl SignRequest {
    pub(crate) fn new(
        py: Python<'_>,
        request: core::SignRequest,
        elsewhere: &Elsewhere,
    ) -> PyResult<SignRequest> {
        let key = elsewhere.find(py, request.key().name());
        let key = key.ok_or_else(|| PyRuntimeError::new_err("the flow asks for a key that is not here"))?;
        Ok(SignRequest { request, key })
    }
}

/// Asks for an assertion that says who the client is and comes from elsewhere, fresh for one request (RFC 7521 4.2). Answer
/// with an `Assertion`.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct AssertionRequest(pub(crate) core::AssertionRequest);

#[pymethods]
impl AssertionRequest {
    /// The type of the assertion, as `client_assertion_type` names it.
    #[getter]
    fn assertion_type(&self) -> &str {
        &self.0.assertion_type
    }

    /// Whom it is for: the issuer.
    #[getter]
    fn audience(&self) -> &str {
        &self.0.audience
    }

    fn __repr__(&self) -> String {
        format!("<AssertionRequest for {}>", self.0.audience)
    }
}

/// The reply to an `AssertionRequest`. It is sent as it is, and not shown.
#[pyclass(frozen, module = "relyingparty")]
pub(crate) struct Assertion(pub(crate) core::Secret);

#[pymethods]
impl Assertion {
    /// Text without blanks and line ends: nothing else is sent.
    #[new]
    fn new(text: &Bound<'_, PyString>) -> Assertion {
        Assertion(core::Secret::new(text.to_string_lossy()))
    }

    #[expect(clippy::unused_self, reason = "what Python shows of any of them")]
    fn __repr__(&self) -> &'static str {
        "<Assertion>"
    }
}
