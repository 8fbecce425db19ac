//! What a host sees of every operation: flows with their requests and replies, HTTP as data, the policy that bounds them,
//! the cache that they fill, and the loops that drive them.

pub(crate) mod cache;
#[cfg(feature = "std")]
pub(crate) mod coalesce;
pub(crate) mod drive;
pub(crate) mod flow;
pub(crate) mod http;
#[cfg(feature = "site")]
mod lock;
#[cfg(feature = "signing")]
mod nonces;
pub(crate) mod observe;
pub(crate) mod policy;
mod profile;
#[cfg(feature = "site")]
mod sequence;
#[cfg(feature = "site")]
mod store;

pub use cache::Cache;
#[cfg(feature = "std")]
pub use coalesce::Coalescer;
pub use drive::{CacheAccess, drive, drive_async};
#[cfg(feature = "signing")]
pub use flow::{AssertionRequest, SignRequest};
pub use flow::{Flow, Reply, Request, Step, VerifyRequest, WaitRequest};
pub use http::{Endpoint, HttpRequest, HttpResponse, Limits, Method};
#[cfg(feature = "signing")]
pub(crate) use nonces::is_nonce;
pub use observe::{Answered, Asked, Observed, observed, observed_async};
pub use policy::{Policy, Signatures};
pub use profile::Profile;
#[cfg(feature = "site")]
pub(crate) use sequence::Host;
#[cfg(feature = "site")]
pub use sequence::Sequence;
#[cfg(feature = "site")]
pub use store::{StoreEntry, StoreRequest, Stored};
