//! OpenID Connect relying party without I/O.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod authorize;
mod cache;
mod callback;
mod checks;
mod claims;
mod client;
mod config;
mod decision;
mod drive;
mod entropy;
mod erased;
mod error;
mod expectations;
mod flow;
mod flows;
mod http;
mod issuer;
mod jose;
mod json;
mod logout;
mod metadata;
mod pending;
mod policy;
mod provider;
mod registration;
mod secret;
mod session;
mod time;
mod token;
mod uri;

pub use authorize::{Authorization, AuthorizeRequest};
pub use cache::Cache;
pub use callback::{AuthorizationCode, CallbackParams};
pub use claims::IdTokenClaims;
pub use client::Client;
pub use decision::Decision;
pub use drive::{CacheAccess, drive, drive_async};
pub use entropy::Entropy;
pub use erased::{AnyFlow, Outcome};
pub use error::{Category, Error, ErrorKind, ServerError};
pub use expectations::Expectations;
pub use flow::{Flow, Reply, Request, Step, VerifyRequest};
pub use flows::{
    Exchange, KeyRefresh, KeyReport, Refresh, Restoration, UserInfo, UserInfoFetch, Verification,
};
pub use http::{Endpoint, HttpRequest, HttpResponse, Limits, Method};
pub use issuer::Issuer;
pub use jose::{Alg, DroppedKey};
pub use logout::EndSessionRequest;
pub use metadata::Metadata;
pub use pending::{PendingLogin, ResponseMode};
pub use policy::{Policy, Signatures};
pub use provider::{Discovery, Provider};
pub use registration::{AuthMethod, Registration};
pub use secret::Secret;
pub use session::Session;
pub use time::Timestamp;
