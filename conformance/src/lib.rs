//! What shows that a relying party does its work: a provider to log in at, scripted and without I/O, that misbehaves on
//! request ([`modules`]); the server that puts it on a loopback port; cases that hold a library to what it has to do;
//! and a browser for when nobody is there to use one.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod agent;
pub mod browser;
pub mod cases;
pub mod encoding;
pub mod http;
pub mod live;
pub mod modules;
pub mod provider;
pub mod serve;
pub mod suite;
pub mod wire;
pub mod workbench;

/// The page of the documentation for Rust.
#[cfg(doctest)]
#[doc = include_str!("../../docs/start/rust.md")]
pub struct StartInRust;

/// The page of the documentation for axum.
#[cfg(doctest)]
#[doc = include_str!("../../docs/start/axum.md")]
pub struct StartInAxum;

/// The page of the documentation for stores of sessions.
#[cfg(doctest)]
#[doc = include_str!("../../docs/session-stores-rust.md")]
pub struct SessionStores;
