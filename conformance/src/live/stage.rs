//! What one transport talks to: the suite of modules, and the server that misuses the wire.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::modules::Module;
use crate::serve;
use crate::suite::{Suite, Verdict};
use crate::wire;
use crate::workbench::tls::Certificates;
use tokio::runtime::Runtime;

/// Served for as long as it is there.
pub(super) struct Scene {
    pub(super) wire: wire::Server,
    suite: Arc<Mutex<Suite>>,
    origin: String,
    _serving: Runtime,
}

impl Scene {
    pub(super) fn set(certificates: &Certificates) -> io::Result<Self> {
        let serving = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = serving.block_on(serve::listen(0))?;
        let origin = format!("http://{}", listener.local_addr()?);
        let suite = Arc::new(Mutex::new(Suite::new(&origin)));
        serving.spawn(serve::serve(listener, serve::suite(suite.clone())));
        Ok(Self { wire: wire::Server::start(certificates)?, suite, origin, _serving: serving })
    }

    /// A module's issuer.
    pub(super) fn module(&self, module: &Module) -> String {
        format!("{}/{}", self.origin, module.name)
    }

    /// What a module's log says against the client.
    pub(super) fn objection(&self, module: &Module) -> Option<String> {
        let suite = self.suite.lock().unwrap_or_else(PoisonError::into_inner);
        match suite.verdict(module.name)? {
            Verdict::Passed | Verdict::Unseen => None,
            verdict => Some(format!("the provider's log says {}", verdict.as_str())),
        }
    }
}
