//! A provider: its issuer, its metadata, where they are found, and its keys.

mod discovery;
mod issuer;
mod key_refresh;
mod known;
mod metadata;

use alloc::vec::Vec;

pub use discovery::Discovery;
pub use issuer::Issuer;
pub use key_refresh::{KeyRefresh, KeyReport};
pub(crate) use known::known;
pub use metadata::Metadata;

use crate::machine::cache::Stored;
use crate::machine::{Policy, Step};
use crate::report::{Decision, Error, Trace, check};

/// A provider with its metadata. Immutable, cheap to clone.
#[derive(Clone, Debug)]
pub struct Provider {
    metadata: Metadata,
    trace: Trace,
}

impl Provider {
    /// A provider from metadata that the host already has.
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

    /// What was checked, in order.
    pub fn decisions(&self) -> Vec<Decision> {
        self.trace.decisions()
    }

    /// The same provider by the metadata that are held.
    fn replaced(self, issuer: &Issuer, stored: &Stored) -> Provider {
        match Metadata::stored(issuer, stored) {
            Ok(metadata) => Provider { metadata, ..self },
            Err(_) => self,
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
            Ok(metadata) => {
                let actual = metadata.template().unwrap_or(expected);
                trace.pass(check::MetadataIssuer { expected: expected.into(), actual: actual.into() });
                metadata.note_left_out(&mut trace);
                Ok(metadata)
            }
            Err(error) => Err(match error.detail("actual") {
                Some(actual) => {
                    trace.fail(check::MetadataIssuer { expected: expected.into(), actual: actual.into() })
                }
                None => error,
            }),
        };
        let metadata = trace.attach(checked)?;
        Ok(Provider { metadata, trace })
    }
}
