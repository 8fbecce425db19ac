//! Where a token comes from, and what that asks of it.

use alloc::string::String;

use crate::text::Secret;
use crate::token::claims::IdTokenClaims;
use crate::token::expectations::Expectations;

/// Where a token comes from, and so what it has to answer to.
#[derive(Debug)]
pub(crate) enum Demand {
    /// The host, with these expectations: anybody may have sent it.
    Received(Expectations),
    /// The token endpoint, with these expectations.
    Granted(Expectations),
    /// A refresh: the same end user and authentication as before (OIDC Core 12.2).
    Refreshed { earlier: IdTokenClaims, expectations: Expectations },
    /// The host's own session store: checked once more, and may have expired since.
    Restored,
    /// The UserInfo endpoint: about this end user, with times only if the provider likes (OIDC Core 5.3.2).
    UserInfo {
        sub: String,
        /// Whether the server that sent it was authenticated.
        authenticated: bool,
    },
    /// The provider or anybody, as a logout token (OIDC Back-Channel Logout 2.4).
    #[cfg(feature = "logout")]
    Logout,
    /// The browser, as a signed authorization response (JARM 2.1): about no end user.
    #[cfg(feature = "signing")]
    Response,
}

impl Demand {
    /// Whether the provider itself sent the token, in answer to a request of this client's: no stranger can make it.
    pub(crate) fn is_own(&self) -> bool {
        match self {
            Demand::Granted(_) | Demand::Refreshed { .. } | Demand::UserInfo { .. } => true,
            Demand::Received(_) | Demand::Restored => false,
            #[cfg(feature = "logout")]
            Demand::Logout => false,
            #[cfg(feature = "signing")]
            Demand::Response => false,
        }
    }

    /// Whether it is an ID token, which may have a type of the issuer's own.
    pub(crate) fn is_id_token(&self) -> bool {
        match self {
            Demand::Received(_) | Demand::Granted(_) | Demand::Refreshed { .. } | Demand::Restored => true,
            Demand::UserInfo { .. } => false,
            #[cfg(feature = "logout")]
            Demand::Logout => false,
            #[cfg(feature = "signing")]
            Demand::Response => false,
        }
    }

    pub(crate) fn expectations(&self) -> Option<&Expectations> {
        match self {
            Demand::Received(expectations)
            | Demand::Granted(expectations)
            | Demand::Refreshed { expectations, .. } => Some(expectations),
            Demand::Restored | Demand::UserInfo { .. } => None,
            #[cfg(feature = "logout")]
            Demand::Logout => None,
            #[cfg(feature = "signing")]
            Demand::Response => None,
        }
    }

    /// The access token that `at_hash` has to fit.
    pub(crate) fn access_token(&self) -> Option<&Secret> {
        self.expectations()?.expected_access_token()
    }
}
