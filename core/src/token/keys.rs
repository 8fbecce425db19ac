//! A provider's keys, as they arrive.

use alloc::sync::Arc;

use crate::jose::KeySet;
use crate::machine::cache::{Cache, Version};
use crate::machine::{Endpoint, Policy, Reply, Request};
use crate::report::{Error, ErrorKind};
use crate::text::Timestamp;
use crate::text::limits::size;

/// Takes a reply for keys into the cache. Good or not, the attempt is remembered. Yields the keys that the cache holds
/// afterwards: these, or those of a request that was made later and answered earlier.
pub(crate) fn accept_keys(
    reply: Reply,
    request: &Request,
    jwks_uri: &str,
    seen: Version,
    policy: &Policy,
    cache: &mut Cache,
    now: Timestamp,
) -> Result<Arc<KeySet>, Error> {
    let reply = reply.expect_http()?;
    cache.keys_attempted(jwks_uri, policy, now);
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
    Ok(cache.store_keys(jwks_uri, set, response.max_age(), seen, policy, now))
}
