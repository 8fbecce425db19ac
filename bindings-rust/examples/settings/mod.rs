//! What `settings.json` says: the issuer, the client as it is registered there, and the way to it.

use relyingparty_host::{Config, Error, Network, Registration};
use serde_json::Value;

pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) network: Network,
    /// Where this application listens: `host:port` of its redirect URI.
    pub(crate) address: String,
}

impl Settings {
    /// Reads the file named by the first argument.
    pub(crate) fn from_arguments() -> Result<Settings, Error> {
        let path = std::env::args().nth(1).expect("usage: the path of a settings.json");
        let text = std::fs::read_to_string(path).expect("settings can be read");
        let settings: Value = serde_json::from_str(&text).expect("settings are JSON");
        let text = |name: &str| settings[name].as_str();
        let redirect_uri = text("redirect_uri").unwrap_or("http://127.0.0.1:8888/auth/login");
        let mut client = Registration::new(text("client_id").expect("client_id"), redirect_uri);
        client.client_secret = text("client_secret").map(Into::into);
        client.post_logout_redirect_uri = text("post_logout_redirect_uri").map(Into::into);
        let mut network = Network::new();
        if let Some(path) = text("ca_file") {
            network = network.ca_file(path)?;
        }
        if let Some(url) = text("proxy") {
            network = network.proxy(url)?;
        }
        Ok(Settings {
            config: Config::new(text("issuer").expect("issuer"), client).allow_insecure_loopback(),
            network,
            address: redirect_uri.split('/').nth(2).expect("an absolute redirect_uri").to_owned(),
        })
    }
}
