//! Fetching a provider's keys.

use std::sync::Arc;

use serde::Serialize;

use crate::cache::Cache;
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Reply, Request, Step};
use crate::http::{Endpoint, HttpRequest};
use crate::jose::{DroppedKey, KeySet};
use crate::policy::Policy;
use crate::time::Timestamp;

/// Fetching a provider's keys on the host's own initiative. Yields a [`KeyReport`].
#[derive(Debug)]
pub struct KeyRefresh {
    jwks_uri: String,
    request: Request,
}

/// What a key set turned out to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyReport {
    /// How many keys can check signatures.
    pub usable: usize,
    /// The keys that were left out, and why.
    pub dropped: Vec<DroppedKey>,
}

impl KeyRefresh {
    pub(crate) fn new(jwks_uri: &str, policy: &Policy) -> KeyRefresh {
        KeyRefresh {
            jwks_uri: jwks_uri.to_owned(),
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
        let set = accept_keys(reply, &self.request, &self.jwks_uri, cache, now)?;
        Ok(Step::Done(KeyReport { usable: set.len(), dropped: set.dropped.clone() }))
    }
}

/// Takes a reply for keys into the cache. Good or not, the attempt is remembered.
pub(crate) fn accept_keys(
    reply: Reply,
    request: &Request,
    jwks_uri: &str,
    cache: &mut Cache,
    now: Timestamp,
) -> Result<Arc<KeySet>, Error> {
    if let Reply::Verified(_) = reply {
        return Err(reply.wrong("http"));
    }
    cache.keys_attempted(jwks_uri, now);
    let response = reply.http(request)?;
    if response.status != 200 {
        let (endpoint, status) = (Endpoint::Jwks.as_str().into(), response.status.to_string());
        return Err(ErrorKind::UnexpectedStatus { endpoint, status }.into());
    }
    let document = response.json(Endpoint::Jwks, &["application/json", "application/jwk-set+json"])?;
    cache.store_keys(jwks_uri, &document, response.max_age(), now)
}
