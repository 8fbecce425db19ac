//! Fetching a provider's keys.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::Serialize;

use crate::cache::Cache;
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Reply, Request, Step};
use crate::http::{Endpoint, HttpRequest};
use crate::jose::{DroppedKey, KeySet, UsableKey};
use crate::policy::{Policy, size};
use crate::time::Timestamp;

/// Fetching a provider's keys on the host's own initiative. Yields a [`KeyReport`].
#[derive(Debug)]
pub struct KeyRefresh {
    jwks_uri: String,
    policy: Policy,
    request: Request,
}

/// What a key set turned out to hold.
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
            request: Request::Http(HttpRequest::get(Endpoint::Jwks, jwks_uri, policy)),
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
    /// `malformed_json`. The keys in the cache stay as they were.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        if let Reply::LookAgain = reply {
            // Whatever the cache holds.
            return Ok(Step::Pending(self));
        }
        let set = accept_keys(reply, &self.request, &self.jwks_uri, &self.policy, cache, now)?;
        Ok(Step::Done(KeyReport { usable: set.usable(), dropped: set.dropped.clone() }))
    }
}

/// Takes a reply for keys into the cache. Good or not, the attempt is remembered.
pub(crate) fn accept_keys(
    reply: Reply,
    request: &Request,
    jwks_uri: &str,
    policy: &Policy,
    cache: &mut Cache,
    now: Timestamp,
) -> Result<Arc<KeySet>, Error> {
    if let Reply::Verified(_) = reply {
        return Err(reply.wrong("http"));
    }
    cache.keys_attempted(jwks_uri, now);
    let response = reply.http(request)?;
    response.expect_ok(Endpoint::Jwks)?;
    let mut bounds = policy.json();
    // One more than too many, so that it is known what is wrong with them.
    bounds.width = bounds.width.max(size(policy.max_keys).saturating_add(1));
    let document =
        response.json(Endpoint::Jwks, &["application/json", "application/jwk-set+json"], bounds)?;
    let set = KeySet::parse(&document, size(policy.max_keys))
        .map(Arc::new)
        .map_err(|reason| ErrorKind::MalformedJson.with([Endpoint::Jwks.as_str(), reason]))?;
    cache.store_keys(jwks_uri, &set, response.max_age(), now);
    Ok(set)
}
