//! What a verb can end with.

use std::fmt;
use std::sync::Arc;

use relyingparty::bindings::refused;
use relyingparty::{Category, Decision, ErrorKind, ServerError};

/// What a [`Store`](crate::Store) or a [`SessionStore`](crate::SessionStore) of your own fails with.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// What a verb ends with: an error of the core, or one that only a host can have. [`code`](Error::code) is stable.
///
/// No message shows a token, a code, a state, a nonce or a secret. That of a store is [its own](std::error::Error::source).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The core's own.
    Core(relyingparty::Error),
    /// `store_failed`: the store of pending logins failed.
    Store(Arc<dyn std::error::Error + Send + Sync>),
    /// `store_unavailable`: the store of a site's sessions failed.
    SessionStore {
        /// The core's, which shows nothing of the cause.
        error: relyingparty::Error,
        /// What the store failed with.
        cause: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// The stable code: one of [`relyingparty::Error::codes`], or `store_failed`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Core(error) | Error::SessionStore { error, .. } => error.code(),
            Error::Store(_) => "store_failed",
        }
    }

    /// The core's error, if it is one: with its kind and its details.
    #[must_use]
    pub fn as_core(&self) -> Option<&relyingparty::Error> {
        match self {
            Error::Core(error) | Error::SessionStore { error, .. } => Some(error),
            Error::Store(_) => None,
        }
    }

    /// Whose fault it is. `None` if it is that of the store of pending logins.
    #[must_use]
    pub fn category(&self) -> Option<Category> {
        self.as_core().map(relyingparty::Error::category)
    }

    /// Whether the same call may succeed later: see [`relyingparty::Error::is_retryable`]. A login whose store failed has to begin
    /// anew.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.as_core().is_some_and(relyingparty::Error::is_retryable)
    }

    /// One of the details that explain it: see [`relyingparty::Error::details`].
    #[must_use]
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.as_core()?.detail(name)
    }

    /// The provider's own OAuth error, if it sent one.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        self.as_core()?.server_error()
    }

    /// The checks that were made. If a check failed, it is the last one.
    #[must_use]
    pub fn decisions(&self) -> Vec<Decision> {
        self.as_core().map(relyingparty::Error::decisions).unwrap_or_default()
    }

    pub(crate) fn store(error: StoreError) -> Error {
        Error::Store(error.into())
    }
}

/// `invalid_configuration`: what is wrong with which member.
pub(crate) fn invalid(member: &str, reason: &str) -> Error {
    Error::Core(refused(ErrorKind::InvalidConfiguration, [member, reason]))
}

impl From<relyingparty::Error> for Error {
    fn from(error: relyingparty::Error) -> Error {
        Error::Core(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Core(error) | Error::SessionStore { error, .. } => error.fmt(f),
            Error::Store(_) => f.write_str("the store of pending logins failed"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its message is the message of this one.
            Error::Core(error) => error.source(),
            Error::Store(cause) | Error::SessionStore { cause, .. } => Some(&**cause),
        }
    }
}
