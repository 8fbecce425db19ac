//! An OpenID Connect relying party that does no I/O.
//!
//! The library says which HTTP request it wants next and is handed the response. The host (you) owns
//! the network, the clock and the randomness, so it works with any HTTP client, with or without an
//! async runtime, and on wasm. The same code is the Python package and the npm package of this name.
//!
//! # A login
//!
//! A login is two halves around the browser's trip to the provider.
//!
//! ```no_run
//! use relyingparty::*;
//! # struct Store;
//! # impl Store { fn put(&self, _: &str, _: String) {} fn take(&self, _: Option<&str>) -> Option<String> { None } }
//! # fn login(store: Store, host: fn(&Request) -> Reply, now: fn() -> Timestamp, random: fn() -> [u8; 32],
//! #          cookie: fn(Option<&str>) -> Option<&'static str>, query: &str) -> Result<(), Error> {
//! // Once: find the provider, put the client together.
//! let (issuer, policy, mut cache) = (Issuer::parse("https://op.example")?, Policy::default(), Cache::default());
//! let provider = drive(Provider::discover(&issuer, &policy, &cache, now())?, &mut cache, now, host)?;
//! let registration = Registration::new("my-client", "https://app.example/callback").with_secret("…");
//! let client = Client::new(provider, registration, policy)?;
//!
//! // The user wants to log in: remember the login, tie it to the browser, send the browser away.
//! let login = client.authorize(&AuthorizeRequest::default(), Entropy::new(random())?, now())?;
//! store.put(login.pending.id(), login.pending.encode());
//! // Set-Cookie: {login.pending.cookie_name()}={login.pending.id()}; Secure; HttpOnly; Path=/; SameSite=Lax
//! // Location: {login.url}
//!
//! // The browser is back: take the login that its cookie names, check, exchange the code.
//! let response = CallbackParams::parse(query)?;
//! let stored = store.take(cookie(response.cookie_name().as_deref()));
//! let code = client.callback(PendingLogin::decode(stored.as_deref())?, &response, now())?;
//! let session = drive(client.exchange(code)?, &mut cache, now, host)?;
//! println!("{} of {}", session.claims().sub(), session.claims().iss());
//! # Ok(()) }
//! ```
//!
//! # How it is shaped
//!
//! Every operation is a [`Flow`] suspended on one [`Request`]; [`Flow::resume`] consumes it with the
//! [`Reply`] and yields the next [`Step`]. [`drive`] and [`drive_async`] are that loop; writing your own
//! takes five lines:
//!
//! ```
//! # use relyingparty::*;
//! # fn run<F: Flow>(mut step: Step<F>, cache: &mut Cache, now: fn() -> Timestamp, host: fn(&Request) -> Reply) -> Result<F::Output, Error> {
//! loop {
//!     match step {
//!         Step::Done(output) => return Ok(output),
//!         Step::Pending(flow) => {
//!             let reply = host(flow.request());
//!             step = flow.resume(reply, cache, now())?;
//!         }
//!     }
//! }
//! # }
//! ```
//!
//! A host that answers requests sends them exactly as they are, follows no redirect, sends no cookies or
//! other ambient credentials, verifies TLS, and enforces the request's [`Limits`]. What can be seen in a
//! response is checked again. [`Endpoint::coalesces`] says which requests may share one answer or be retried;
//! a [`Coalescer`], whose drivers take the place of the plain ones, makes a herd of logins that miss the same keys
//! send one request.
//!
//! # What is checked
//!
//! Everything that the specifications ask of a relying party, always: there is no switch that skips a check and
//! no `Option` whose `None` does. [`Session`], [`IdTokenClaims`] and [`UserInfo`] have no public constructor:
//! holding one is the proof. What was requested (`nonce`, `max_age`, essential `acr`, the subject of an
//! `id_token_hint`) is checked on return without further code. Each check is a [`Decision`], kept with its outcome in
//! sessions and errors, so that a login can be explained.
//!
//! # What the host keeps
//!
//! * a [`Cache`]: metadata and keys. Losing it costs a fetch, never a check.
//! * a [`PendingLogin`] per login in progress, found by a random id that lives in the browser.
//! * a [`Session`] per user; [`Session::encode`] and [`Client::restore`] carry one through a store.
//!
//! # Errors
//!
//! [`Error::code`] is stable and [`Error::category`] says whose fault it is. No error, `Debug` or `Display`
//! of this library shows a token, code, verifier, state, nonce or secret.
//!
//! # Features
//!
//! * `rustcrypto` (default): signatures are checked in the core, by RustCrypto.
//! * `aws-lc-rs`: they are checked by aws-lc-rs instead, which is several times faster and is built with a C compiler.
//!   With neither, set [`Policy::signatures`] to [`Signatures::Host`] and answer [`Request::Verify`].
//! * `std` (default): [`Coalescer`], and a `Mutex` as [`CacheAccess`]. Without it the crate is `no_std` and asks for an
//!   allocator only.
//! * `es256k`: ES256K (RFC 8812) is one of the algorithms.
//! * `http`: conversions from and to the `http` crate's types, so that reqwest, ureq and hyper take
//!   requests in one line.
//!
//! # Left out on purpose
//!
//! Implicit and hybrid flow, password grant, JWS JSON serialisation, `alg: none`, symmetric keys out of a key
//! set, fetching `jku`, `x5u` or distributed claims, cases for single providers in code.

#![forbid(unsafe_code)]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
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

extern crate alloc;

mod authorize;
pub mod bindings;
mod cache;
mod callback;
mod checks;
mod claims;
mod client;
#[cfg(feature = "std")]
mod coalesce;
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
#[cfg(doctest)]
mod proofs;
mod provider;
mod registration;
mod requested;
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
#[cfg(feature = "std")]
pub use coalesce::Coalescer;
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
pub use jose::{Alg, DroppedKey, UsableKey};
pub use logout::EndSessionRequest;
pub use metadata::Metadata;
pub use pending::{PendingLogin, ResponseMode};
pub use policy::{Policy, Signatures};
pub use provider::{Discovery, Provider};
pub use registration::{AuthMethod, Registration};
pub use secret::Secret;
pub use session::Session;
pub use time::Timestamp;
