//! A provider whose metadata passed its checks.

use crate::cache::{Cache, LookUp};
use crate::decision::{Check, Decision, Trace};
use crate::error::{Error, ErrorKind};
use crate::flow::{Flow, Reply, Request, Step};
use crate::flows::KeyRefresh;
use crate::http::{Endpoint, HttpRequest};
use crate::issuer::Issuer;
use crate::json::Object;
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
        let trace = Trace::new(policy.record_decisions);
        if let LookUp::Use(document, age) = cache.metadata(issuer.as_str(), policy, now) {
            let mut found = trace.clone();
            found.pass(
                Check::Metadata,
                format_args!("metadata of {issuer}"),
                format_args!("in the cache, {age} s old"),
            );
            // A document that does not pass now is as good as none.
            if let Ok(provider) = Provider::from_document(issuer, &document, found) {
                return Ok(Step::Done(provider));
            }
        }
        let request = Request::Http(HttpRequest::get(Endpoint::Discovery, &issuer.discovery_url(), policy));
        Ok(Step::Pending(Discovery { issuer: issuer.clone(), policy: policy.clone(), request, trace }))
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
    pub fn decisions(&self) -> &[Decision] {
        self.trace.decisions()
    }

    fn from_document(issuer: &Issuer, document: &Object, mut trace: Trace) -> Result<Provider, Error> {
        let metadata = Metadata::from_members(issuer, document.clone());
        if let Err(error) = &metadata
            && let ErrorKind::MetadataIssuerMismatch { expected, actual } = error.kind()
        {
            return Err(trace.fail(
                Check::MetadataIssuer,
                format_args!("{expected}"),
                format_args!("{actual}"),
                error.kind().clone(),
            ));
        }
        let metadata = trace.attach(metadata)?;
        trace.pass(Check::MetadataIssuer, format_args!("{issuer}"), format_args!("{}", metadata.issuer()));
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
    fn fetched(&mut self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Provider, Error> {
        let response = reply.http(&self.request)?;
        if response.status != 200 {
            let (endpoint, status) = (Endpoint::Discovery.as_str().into(), response.status.to_string());
            return Err(ErrorKind::UnexpectedStatus { endpoint, status }.into());
        }
        let document = response.json(Endpoint::Discovery, &["application/json"])?;
        let mut trace = self.trace.clone();
        trace.pass(Check::Metadata, format_args!("metadata of {}", self.issuer), format_args!("fetched"));
        let provider = Provider::from_document(&self.issuer, &document, trace)?;
        cache.store_metadata(self.issuer.as_str(), document, response.max_age(), now);
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
    fn resume(mut self, reply: Reply, cache: &mut Cache, now: Timestamp) -> Result<Step<Self>, Error> {
        if let Reply::Verified(_) = reply {
            return Err(reply.wrong("http"));
        }
        let fetched = self.fetched(reply, cache, now);
        cache.metadata_attempted(self.issuer.as_str(), now);
        match (fetched, cache.stale_metadata(self.issuer.as_str(), &self.policy, now)) {
            (Ok(provider), _) => Ok(Step::Done(provider)),
            (Err(error), None) => Err(error),
            (Err(error), Some((document, age))) => {
                self.trace.pass(
                    Check::Metadata,
                    format_args!("metadata of {}", self.issuer),
                    format_args!("not refreshed ({}); in the cache, {age} s old", error.code()),
                );
                Provider::from_document(&self.issuer, &document, self.trace).map(Step::Done)
            }
        }
    }
}
