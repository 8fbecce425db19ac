//! Finding a provider's metadata (OIDC Discovery 4).

use alloc::string::ToString;

use crate::machine::cache::{Cache, LookUp, Stored, Version};
use crate::machine::{Endpoint, Flow, HttpRequest, HttpResponse, Policy, Reply, Request, Step};
use crate::provider::{Issuer, Metadata, Provider};
use crate::report::{Error, ErrorKind, Trace, check};
use crate::text::Timestamp;

/// Fetching a provider's metadata. Yields a [`Provider`].
#[derive(Debug)]
pub struct Discovery {
    issuer: Issuer,
    policy: Policy,
    /// What the cache had seen of the metadata when they were asked for.
    seen: Version,
    request: Request,
    trace: Trace,
}

impl Provider {
    /// Gets the provider's metadata, from the cache while they are fresh, else from
    /// `<issuer>/.well-known/openid-configuration` (OIDC Discovery 4).
    ///
    /// # Errors
    /// `policy_out_of_range`; `implausible_clock`; `metadata_unavailable` when none are held and an attempt failed a moment ago.
    pub fn discover(
        issuer: &Issuer,
        policy: &Policy,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Discovery>, Error> {
        policy.check()?;
        now.plausible()?;
        let limits = policy.limits(Endpoint::Discovery);
        let issuer = issuer.clone().with_hosts(policy);
        let discovery = Discovery {
            policy: policy.clone(),
            seen: cache.metadata_version(issuer.as_str()),
            request: Request::Http(HttpRequest::get(Endpoint::Discovery, &issuer.discovery_url(), limits)),
            trace: Trace::new(policy.record_decisions),
            issuer,
        };
        discovery.look(cache, now)
    }

    /// Whether the cache would yield the same metadata now. If so, a client made with them is up to date.
    pub fn is_current(&self, policy: &Policy, cache: &Cache, now: Timestamp) -> bool {
        match cache.metadata(self.issuer().as_str(), policy, now) {
            LookUp::Use(stored, _) => self.metadata().is_of(&stored),
            LookUp::Fetch | LookUp::Wait(_) => false,
        }
    }
}

impl Discovery {
    fn look(mut self, cache: &Cache, now: Timestamp) -> Result<Step<Discovery>, Error> {
        let issuer = self.issuer.as_str();
        match cache.metadata(issuer, &self.policy, now) {
            LookUp::Use(stored, age) => {
                let mut trace = self.trace.clone();
                trace.pass(check::MetadataCached { issuer: issuer.into(), age: age.into() });
                // A document that does not pass now is as good as none.
                if let Ok(provider) =
                    Provider::found(&self.issuer, Metadata::stored(&self.issuer, &stored), trace)
                {
                    return Ok(Step::Done(provider));
                }
            }
            LookUp::Wait(retry_after) => {
                let error = ErrorKind::MetadataUnavailable.with([&retry_after.to_string()]);
                return self.trace.attach(Err(error));
            }
            LookUp::Fetch => {}
        }
        self.seen = cache.metadata_version(issuer);
        Ok(Step::Pending(self))
    }

    /// The provider of a response, and the response, if it is what it has to be.
    fn read(&self, reply: Reply) -> Result<(Provider, HttpResponse), Error> {
        let response = reply.http(&self.request)?;
        Metadata::declared(&response, self.policy.json())?;
        let mut trace = self.trace.clone();
        trace.pass(check::MetadataFetched { issuer: self.issuer.as_str().into() });
        let metadata = Metadata::parse_within(&self.issuer, &response.body, self.policy.json());
        Ok((Provider::found(&self.issuer, metadata, trace)?, response))
    }

    /// Puts a provider's metadata into the cache. Keys that it has moved away from are nobody's any more.
    fn keep(&self, provider: Provider, max_age: Option<u32>, cache: &mut Cache, now: Timestamp) -> Provider {
        let (issuer, metadata) = (self.issuer.as_str(), provider.metadata());
        let before = cache.stored_metadata(issuer);
        let stored = cache.store_metadata(issuer, metadata.as_json(), max_age, self.seen, &self.policy, now);
        if !metadata.is_of(&stored) {
            return provider.replaced(&self.issuer, &stored);
        }
        stored.remember(metadata.clone());
        let moved_from = before.and_then(|before| Metadata::stored(&self.issuer, &before).ok());
        if let Some(before) = moved_from.filter(|before| before.jwks_uri() != metadata.jwks_uri()) {
            cache.forget_keys(before.jwks_uri());
        }
        provider
    }

    fn stale(mut self, error: Error, held: Option<(Stored, i64)>) -> Result<Step<Discovery>, Error> {
        let Some((stored, age)) = held else { return Err(error) };
        let (issuer, reason) = (self.issuer.as_str().into(), error.code().into());
        self.trace.pass(check::MetadataStale { issuer, reason, age: age.into() });
        Provider::found(&self.issuer, Metadata::stored(&self.issuer, &stored), self.trace).map(Step::Done)
    }
}

impl Flow for Discovery {
    type Output = Provider;

    fn request(&self) -> &Request {
        &self.request
    }

    /// # Errors
    /// When nothing usable is in the cache: `unreachable`, `redirect_refused`, `unexpected_status`, `unexpected_content_type`,
    /// `compressed_response`, `response_too_large`, `malformed_json`, `metadata_issuer_mismatch`, `metadata_member_missing`, `metadata_member_invalid`.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        if let Reply::LookAgain = reply {
            return self.look(cache, now);
        }
        let reply = reply.expect_http()?;
        cache.metadata_attempted(self.issuer.as_str(), &self.policy, now);
        match self.read(reply) {
            Ok((provider, response)) => Ok(Step::Done(self.keep(provider, response.max_age(), cache, now))),
            Err(error) => {
                let held = cache.stale_metadata(self.issuer.as_str(), &self.policy, now);
                self.stale(error, held)
            }
        }
    }
}
