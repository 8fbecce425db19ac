#![cfg_attr(
    all(feature = "axum",
        feature = "postgres",
        feature = "redis",
        feature = "reqwest",
        feature = "tower-sessions",
        feature = "ureq"),
    doc = include_str!("../README.md")
)]
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "postgres",
        feature = "redis",
        feature = "reqwest",
        feature = "tower-sessions",
        feature = "ureq"
    )),
    doc = "OpenID Connect login in plain calls: the crate `relyingparty` with a network, a store, the clock and randomness. The \
           documentation with all features is the manual."
)]
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
        clippy::indexing_slicing
    )
)]

pub mod blocking;
mod config;
mod error;
mod flight;
mod host;
mod party;
mod refreshes;
mod relying_party;
mod session_store;
mod site;
mod store;
mod token_file;
mod transport;

use std::pin::Pin;

pub use config::Config;
pub use error::{Error, StoreError};
pub use relying_party::{Builder, RelyingParty};
/// The core: everything of it is here by its name, but for what this crate has of its own by the same one: its
/// [`Error`](relyingparty::Error), and its [`Site`](relyingparty::Site) with [`SiteProvider`](relyingparty::SiteProvider),
/// [`Handled`](relyingparty::Handled) and [`MemorySessionStore`](relyingparty::MemorySessionStore).
pub use relyingparty;
#[doc(no_inline)]
pub use relyingparty::*;
#[cfg(feature = "postgres")]
pub use session_store::PostgresSessionStore;
#[cfg(feature = "redis")]
pub use session_store::RedisSessionStore;
pub use session_store::{MemorySessionStore, SessionStore, Versioned};
#[cfg(feature = "axum")]
pub use site::{Claims, SiteLayer, SiteService, Visitor};
pub use site::{Handled, Site, SiteBuilder, SiteProvider};
#[cfg(feature = "tower-sessions")]
pub use site::{UserSessions, UserSessionsLayer};
pub use store::{MemoryStore, Store};
pub use token_file::token_file;
#[cfg(any(feature = "reqwest", feature = "ureq"))]
pub use transport::Network;
#[cfg(feature = "reqwest")]
pub use transport::ReqwestTransport;
#[cfg(feature = "ureq")]
pub use transport::UreqTransport;
pub use transport::{Transport, Unreachable};

/// A future of a [`Transport`], a [`Store`] or a [`SessionStore`].
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The type of an assertion that is a JWT (RFC 7523 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
