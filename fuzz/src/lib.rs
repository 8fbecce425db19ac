//! What the fuzz targets share: a relying party in the middle of things, and second opinions on what it says.
//!
//! ```text
//! cargo ci fuzz                      every target for 10 s, from the saved corpus
//! RP_FUZZ_SECONDS=1200 cargo ci fuzz …                 for 20 minutes
//! cd fuzz && cargo run --release --bin claims corpus/claims   one, for as long as you like
//! ```
//!
//! A target is a file of `targets/`, which opens with its invariant. `corpus/` holds what past runs found worth keeping;
//! `cargo run --release --bin seeds` writes what the repository's own documents have to offer.

pub mod keys;
pub mod proving;
pub mod reference;
pub mod rules;
pub mod script;
pub mod silence;
pub mod world;
