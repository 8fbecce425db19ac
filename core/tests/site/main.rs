//! A whole application's login over data: browsers, processes and a provider that rotates refresh tokens, without a network.
#![cfg(feature = "site")]

mod attacks;
mod ended;
mod interleaved;
mod measured;
mod routes;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod town;
