//! The network: the core's requests, sent as it wants them sent.

use std::fs;
use std::path::Path;
use std::time::Duration;

use conformance::browser::{agent, send};
use relyingparty::{HttpRequest, HttpResponse, Reply};
use ureq::Agent;
use ureq::http::Request;

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
        Ok(Self { agent: agent(ca_pem.as_deref()), ca_pem })
    }

    pub(crate) fn ca_pem(&self) -> Option<&[u8]> {
        self.ca_pem.as_deref()
    }

    /// Answers one request of the core's.
    pub(crate) fn answer(&self, request: &HttpRequest) -> Reply {
        let limits = request.limits;
        let timeout = Duration::from_secs(limits.timeout_secs.into());
        let sent = Request::try_from(request.clone())
            .map_err(|error| error.to_string())
            .and_then(|request| send(&self.agent, request, timeout, limits.max_response_bytes));
        match sent {
            Ok(response) => Reply::Http(HttpResponse::from(response)),
            Err(reason) => Reply::Unreachable { reason },
        }
    }
}
