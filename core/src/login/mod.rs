//! A login: to the provider and back, the session that comes of it, and what keeps a session going.

mod acquisition;
pub(crate) mod authorize;
mod authorize_request;
#[cfg(feature = "signing")]
mod call;
pub(crate) mod callback;
pub(crate) mod cookies;
mod demands;
pub(crate) mod details;
pub(crate) mod exchange;
pub(crate) mod hint;
pub(crate) mod id;
pub(crate) mod pending;
#[cfg(feature = "signing")]
mod proving;
#[cfg(feature = "signing")]
mod pushed;
pub(crate) mod refresh;
pub(crate) mod refresh_token;
#[cfg(feature = "signing")]
mod request_object;
pub(crate) mod restoration;
mod return_to;
#[cfg(feature = "sealed")]
pub(crate) mod sealing;
pub(crate) mod session;
#[cfg(feature = "signing")]
mod signed_callback;
pub(crate) mod token_request;
pub(crate) mod userinfo;
pub(crate) mod verification;

pub use authorize::Authorization;
pub use authorize_request::AuthorizeRequest;
#[cfg(feature = "signing")]
pub use call::{Access, ApiRequest, ApiResponse, Call};
pub use callback::{AuthorizationCode, CallbackParams};
#[cfg(feature = "site")]
pub(crate) use cookies::header as set_cookie_header;
pub use cookies::{Held, LoginCookie, LoginCookies, clear_cookie};
pub use exchange::Exchange;
pub use pending::{PendingLogin, ResponseMode};
#[cfg(feature = "signing")]
pub use proving::Proving;
#[cfg(feature = "signing")]
pub use pushed::Push;
pub use refresh::Refresh;
pub use refresh_token::{RefreshedGrant, TokenRefresh};
#[cfg(feature = "signing")]
pub use request_object::RequestObject;
pub use restoration::Restoration;
#[cfg(feature = "site")]
pub(crate) use return_to::usable_return_to;
#[cfg(feature = "sealed")]
pub use sealing::SessionSeal;
#[cfg(feature = "site")]
pub(crate) use sealing::read as read_session;
pub use session::Session;
#[cfg(feature = "signing")]
pub use signed_callback::SignedCallback;
pub use token_request::TokenRequest;
pub use userinfo::{UserInfo, UserInfoFetch};
pub use verification::Verification;
