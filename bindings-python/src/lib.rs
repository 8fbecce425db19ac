//! The Python face of the core: conversions, and one erased flow. No protocol, no defaults, no codes.
//!
//! Options cross as JSON text, which the core reads and refuses by its own rules; results cross as frozen
//! classes without constructors. No lock is held while Python runs: the clock is asked first, and what
//! becomes a Python object is copied out before.

mod cache;
mod claims;
mod client;
mod configuration;
mod error;
mod flow;
mod http;
mod json;
mod login;
mod provider;
mod session;

use pyo3::prelude::*;

/// The core of `relyingparty`. Import from `relyingparty` instead.
#[pymodule(gil_used = false)]
mod _relyingparty {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::cache::Cache;
    #[pymodule_export]
    use crate::claims::{Claims, IdTokenClaims, UserInfo};
    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::configuration::{Issuer, Policy, Registration};
    #[pymodule_export]
    use crate::error::error_codes;
    #[pymodule_export]
    use crate::flow::Flow;
    #[pymodule_export]
    use crate::http::{HttpRequest, HttpResponse, Limits, Unreachable, VerifyRequest};
    #[pymodule_export]
    use crate::login::{Authorization, AuthorizationCode, CallbackParams, PendingLogin};
    #[pymodule_export]
    use crate::provider::{KeyReport, Provider};
    #[pymodule_export]
    use crate::session::Session;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
