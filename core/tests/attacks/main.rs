//! Attacks that no other test stands for by its topic, one file for each part of the catalogue in SECURITY.md.

mod claims;
mod flow;
mod keys;
mod signatures;

#[path = "../support/mod.rs"]
mod support;
