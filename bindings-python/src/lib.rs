//! The Python face of the core: conversions, and one erased flow. No protocol, no defaults, no codes.
//!
//! Options cross as JSON text, which the core reads and refuses by its own rules; results cross as frozen
//! classes without constructors. No lock is held while Python runs: the clock is asked first, and what
//! becomes a Python object is copied out before.

mod answer;
mod arrival;
mod cache;
mod call;
mod claims;
mod client;
mod configuration;
mod error;
mod flow;
mod grant;
mod http;
mod json;
mod kept;
mod login;
mod logout;
mod provider;
mod request_object;
mod session;
mod setup;
mod signing;
mod site;
mod store;
mod withheld;

use pyo3::prelude::*;

/// The core of `relyingparty`. Import from `relyingparty` instead.
#[pymodule(gil_used = false)]
mod _relyingparty {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::answer::{Handled, Visit};
    #[pymodule_export]
    use crate::arrival::{Arrival, cookie_name_at};
    #[pymodule_export]
    use crate::cache::Cache;
    #[pymodule_export]
    use crate::call::{ApiResponse, Challenge};
    #[pymodule_export]
    use crate::claims::{Claims, IdTokenClaims, UserInfo};
    #[pymodule_export]
    use crate::client::Client;
    #[pymodule_export]
    use crate::configuration::{Issuer, Policy, Registration, SealingKeys, SessionSeal, check_configuration};
    #[pymodule_export]
    use crate::error::{error_codes, invalid_configuration};
    #[pymodule_export]
    use crate::flow::Flow;
    #[pymodule_export]
    use crate::grant::{Grant, RefreshedGrant};
    #[pymodule_export]
    use crate::http::{
        HttpRequest, HttpResponse, Limits, Unreachable, Unsupported, VerifyRequest, WaitRequest, Waited,
    };
    #[pymodule_export]
    use crate::kept::Kept;
    #[pymodule_export]
    use crate::login::{
        Authorization, AuthorizationCode, CallbackParams, LoginCookies, PendingLogin, clear_cookie,
    };
    #[pymodule_export]
    use crate::logout::{FrontChannelLogout, Logout, LogoutToken, logged_out, logout_token_in};
    #[pymodule_export]
    use crate::provider::{KeyReport, Provider};
    #[pymodule_export]
    use crate::request_object::RequestObject;
    #[pymodule_export]
    use crate::session::Session;
    #[pymodule_export]
    use crate::setup::{SetupReport, check_setup};
    #[pymodule_export]
    use crate::signing::{Assertion, AssertionRequest, SignRequest, SigningKey};
    #[pymodule_export]
    use crate::site::{Incoming, SiteCore};
    #[pymodule_export]
    use crate::store::{StoreReply, StoreRequest};
    #[pymodule_export]
    use crate::withheld::Withheld;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
