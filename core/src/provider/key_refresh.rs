//! Fetching a provider's keys.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::jose::{DroppedKey, UsableKey};
use crate::machine::cache::{Cache, Version};
use crate::machine::{Endpoint, Flow, HttpRequest, Policy, Reply, Request, Step};
use crate::report::Error;
use crate::text::Timestamp;
use crate::token::keys::accept_keys;

/// Fetching a provider's keys because the host asks for it. Yields a [`KeyReport`].
#[derive(Debug)]
pub struct KeyRefresh {
    jwks_uri: String,
    policy: Policy,
    request: Request,
}

/// Which keys of a key set can be used, and which cannot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyReport {
    /// The keys that can check signatures.
    pub usable: Vec<UsableKey>,
    /// The keys that were left out, and why.
    pub dropped: Vec<DroppedKey>,
}

impl KeyRefresh {
    pub(crate) fn new(jwks_uri: &str, policy: &Policy) -> KeyRefresh {
        KeyRefresh {
            jwks_uri: jwks_uri.to_owned(),
            policy: policy.clone(),
            request: Request::Http(HttpRequest::get(Endpoint::Jwks, jwks_uri, policy.limits(Endpoint::Jwks))),
        }
    }
}

impl Flow for KeyRefresh {
    type Output = KeyReport;

    fn request(&self) -> &Request {
        &self.request
    }

    /// # Errors
    /// `unreachable`, `redirect_refused`, `unexpected_status`, `unexpected_content_type`, `response_too_large`,
    /// `compressed_response`, `malformed_json`. The keys in the cache stay as they were.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        if let Reply::LookAgain = reply {
            // Whatever the cache holds.
            return Ok(Step::Pending(self));
        }
        let set =
            accept_keys(reply, &self.request, &self.jwks_uri, Version::LATEST, &self.policy, cache, now)?;
        Ok(Step::Done(KeyReport { usable: set.usable(), dropped: set.dropped.clone() }))
    }
}
