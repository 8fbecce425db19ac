//! A logout at the provider, from where the browser goes to what it comes back with (OIDC RP-Initiated Logout 2, 3).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::client::Client;
use crate::logout::parameters::{of_query, present};
use crate::logout::rp_initiated::{EndSessionRequest, Request};
use crate::report::{Error, Trace, check};
use crate::text::{Entropy, Secret};

/// Bytes of a URL that every server takes: IIS refuses a query of more than 2,048.
const LONGEST_URL: usize = 2_048;

/// Where the browser goes to log out at the provider.
#[derive(Clone)]
#[non_exhaustive]
pub struct Logout {
    /// Where to redirect the browser; with [`fields`](Logout::fields), where it posts the form.
    pub url: String,
    /// The fields of a form to post, where a URL with all of them would be longer than 2,048 bytes. Without it, redirect.
    pub fields: Option<Vec<(String, String)>>,
    /// What [`logged_out`] expects when the browser is back: keep it in a cookie of this browser. `None` if the browser
    /// does not come back.
    pub state: Option<String>,
}

impl fmt::Debug for Logout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logout({})", if self.fields.is_some() { "a form" } else { "a URL" })
    }
}

impl Client {
    /// Begins a logout at the provider (OIDC RP-Initiated Logout 2): a URL, or a form where the URL would be too long. Where the
    /// browser is to come back it has a `state`, of the request or else a new one. End your own session first.
    ///
    /// # Errors
    /// As [`end_session`](Client::end_session).
    pub fn log_out(&self, request: &EndSessionRequest, entropy: Entropy) -> Result<Logout, Error> {
        let made = entropy.keyed().split("logout_state");
        let returns = request.post_logout_redirect_uri.is_some()
            || self.registration().post_logout_redirect_uri.is_some();
        let state = request.state.as_deref().or(returns.then(|| made.expose()));
        let Request { endpoint, parameters, url } = Request::new(self, request, state)?;
        let state = state.filter(|_| returns).map(str::to_owned);
        if url.len() <= LONGEST_URL {
            return Ok(Logout { url, fields: None, state });
        }
        let fields =
            parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Logout { url: endpoint.to_owned(), fields: Some(fields), state })
    }
}

/// Checks that the browser comes back from the logout that it began: the query, or the whole URL, has the [`state`](Logout::state)
/// of the [`Logout`]. `expected` is what this browser's cookie holds; `None`, if it holds nothing, is refused.
///
/// # Errors
/// `logout_malformed`, `logout_state_missing`, `logout_state_mismatch`
pub fn logged_out(query_or_url: &str, expected: Option<&str>) -> Result<(), Error> {
    let response = of_query(query_or_url)?;
    let mut trace = Trace::new(true);
    let checked = match present(&response, "state") {
        None => Err(trace.fail(check::LogoutStateMissing)),
        Some(state) => {
            let passed = expected.is_some_and(|expected| Secret::new(expected).matches(state));
            trace.check(check::LogoutState, passed)
        }
    };
    trace.attach(checked)
}
