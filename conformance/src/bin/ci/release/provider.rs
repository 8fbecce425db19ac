//! The scripted provider, at which every package that was installed logs in.

use std::process::Command;
use std::sync::{Arc, Mutex};

use conformance::modules;
use conformance::serve;
use conformance::suite::Suite;
use conformance::workbench::Stop;

use super::tree::told;

/// `cargo conformance serve` in this process, until it is dropped.
pub(super) struct Provider {
    origin: String,
    _runtime: tokio::runtime::Runtime,
}

impl Provider {
    pub(super) fn start() -> Result<Self, Stop> {
        let runtime = tokio::runtime::Runtime::new().map_err(told)?;
        let listener = runtime.block_on(serve::listen(0)).map_err(told)?;
        let origin = format!("http://{}", listener.local_addr().map_err(told)?);
        let suite = Arc::new(Mutex::new(Suite::new(&origin)));
        runtime.spawn(serve::serve(listener, serve::suite(suite)));
        Ok(Self { origin, _runtime: runtime })
    }

    /// Tells a program where to log in, and where a login has to be refused.
    pub(super) fn tell(&self, command: &mut Command) {
        let (client_id, secret) = modules::find("oidcc-client-test").map_or(("", ""), |module| module.client);
        command
            .env("RP_ISSUER", format!("{}/oidcc-client-test", self.origin))
            .env("RP_BAD_ISSUER", format!("{}/oidcc-client-test-nonce-invalid", self.origin))
            .env("RP_CLIENT_ID", client_id)
            .env("RP_CLIENT_SECRET", secret);
    }
}
