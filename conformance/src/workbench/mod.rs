//! What the commands of this package share: where things are, how a program is started, and the set-up it needs.

mod closing;
mod context;
mod setup;
pub mod tls;

pub use self::context::{Context, Outcome, Stop, fail};
