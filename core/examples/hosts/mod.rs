//! What both examples need beside the library: settings, a clock, randomness, a store for pending logins.

pub(crate) mod reqwest;
#[allow(unreachable_pub, reason = "the demo makes it public")]
pub(crate) mod ureq;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use relyingparty::{Entropy, Error, Issuer, PendingLogin, Registration, Timestamp};
use serde_json::Value;

/// What `settings.json` says: the issuer, and the client as it is registered there.
pub(crate) struct Settings {
    pub(crate) issuer: Issuer,
    pub(crate) registration: Registration,
    /// Certificate authorities to trust, in PEM.
    pub(crate) ca_pem: Option<Vec<u8>>,
    /// The URL of a proxy.
    pub(crate) proxy: Option<String>,
}

impl Settings {
    /// Reads the file named by the first argument. `redirect_uri` says where this application listens.
    pub(crate) fn from_arguments() -> Settings {
        let path = std::env::args().nth(1).expect("usage: the path of a settings.json");
        let settings: Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("settings can be read"))
                .expect("settings are JSON");
        let text = |name: &str| settings[name].as_str();
        let redirect_uri = text("redirect_uri").unwrap_or("http://127.0.0.1:8888/auth/login");
        let mut registration = Registration::new(text("client_id").expect("client_id"), redirect_uri);
        registration.client_secret = text("client_secret").map(Into::into);
        Settings {
            issuer: Issuer::insecure_loopback(text("issuer").expect("issuer")).expect("a usable issuer"),
            registration,
            proxy: text("proxy").map(Into::into),
            ca_pem: text("ca_file").map(|path| std::fs::read(path).expect("ca_file can be read")),
        }
    }

    /// `host:port` of the redirect URI.
    pub(crate) fn address(&self) -> &str {
        self.registration.redirect_uri.split('/').nth(2).expect("an absolute redirect_uri")
    }
}

pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_unix(seconds.try_into().unwrap_or(i64::MAX))
}

pub(crate) fn entropy() -> Result<Entropy, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    Entropy::new(bytes)
}

/// Logins in progress. A real application bounds them in number and forgets them after their lifetime.
#[derive(Default)]
pub(crate) struct Logins(Mutex<HashMap<String, String>>);

impl Logins {
    /// Remembers a login; yields the cookie that ties it to its browser.
    pub(crate) fn begin(&self, login: &PendingLogin) -> String {
        self.0.lock().unwrap().insert(login.id().to_owned(), login.encode());
        login.set_cookie()
    }

    /// Takes the login with this id, once.
    pub(crate) fn take(&self, id: &str) -> Result<PendingLogin, Error> {
        let stored = self.0.lock().unwrap().remove(id);
        PendingLogin::decode(stored.as_deref())
    }
}
