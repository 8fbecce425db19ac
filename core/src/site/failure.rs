//! What a browser gets where something failed.

use crate::report::{Category, Error};
use crate::site::Site;
use crate::site::answer::{Event, Handled};

impl Site {
    /// The answer to a request that failed. What the host did wrong is no answer.
    pub(super) fn failed(&self, error: Error) -> Result<Handled, Error> {
        let status = match (error.category(), error.code()) {
            (Category::Misuse, _) | (_, "store_unavailable") => return Err(error),
            (_, "cross_site_request") => 403,
            (Category::Callback, _) => 400,
            (Category::Configuration, _) => 500,
            (Category::Transport, _) => 503,
            (Category::Provider, _)
                if error.server_error().is_some_and(|server| server.error == "access_denied") =>
            {
                403
            }
            (Category::Provider | Category::Protocol | Category::Token, _) => 502,
        };
        Ok(Handled::status(status).with_event(Event::Failed { error }))
    }
}
