//! The operations that need the network, one file each.

mod completion;
mod exchange;
mod key_refresh;
mod refresh;
mod restoration;
mod signed;
mod userinfo;
mod verification;

pub use exchange::Exchange;
pub(crate) use key_refresh::accept_keys;
pub use key_refresh::{KeyRefresh, KeyReport};
pub use refresh::Refresh;
pub use restoration::Restoration;
pub use userinfo::{UserInfo, UserInfoFetch};
pub use verification::Verification;
