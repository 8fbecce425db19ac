//! A provider whose metadata passed its checks.

use alloc::vec::Vec;

use crate::cache::{Cache, LookUp};
use crate::decision::{Check, Decision, Trace, Value};
use crate::error::Error;
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::KeyRefresh;
use crate::http::{Endpoint, HttpRequest};
use crate::issuer::Issuer;
use crate::metadata::Metadata;
use crate::policy::Policy;
use crate::time::Timestamp;

/// A provider, known by its issuer and metadata. Immutable, cheap to clone.
#[derive(Clone, Debug)]
pub struct Provider {
    metadata: Metadata,
    trace: Trace,
}

impl Provider {
    /// Finds the provider's metadata: in the cache while it is fresh, else at
    /// `<issuer>/.well-known/openid-configuration` (OIDC Discovery 4).
    ///
    /// # Errors
    /// `policy_out_of_range`
    pub fn discover(
        issuer: &Issuer,
        policy: &Policy,
        cache: &Cache,
        now: Timestamp,
    ) -> Result<Step<Discovery>, Error> {
        policy.check()?;
        let discovery = Discovery {
            issuer: issuer.clone(),
            policy: policy.clone(),
            request: Request::Http(HttpRequest::get(Endpoint::Discovery, &issuer.discovery_url(), policy)),
            trace: Trace::new(policy.record_decisions),
        };
        Ok(discovery.look(cache, now))
    }

    /// A provider whose metadata the host already has.
    pub fn from_metadata(metadata: Metadata) -> Provider {
        Provider { metadata, trace: Trace::default() }
    }

    /// Fetches the provider's keys now, whatever the cache holds: for an administrator, or to warm up.
    ///
    /// # Errors
    /// `policy_out_of_range`
    pub fn refresh_keys(&self, policy: &Policy) -> Result<Step<KeyRefresh>, Error> {
        policy.check()?;
        Ok(Step::Pending(KeyRefresh::new(self.metadata.jwks_uri(), policy)))
    }

    /// The issuer.
    pub fn issuer(&self) -> &Issuer {
        self.metadata.issuer()
    }

    /// The metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// What was checked to get here.
    pub fn decisions(&self) -> Vec<Decision> {
        self.trace.decisions()
    }

    /// Whether the cache would yield the same provider now: while it does, a client made with it is up to date.
    pub fn is_current(&self, policy: &Policy, cache: &Cache, now: Timestamp) -> bool {
        let issuer = self.issuer();
        match cache.metadata(issuer.as_str(), policy, now) {
            LookUp::Use(stored, _) => {
                stored.metadata(issuer).is_ok_and(|metadata| metadata.is_same_as(&self.metadata))
            }
            LookUp::Fetch | LookUp::Wait(_) => false,
        }
    }

    /// The issuer of the metadata is the one that was asked for, or the metadata are not believed.
    fn found(
        issuer: &Issuer,
        metadata: Result<Metadata, Error>,
        mut trace: Trace,
    ) -> Result<Provider, Error> {
        let expected = issuer.as_str();
        let checked = match metadata {
            Ok(metadata) => trace.texts(Check::MetadataIssuer, true, expected, expected).map(|()| metadata),
            Err(error) => Err(match error.detail("actual") {
                Some(actual) => {
                    trace.fail(Check::MetadataIssuer, &[Value::Text(expected), Value::Text(actual)])
                }
                None => error,
            }),
        };
        let metadata = trace.attach(checked)?;
        Ok(Provider { metadata, trace })
    }
}

/// Fetching a provider's metadata. Yields a [`Provider`].
#[derive(Debug)]
pub struct Discovery {
    issuer: Issuer,
    policy: Policy,
    request: Request,
    trace: Trace,
}

impl Discovery {
    fn look(self, cache: &Cache, now: Timestamp) -> Step<Discovery> {
        let issuer = self.issuer.as_str();
        if let LookUp::Use(stored, age) = cache.metadata(issuer, &self.policy, now) {
            let mut trace = self.trace.clone();
            trace.pass(Check::MetadataCached, &[Value::Text(issuer), Value::Number(age)]);
            // A document that does not pass now is as good as none.
            if let Ok(provider) = Provider::found(&self.issuer, stored.metadata(&self.issuer), trace) {
                return Step::Done(provider);
            }
        }
        Step::Pending(self)
    }

    fn fetched(&self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Provider, Error> {
        let response = reply.http(&self.request)?;
        response.expect_ok(Endpoint::Discovery)?;
        // The document is read once more with the rules of metadata.
        response.json(Endpoint::Discovery, &["application/json"], self.policy.json())?;
        let mut trace = self.trace.clone();
        trace.pass(Check::MetadataFetched, &[Value::Text(self.issuer.as_str())]);
        let metadata = Metadata::parse_within(&self.issuer, &response.body, self.policy.json());
        let provider = Provider::found(&self.issuer, metadata, trace)?;
        cache.store_metadata(&provider.metadata, response.max_age(), now);
        Ok(provider)
    }
}

impl Flow for Discovery {
    type Output = Provider;

    fn request(&self) -> &Request {
        &self.request
    }

    /// # Errors
    /// When nothing usable is in the cache: `unreachable`, `redirect_refused`, `unexpected_status`, `unexpected_content_type`,
    /// `response_too_large`, `malformed_json`, `metadata_issuer_mismatch`, `metadata_member_missing`, `metadata_member_invalid`.
    fn resume(self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        match reply {
            Reply::Verified(_) => return Err(reply.wrong("http")),
            Reply::LookAgain => return Ok(self.look(cache, now)),
            Reply::Http(_) | Reply::Unreachable { .. } => {}
        }
        let fetched = self.fetched(reply, cache, now);
        cache.metadata_attempted(self.issuer.as_str(), now);
        match (fetched, cache.stale_metadata(self.issuer.as_str(), &self.policy, now)) {
            (Ok(provider), _) => Ok(Step::Done(provider)),
            (Err(error), None) => Err(error),
            (Err(error), Some((stored, age))) => {
                let mut trace = self.trace;
                let reason =
                    [Value::Text(self.issuer.as_str()), Value::Text(error.code()), Value::Number(age)];
                trace.pass(Check::MetadataStale, &reason);
                Provider::found(&self.issuer, stored.metadata(&self.issuer), trace).map(Step::Done)
            }
        }
    }
}
