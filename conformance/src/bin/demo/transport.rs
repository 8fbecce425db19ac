//! The network: the core's requests, sent as it wants them sent.

use std::fs;
use std::path::Path;

use conformance::host;
use relyingparty::{Reply, Request};
use ureq::Agent;

use crate::failure::Failure;

pub(crate) struct Transport {
    agent: Agent,
    ca_pem: Option<Vec<u8>>,
}

impl Transport {
    /// Trusts the authorities in `ca_file` alone, when there is one.
    pub(crate) fn new(ca_file: Option<&Path>) -> Result<Self, Failure> {
        let ca_pem = ca_file.map(fs::read).transpose().map_err(|error| {
            let file = ca_file.unwrap_or(Path::new("")).display();
            Failure::demo("ca_file_unreadable", format!("{file}: {error}"))
        })?;
        Ok(Self { agent: host::agent(ca_pem.as_deref(), None), ca_pem })
    }

    pub(crate) fn ca_pem(&self) -> Option<&[u8]> {
        self.ca_pem.as_deref()
    }

    /// Answers one request of the core's.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        host::answer(&self.agent, request)
    }
}
