//! The work: one client at one provider, its keys and tokens, as `cargo compare` wrote them.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Work {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) redirect_uri: String,
    pub(crate) metadata: Value,
    /// The three keys, one for each algorithm.
    pub(crate) jwks: Jwks,
    /// What a client signs with, by algorithm.
    #[cfg(feature = "aws-lc-rs")]
    pub(crate) private_jwks: BTreeMap<String, Value>,
    /// The largest set; its last key is the one of ES256.
    pub(crate) many_keys: Jwks,
    /// An ID token for each algorithm.
    pub(crate) id_tokens: BTreeMap<String, String>,
    /// What the token endpoint answers, for each algorithm.
    pub(crate) token_responses: BTreeMap<String, String>,
    /// What the browser brings back.
    pub(crate) callback: String,
    pub(crate) entropy: Vec<u8>,
    #[cfg(feature = "peers")]
    pub(crate) state: String,
    pub(crate) nonce: String,
    #[cfg(feature = "aws-lc-rs")]
    pub(crate) access_token: String,
    #[cfg(feature = "aws-lc-rs")]
    pub(crate) refresh_token: String,
    /// An API's URL.
    #[cfg(feature = "aws-lc-rs")]
    pub(crate) api: String,
    #[cfg(feature = "sessions")]
    pub(crate) session: Session,
}

/// A session, in a cookie and as an application would keep it itself.
#[cfg(feature = "sessions")]
#[derive(Deserialize)]
pub(crate) struct Session {
    pub(crate) base_url: String,
    pub(crate) sealing_key: [u8; 32],
    pub(crate) cookie: String,
    /// What a browser sends beside its cookies.
    pub(crate) headers: Vec<(String, String)>,
    #[cfg(feature = "session-peers")]
    pub(crate) content: Value,
}

#[derive(Clone, Deserialize, serde::Serialize)]
pub(crate) struct Jwks {
    pub(crate) keys: Vec<Value>,
}

impl Work {
    pub(crate) fn read(path: &str) -> Work {
        let text = std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The last `count` of the many keys, the signing one among them.
    pub(crate) fn last_keys(&self, count: usize) -> Jwks {
        Jwks { keys: self.many_keys.keys[self.many_keys.keys.len() - count..].to_vec() }
    }
}

/// The seconds since 1970: each side asks the clock, as its user would.
pub(crate) fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    since.as_secs().try_into().expect("it is not yet that late")
}
