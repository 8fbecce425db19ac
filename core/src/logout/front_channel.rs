//! Logout requests that the provider's page makes through a frame in the browser (OIDC Front-Channel Logout 3).

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use crate::client::Client;
use crate::logout::parameters::{of_query, present};
use crate::report::{Error, ErrorKind, Trace, check};

/// A front-channel logout request. Anybody can make a browser send one: it ends sessions and does nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct FrontChannelLogout {
    issuer: Option<String>,
    session_id: Option<String>,
}

impl FrontChannelLogout {
    /// The issuer: the client's own. `None` where the provider names neither issuer nor session.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The `sid` of the session that ends, as its ID token has it. `None`: the session of the browser that sent the request ends,
    /// if the cookie of one came along.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }
}

impl fmt::Debug for FrontChannelLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrontChannelLogout({})", if self.session_id.is_some() { "a session" } else { "a browser" })
    }
}

impl Client {
    /// Reads a front-channel logout request (OIDC Front-Channel Logout 3): its query, or the whole URL. `iss` and `sid` are both
    /// there or neither, and `iss` is the configured issuer.
    ///
    /// # Errors
    /// `logout_malformed`, `logout_issuer_mismatch`
    pub fn front_channel_logout(&self, query_or_url: &str) -> Result<FrontChannelLogout, Error> {
        let request = of_query(query_or_url)?;
        let (issuer, session_id) = match (present(&request, "iss"), present(&request, "sid")) {
            (Some(issuer), Some(session_id)) => (issuer, session_id),
            (None, None) => return Ok(FrontChannelLogout { issuer: None, session_id: None }),
            (Some(_), None) => return Err(ErrorKind::LogoutMalformed.with(["has iss without sid"])),
            (None, Some(_)) => return Err(ErrorKind::LogoutMalformed.with(["has sid without iss"])),
        };
        let rules = self.rules();
        let own = match &rules.tenants {
            None => *issuer == *rules.issuer,
            Some(tenants) => tenants.has(issuer),
        };
        let mut trace = Trace::new(self.policy().record_decisions);
        let check = check::FrontChannelIss { expected: (&*rules.issuer).into(), actual: issuer.into() };
        let checked = trace.check(check, own);
        trace.attach(checked)?;
        let (issuer, session_id) = (Some(issuer.to_owned()), Some(session_id.to_owned()));
        Ok(FrontChannelLogout { issuer, session_id })
    }
}
