//! The network: the core's requests, sent as it wants them sent.

use std::fs;
use std::path::Path;

use relyingparty::{Reply, Request};
use relyingparty_host::blocking::Transport as _;
use relyingparty_host::{Network, UreqTransport};

use crate::failure::Failure;

pub(crate) struct Transport {
    ureq: UreqTransport,
    ca_pem: Option<Vec<u8>>,
}

impl Transport {
    /// Trusts the authorities in `ca_file` alone, when there is one.
    pub(crate) fn new(ca_file: Option<&Path>) -> Result<Self, Failure> {
        let ca_pem = ca_file.map(fs::read).transpose().map_err(|error| {
            let file = ca_file.unwrap_or(Path::new("")).display();
            Failure::demo("ca_file_unreadable", format!("{file}: {error}"))
        })?;
        let network = ca_pem.as_ref().map_or_else(|| Ok(Network::new()), |pem| Network::new().ca_pem(pem));
        let ureq = network.and_then(UreqTransport::with);
        let ureq = ureq.map_err(|error| match error.as_core() {
            Some(error) => Failure::from(error.clone()),
            None => Failure::demo("transport_unusable", error.to_string()),
        })?;
        Ok(Self { ureq, ca_pem })
    }

    pub(crate) fn ca_pem(&self) -> Option<&[u8]> {
        self.ca_pem.as_deref()
    }

    /// Answers one request of the core's.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        self.ureq.answer(request)
    }
}
